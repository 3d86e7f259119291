"""Optimal transport on grids against solvers that know of the grid: time and accuracy, in one run.

    python -m tests.benchmarks.transport_peers [--cases 16,16,16 512,512] [--rounds 3]

Value and gradient of the debiased divergence of pairs of shapes, cost ½ distance², blur one voxel, float32, one thread.
Every solver anneals to the same temperature; each says how far its value is from the converged one (ours, float64, a
marginal error of 1e-6). Times are processor times, medians over rounds, as multiples of ours (`schedule`, cooling by
0.5); compilation is not counted.
"""

from __future__ import annotations

import argparse
import functools
import os
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec

# Before KeOps is imported.
os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import torch
from geomloss import SamplesLoss
from geomloss._legacy.sinkhorn_images import sinkhorn_divergence as image_divergence

from trainables.transport import shape_measure, sinkhorn_divergence

Outcome = tuple[np.ndarray, np.ndarray]
CASES = ["16,16,16", "32,32,32", "64,64,64", "256,256", "512,512"]


def pairs(shape: tuple[int, ...]) -> tuple[torch.Tensor, torch.Tensor]:
    """Two balls that come apart, at two near times: ``[B, *shape]`` twice, on the unit cube."""
    number = 2 if np.prod(shape) <= 2**16 else 1
    points = torch.stack(torch.meshgrid(*[(torch.arange(n) + 0.5) / n for n in shape], indexing="ij"), -1)
    centre = torch.full((len(shape),), 0.5)
    frames = []
    for k in range(number + 1):
        shift = torch.zeros(len(shape))
        shift[-1] = 0.05 + 0.15 * k / 8
        both = [(points - centre - side * shift).norm(dim=-1) - 0.17 for side in (-1, 1)]
        frames.append(torch.minimum(*both))
    measures = shape_measure(torch.stack(frames), 48.0, len(shape))
    return measures[:-1].contiguous(), measures[1:].contiguous()


def with_gradient(divergence: Callable[..., torch.Tensor], a: torch.Tensor, b: torch.Tensor) -> Outcome:
    a, b = a.clone().requires_grad_(), b.clone().requires_grad_()
    value = divergence(a, b)
    gradient, _ = torch.autograd.grad(value.sum(), (a, b))
    return value.detach().numpy(), gradient.numpy()


def ours(a: torch.Tensor, b: torch.Tensor, **arguments: object) -> torch.Tensor:
    spacing = 1 / a.shape[-1]
    return sinkhorn_divergence(a, b, spacing, blur=spacing, **arguments).value  # type: ignore[arg-type]


def samples_loss(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    axes = [torch.arange(n) / n for n in a.shape[1:]]
    cloud = torch.stack(torch.meshgrid(*axes, indexing="ij"), -1).reshape(1, -1, a.dim() - 1).expand(len(a), -1, -1)
    loss = SamplesLoss("sinkhorn", p=2, blur=1 / a.shape[-1], backend="tensorized")
    return loss(a.flatten(1), cloud.contiguous(), b.flatten(1), cloud.contiguous())


def ott_jax(a: torch.Tensor, b: torch.Tensor, threshold: float) -> Callable[[], Outcome]:
    """OTT-JAX's solver on its `Grid`, compiled for all pairs together, with its own annealing of the temperature."""
    import jax
    import jax.numpy as jnp
    from ott.geometry.epsilon_scheduler import Epsilon
    from ott.geometry.grid import Grid
    from ott.problems.linear.linear_problem import LinearProblem
    from ott.solvers.linear.sinkhorn import Sinkhorn

    shape = tuple(a.shape[1:])
    target = 2 * (1 / shape[-1]) ** 2  # its cost is distance², twice ours
    axes = [jnp.arange(n) / shape[-1] for n in shape]
    geometry = Grid(x=axes, epsilon=Epsilon(target=target, init=1.0 / target, decay=0.5))
    solver = Sinkhorn(threshold=threshold, max_iterations=5000, inner_iterations=5, use_danskin=True)

    def transported(a, b):
        return solver(LinearProblem(geometry, a=a, b=b)).reg_ot_cost / 2

    def divergence(a, b):
        return transported(a, b) - (transported(a, a) + transported(b, b)) / 2

    call = jax.jit(jax.vmap(jax.value_and_grad(divergence, argnums=(0, 1))))
    first, second = (jnp.asarray(x.flatten(1).numpy()) for x in (a, b))

    def both() -> Outcome:
        value, gradient = jax.block_until_ready(call(first, second))
        return np.asarray(value), np.stack(gradient)

    return both


def contenders(a: torch.Tensor, b: torch.Tensor) -> dict[str, Callable[[], Outcome]]:

    def image(a: torch.Tensor, b: torch.Tensor, scaling: float) -> torch.Tensor:
        # [B, 1, *shape]: without a channel its first axis is one, and slices are compared in the plane.
        found: torch.Tensor = image_divergence(a[:, None], b[:, None], p=2, blur=1 / a.shape[-1], scaling=scaling)
        return found

    def torch_case(divergence: Callable[..., torch.Tensor]) -> Callable[[], Outcome]:
        return functools.partial(with_gradient, divergence, a, b)

    cases = {
        "compiled, schedule": torch_case(ours),
        "compiled, multiscale": torch_case(functools.partial(ours, mode="multiscale")),
        "compiled, multiscale, cooling by 0.8": torch_case(functools.partial(ours, mode="multiscale", scaling=0.8)),
        "compiled, converged to 1e-2": torch_case(functools.partial(ours, mode="converged", tolerance=1e-2)),
        "plain PyTorch, schedule": torch_case(functools.partial(ours, backend="plain")),
        **{
            f"GeomLoss, images, cooling by {s}": torch_case(functools.partial(image, scaling=s))
            for s in (0.5, 0.7, 0.8)
        },
    }
    if find_spec("ott"):
        cases |= {f"OTT-JAX, Grid, to {t:g}": ott_jax(a, b, t) for t in (1e-1, 1e-2, 1e-3)}
    if a[0].numel() <= 16**3:
        cases["GeomLoss, SamplesLoss, tensorized"] = torch_case(samples_loss)
    return cases


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", nargs="+", default=CASES)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for case in arguments.cases:
        a, b = pairs(tuple(int(n) for n in case.split(",")))
        spacing = 1 / a.shape[-1]
        exact = sinkhorn_divergence(a.double(), b.double(), spacing, blur=spacing, mode="converged").value.numpy()
        found, times = {}, {}
        cases = contenders(a, b)
        for name, call in cases.items():
            print(f"  {name}", file=sys.stderr, flush=True)
            found[name], times[name] = call(), []  # compiles
        for _ in range(arguments.rounds):
            for name, call in cases.items():
                began = time.process_time()
                call()
                times[name].append(time.process_time() - began)
        reference = np.array(times["compiled, schedule"])
        print(f"\n| {case.replace(',', ' × ')}, {len(a)} pairs | time | value off by |\n| --- | --- | --- |")
        for name, (value, _) in found.items():
            ratio = np.median(np.array(times[name]) / reference)
            print(f"| {name} | {ratio:.2g} | {np.abs(value / exact - 1).max():.1e} |", flush=True)


if __name__ == "__main__":
    main()
