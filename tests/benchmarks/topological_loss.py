"""The topological loss against the same term computed with gudhi: value and gradient, in the same run.

    python -m tests.benchmarks.topological_loss [--rounds 15]

A batch of noisy 64³ balls, scaled to M³; the truth's diagrams are known to both. Two references: `as published`,
gudhi's persistence pairs with gudhi's Wasserstein distance (POT's exact solver); and `persistence alone`, gudhi's pairs
with our matching and gradient, so that only the persistence differs. Everything is timed in turn within each round; a
ratio is the median over rounds of the ratios within one, in processor time of one thread, which other work on the
machine does not count in. Values and gradients are compared before anything is timed.
"""

from __future__ import annotations

import argparse
import platform
import time
from collections.abc import Callable

import gudhi
import gudhi.wasserstein
import numpy as np
import torch

from trainables.topology import diagrams, topological_loss, total_persistence, wasserstein_distance
from trainables.topology.loss import _scaled

CASES = [
    ("T", 16, (2,)),
    ("T", 16, (0, 1, 2)),
    ("V", 16, (2,)),
    ("V", 16, (0, 1, 2)),
]
BATCH = 8


def volumes(batch: int, seed: int) -> torch.Tensor:
    """Noisy balls `(batch, 64, 64, 64)` in [0, 1], as a network predicts them early in its training."""
    generator = torch.Generator().manual_seed(seed)
    axis = torch.linspace(-3, 3, 64)
    radius = torch.stack(torch.meshgrid(axis, axis, axis, indexing="ij")).norm(dim=0)
    return torch.sigmoid(3 * (1.5 - radius) + torch.randn(batch, 64, 64, 64, generator=generator))


def voxel_pairs(volume: np.ndarray, construction: str, dimensions: tuple[int, ...]) -> list[np.ndarray]:
    """Voxels with which features are born and die, by gudhi, superlevel, `(P, 2)` for each dimension."""
    cells = {"T": "top_dimensional_cells", "V": "vertices"}[construction]
    found = gudhi.CubicalComplex(**{cells: -volume})
    found.compute_persistence()
    kept = (found.cofaces_of_persistence_pairs if construction == "T" else found.vertices_of_persistence_pairs)()[0]
    # gudhi counts voxels with the first axis fastest.
    order = np.arange(volume.size).reshape(volume.shape).ravel(order="F")
    pairs = [order[kept[d]] if d < len(kept) else np.empty((0, 2), int) for d in dimensions]
    flat = volume.ravel()
    return [p.reshape(-1, 2)[flat[p.reshape(-1, 2)[:, 0]] != flat[p.reshape(-1, 2)[:, 1]]] for p in pairs]


def published_distance(points: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    """W₂ with gudhi's exact matching, and its gradient."""
    _, match = gudhi.wasserstein.wasserstein_distance(
        points.detach().numpy(), others.numpy(), matching=True, order=2, internal_p=np.inf
    )
    parts = []
    for i, j in np.asarray(match, dtype=int):
        if i >= 0 and j >= 0:
            parts.append((points[i] - others[j]).abs().amax())
        else:
            point = points[i] if i >= 0 else others[j]
            parts.append((point[0] - point[1]).abs() / 2)
    return torch.stack(parts).square().sum().sqrt() if parts else points.sum()


def by_gudhi(
    prediction: torch.Tensor,
    known: list[list[torch.Tensor]],
    size: int,
    dimensions: tuple[int, ...],
    construction: str,
    distance: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
) -> torch.Tensor:
    scaled = _scaled(prediction, size)
    losses = []
    for volume, expected in zip(scaled, known, strict=True):
        pairs = voxel_pairs(volume.detach().double().numpy(), construction, dimensions)
        points = [volume.ravel()[torch.from_numpy(p)] for p in pairs]
        losses.append(
            sum(distance(mine, other) + total_persistence(mine) for mine, other in zip(points, expected, strict=True))
        )
    return torch.stack(losses)


def gradient(loss: Callable[[torch.Tensor], torch.Tensor], prediction: torch.Tensor) -> tuple[torch.Tensor, ...]:
    leaf = prediction.clone().requires_grad_()
    value = loss(leaf)
    value.sum().backward()
    return value.detach(), leaf.grad


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print(f"{platform.processor()}, gudhi {gudhi.__version__}, {BATCH} volumes of 64³")
    print(f"{'':28}{'as published':>16}{'persistence alone':>20}   (ratios to ours)")
    prediction, truth = volumes(BATCH, 0), volumes(BATCH, 1)
    for construction, size, dimensions in CASES:
        known = diagrams(_scaled(truth, size), dimensions, construction=construction)
        ways = {
            "ours": lambda p, s=size, d=dimensions, c=construction: topological_loss(
                p, truth, s, d, construction=c, essential="omitted"
            ),
            "published": lambda p, k=known, s=size, d=dimensions, c=construction: by_gudhi(
                p, k, s, d, c, published_distance
            ),
            "persistence": lambda p, k=known, s=size, d=dimensions, c=construction: by_gudhi(
                p, k, s, d, c, wasserstein_distance
            ),
        }
        mine, *others = (gradient(loss, prediction) for loss in ways.values())
        for other in others:
            torch.testing.assert_close(other[0], mine[0], rtol=1e-4, atol=1e-6)
            torch.testing.assert_close(other[1], mine[1], rtol=1e-3, atol=1e-5)
        taken: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(arguments.rounds):
            for name, loss in ways.items():
                began = time.process_time()
                gradient(loss, prediction)
                taken[name].append(time.process_time() - began)
        ratios = [np.median(np.divide(taken[name], taken["ours"])) for name in ("published", "persistence")]
        label = f"{construction}, M = {size}, dimensions {', '.join(map(str, dimensions))}"
        each = 1000 * np.median(taken["ours"]) / BATCH
        print(f"{label:28}{ratios[0]:>14.1f} ×{ratios[1]:>18.1f} ×   ours {each:.2f} ms a volume", flush=True)


if __name__ == "__main__":
    main()
