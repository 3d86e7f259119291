"""The decoder's step beside what compilers make of the same decoder, and PyMCubes beside scikit-image.

    python -m tests.benchmarks.compilers [--rounds 9] [--only laptop]

A step is value and gradient of the mean |f| in all parameters and codes, in float32, on one thread: fused, plain, plain
through `torch.compile`, and `jax.jit` of the same function, from the same weights and at the same points. Values and
gradients are compared before anything is timed, and compilation is not counted. Ratios are medians over rounds of those
within one, in processor time. JAX and PyMCubes come with the extra `benchmarks`.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable

# Before JAX is imported.
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["OMP_NUM_THREADS"] = "1"

import jax
import jax.numpy as jnp
import mcubes
import numpy as np
import torch
from skimage.measure import marching_cubes

from tests.benchmarks.training_step import CASES, decoder
from trainables.autodecoder.decoder import Decoder
from trainables.shapes.bifurcation import Bifurcation
from trainables.shapes.sequence import UPPER, grid_points

Gradients = dict[str, np.ndarray]


def in_torch(way: Callable, network: Decoder, codes: torch.Tensor, points: torch.Tensor) -> Callable[[], Gradients]:
    def call() -> Gradients:
        way(points, codes).abs().mean().backward()
        named = {**dict(network.named_parameters()), "codes": codes}
        found = {name: parameter.grad.numpy() for name, parameter in named.items()}
        for parameter in named.values():
            parameter.grad = None
        return found

    return call


def in_jax(network: Decoder, codes: torch.Tensor, points: torch.Tensor) -> Callable[[], Gradients]:
    """The same function of the same parameters, for one replicate and sequence."""
    parameters = {name: jnp.asarray(p.detach().numpy()[0]) for name, p in network.named_parameters()}
    parameters["codes"] = jnp.asarray(codes.detach().numpy()[0])
    x = points[0, 0]
    scaled = jnp.asarray(torch.cat([x[:, :3] / UPPER, 2 * x[:, 3:] - 1], 1).numpy())

    def affine(p: dict[str, jax.Array], layer: str, hidden: jax.Array | None) -> jax.Array:
        out = scaled @ p[f"{layer}.coordinates"] + p[f"{layer}.bias"]
        if f"{layer}.code" in p:
            out = out + p["codes"] @ p[f"{layer}.code"]
        return out if hidden is None else out + hidden @ p[f"{layer}.hidden"]

    def loss(p: dict[str, jax.Array]) -> jax.Array:
        hidden = None
        for i in range(len(network.layers)):
            hidden = jnp.sin(network.omega * affine(p, f"layers.{i}", hidden))
        return jnp.abs(affine(p, "output", hidden)).mean()

    run = jax.jit(jax.grad(loss))
    return lambda: {name: np.asarray(g)[None] for name, g in jax.block_until_ready(run(parameters)).items()}


def timed(cases: dict[str, Callable[[], object]], rounds: int) -> dict[str, np.ndarray]:
    taken: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, case in cases.items():
            began = time.process_time()
            case()
            taken[name].append(time.process_time() - began)
    return {name: np.array(times) for name, times in taken.items()}


def steps(rounds: int, only: str) -> None:
    print("| time, fused = 1 | plain | torch.compile | jax.jit |\n| --- | --- | --- | --- |")
    for name, (configuration, points) in CASES.items():
        if only not in name:
            continue
        network, codes = decoder(configuration, 1)
        x = 6 * torch.rand(1, 1, points, 4, generator=torch.Generator().manual_seed(0)) - 3
        torch._dynamo.reset()
        ways = {
            "fused": in_torch(network, network, codes, x),
            "plain": in_torch(network.plainly, network, codes, x),
            "torch.compile": in_torch(torch.compile(network.plainly), network, codes, x),
            "jax.jit": in_jax(network, codes, x),
        }
        expected, *others = (way() for way in ways.values())
        for other in others:
            for parameter, gradient in expected.items():
                np.testing.assert_allclose(other[parameter], gradient, rtol=0.02, atol=2e-3 * np.abs(gradient).max())
        taken = timed(ways, rounds)
        ratios = [np.median(taken[way] / taken["fused"]) for way in list(ways)[1:]]
        print(f"| {name} | " + " | ".join(f"{ratio:.2f}" for ratio in ratios) + " |", flush=True)


def surfaces(rounds: int) -> None:
    print("\n| PyMCubes / scikit-image | time | triangles |\n| --- | --- | --- |")
    for n in (32, 64, 128):
        volume = Bifurcation().sdf(grid_points(n), 0.5).numpy()
        theirs, ours = mcubes.marching_cubes(volume, 0.0), marching_cubes(volume, 0.0)
        taken = timed(
            {"theirs": lambda v=volume: mcubes.marching_cubes(v, 0.0), "ours": lambda v=volume: marching_cubes(v, 0.0)},
            rounds,
        )
        print(f"| {n}³ | {np.median(taken['theirs'] / taken['ours']):.2f} | {len(theirs[1])} / {len(ours[1])} |")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--only", default="", help="cases whose name has this in it")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    surfaces(arguments.rounds)
    steps(arguments.rounds, arguments.only)


if __name__ == "__main__":
    main()
