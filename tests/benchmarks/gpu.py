"""What a GPU makes of the published setting: ratios of medians within one run.

    python -m tests.benchmarks.gpu [--rounds 20]

The Sinkhorn divergences of 29 pairs on an 11³ grid, value and gradient, against GeomLoss on the same GPU; a training
step of the bifurcation study at its `paper` preset: what share of the matrix-product peak its network reaches, what the
regularizers add, and how much faster eight replicates are together than in turn.
"""

from __future__ import annotations

import argparse
import functools
import statistics
import time
from collections.abc import Callable
from typing import Any

import torch

from study import catalog
from study.design.arm import Arm
from tests.benchmarks.training_step import operations
from tests.benchmarks.transport import FRAMES, SIDE, frames, geomloss, ours, table
from trainables.autodecoder.autodecoder import Autodecoder

DEVICE = torch.device("cuda")
METHODS = ["none", "sinkhorn", "barycenter", "sinkhorn+barycenter", "topology"]
REPLICATES = 8


def seconds(case: Callable[[], object], rounds: int) -> float:
    """Median time of a call, the GPU's work included."""
    taken = []
    for _ in range(rounds + 2):
        torch.cuda.synchronize()
        began = time.perf_counter()
        case()
        torch.cuda.synchronize()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken[2:])


def memory(case: Callable[[], object]) -> float:
    """Largest memory of a call above what is held before, MB."""
    case()
    torch.cuda.synchronize()
    before = torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    case()
    return (torch.cuda.max_memory_allocated() - before) / 2**20


def divergence(rounds: int) -> str:
    measures = frames(SIDE, FRAMES).to(DEVICE)
    cases: dict[str, Callable[[], object]] = {
        "GeomLoss, tensorized": functools.partial(geomloss, measures, "tensorized"),
        "plain PyTorch": functools.partial(ours, measures, "plain"),
    }
    taken = {name: seconds(case, rounds) for name, case in cases.items()}
    slowest = taken["GeomLoss, tensorized"]
    rows = [[name, f"{slowest / taken[name]:.1f} ×", f"{memory(case):.0f} MB"] for name, case in cases.items()]
    return table(["29 pairs, 11³, value and gradient", "faster than GeomLoss, tensorized", "extra memory"], rows)


def trainable(method: str, supervision: str, replicates: int) -> Autodecoder:
    """The published size, its regularizers at work from the first epoch."""
    study = catalog.load("bifurcation", "paper")
    configuration = study.configured(Arm(method, supervision), {}, "confirm").model_dump()
    for regularizer in configuration["regularizers"].values():
        regularizer["warm_up"] = 0
    return Autodecoder(configuration, study.supervisions[supervision], list(range(replicates)), DEVICE)


def steps(rounds: int) -> str:
    square = torch.randn(8192, 8192, device=DEVICE)
    peak = 2 * 8192**3 / seconds(lambda: square @ square, rounds)
    rows, alone_without = [], 0.0
    for method in METHODS:
        one, eight = trainable(method, "sparse", 1), trainable(method, "sparse", REPLICATES)
        alone, together = seconds(one.train_epoch, rounds), seconds(eight.train_epoch, rounds)
        alone_without = alone_without or alone
        rows.append(
            [
                f"`{method}`", f"{1000 * alone:.1f} ms", f"{alone / alone_without:.2f}",
                f"{REPLICATES * alone / together:.2f} ×", f"{torch.cuda.max_memory_allocated() / 2**30:.1f} GB",
            ]
        )  # fmt: skip
    head = ["step, two frames of 16,384 points", "R = 1", "none = 1", f"R = {REPLICATES}: faster than in turn", "peak"]
    return table(head, rows) + f"\n\nNetwork's step, 39,930 points, in float32: {_share(peak, rounds)}"


def _share(peak: float, rounds: int) -> str:
    found = []
    for replicates in (1, REPLICATES):
        model = trainable("none", "sparse", replicates)
        points = 6 * torch.rand(1, 1, 39_930, 4, device=DEVICE) - 3

        def work(model: Any = model, points: torch.Tensor = points) -> None:
            model.decode(points).abs().mean().backward()

        share = replicates * operations(model.decoder, 39_930) / seconds(work, rounds) / peak
        found.append(f"{share:.2f} of the matrix-product peak with R = {replicates}")
    return ", ".join(found) + f" ({peak / 1e12:.0f} Tflop/s)."


def parts(rounds: int) -> str:
    """Where the time of a step goes: pieces on their own, R = 1."""
    rows = []
    for replicates in (1, REPLICATES):
        model = trainable("sinkhorn", "sparse", replicates)
        (_, term), *_ = model.regularizers.values()
        points, truth = model._sample([0, 1])
        pieces: dict[str, Callable[[], object]] = {
            "sampling": lambda model=model: model._sample([0, 1]),
            "reconstruction": lambda model=model, points=points, truth=truth: (
                (model.decode(points) - truth).abs().mean().backward()
            ),
            "regularizer": lambda model=model, term=term: term(model.decode).sum().backward(),
            "whole": model.train_epoch,
        }
        rows += [[name, str(replicates), f"{1000 * seconds(piece, rounds):.2f} ms"] for name, piece in pieces.items()]
    return table(["`sinkhorn`", "R", "time"], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    rounds = parser.parse_args().rounds
    print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}, float32\n")
    for section in (divergence, steps, parts):
        print(section(rounds) + "\n", flush=True)


if __name__ == "__main__":
    main()
