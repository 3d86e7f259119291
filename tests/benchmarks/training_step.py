"""The network's part of a training step against the matrix-product peak, and the regularizer's part against it.

    python -m tests.benchmarks.training_step [--threads 1] [--rounds 15]

Everything is timed in turn within each round; a ratio is the median over rounds of the ratios within one, and, for the
fused step, that of the shortest times of all rounds too: other guests of a machine only ever add to a time. The peak is
a product of two 1024 × 1024 matrices on the same threads. A step's work, value and gradient of the decoder, is counted
as its matrix products alone; `its products` are these in the step's own shapes, in the cache, nothing in between. A
regularizer's own part is value and gradient of its term with respect to a given SDF.
"""

from __future__ import annotations

import argparse
import functools
import platform
import time
from collections.abc import Callable

import numpy as np
import torch

from trainables.autodecoder.configuration import DecoderConfiguration
from trainables.autodecoder.decoder import Decoder
from trainables.autodecoder.fused import whole
from trainables.autodecoder.regularizers.base import Problem
from trainables.autodecoder.regularizers.sinkhorn import Sinkhorn
from trainables.autodecoder.regularizers.topology import Topology
from trainables.shapes.bifurcation import Bifurcation
from trainables.shapes.sequence import grid_points

LAPTOP = DecoderConfiguration(layers=5, width=64, code_layers=[3])
CASES = {
    "paper decoder, 11³ grid × 30 times": (DecoderConfiguration(), 39_930),
    "paper decoder, 5 frames × 1024": (DecoderConfiguration(), 5_120),
    "laptop decoder, 2 frames × 1024": (LAPTOP, 2_048),
    "laptop decoder, 9³ grid × 6 times": (LAPTOP, 4_374),
}
REPLICATES = 8
REGULARIZED = {
    "sinkhorn, paper, 11³ grid × 30 times": (DecoderConfiguration(), Sinkhorn()),
    "sinkhorn, laptop, 9³ grid × 5 times": (LAPTOP, Sinkhorn(grid=9, time_samples=5)),
    "topology, paper, 16³ grid × 4 times": (DecoderConfiguration(), Topology()),
    "topology, laptop, 12³ grid × 2 times": (LAPTOP, Topology(grid=12, time_samples=2)),
}
# Points in a block of `products`: their inputs and results stay in the cache.
ROWS = 512


def decoder(configuration: DecoderConfiguration, replicates: int) -> tuple[Decoder, torch.Tensor]:
    generators = [torch.Generator().manual_seed(r) for r in range(replicates)]
    codes = [torch.randn(1, configuration.code_dimension, generator=g) / 8 for g in generators]
    return Decoder(configuration, generators), torch.stack(codes).requires_grad_()


def step(way: Callable, network: Decoder, codes: torch.Tensor, points: torch.Tensor) -> None:
    """Value and gradient with respect to all parameters and codes."""
    way(points, codes).abs().mean().backward()
    for parameter in (*network.parameters(), codes):
        parameter.grad = None


def operations(network: Decoder, points: int) -> int:
    """Additions and multiplications in the products of one replicate: values, gradients of weights and of inputs."""
    layers = [*network.layers, network.output]
    return sum(2 * points * layer.weight().shape[2] * (3 * layer.weight().shape[1] - 4) for layer in layers)


def products(network: Decoder, points: int) -> Callable[[], None]:
    """The products that `operations` counts, for all full blocks of points: same numbers again, the step's layout."""
    layers = [*network.layers, network.output]
    columns = whole(layers[0].weight().shape[2])
    shapes = [(layer.weight().shape[1], columns if layer is not network.output else 1) for layer in layers]
    blocks = [
        (
            torch.randn(ROWS, whole(n))[:, :n],
            torch.randn(n, m),
            torch.empty(ROWS, m),
            torch.empty(n, m),
            torch.randn(m, columns),
            torch.empty(ROWS, columns if n > 4 else 0),
        )
        for n, m in shapes
    ]

    def work() -> None:
        for _ in range(points // ROWS):
            for x, weight, y, gradient, backwards, before in blocks:
                torch.mm(x, weight, out=y)
                torch.mm(x.t(), y, out=gradient)
                if before.shape[1]:
                    torch.mm(y, backwards, out=before)

    return work


def own_part(regularizer: Sinkhorn | Topology, replicates: int) -> Callable[[], None]:
    """Value and gradient of the regularizer's term, for R replicates that all have the true SDF of the bifurcation,
    roughened, so that it has features beside those of the shape."""
    generators = [torch.Generator().manual_seed(r) for r in range(replicates)]
    term = regularizer.prepare(Problem([[Bifurcation()]], [0.0, 1.0], torch.device("cpu"), generators))
    x, times = grid_points(regularizer.grid), torch.linspace(0, 1, regularizer.time_samples)
    sdf = torch.stack([Bifurcation().sdf(x, float(time)) for time in times]).view(1, 1, -1)
    sdf = sdf.repeat(replicates, 1, 1)
    sdf = (sdf + 0.1 * torch.randn(sdf.shape, generator=generators[0])).requires_grad_()

    def work() -> None:
        term(lambda points: sdf).sum().backward()
        sdf.grad = None

    return work


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def parts(configuration: DecoderConfiguration, points: int) -> dict[str, Callable[[], object]]:
    """What is timed, by name; `in turn` and `together` are all replicates on fewer points each."""
    square = torch.randn(1024, 1024)
    together, codes = decoder(configuration, REPLICATES)
    alone = [decoder(configuration, 1) for _ in range(REPLICATES)]
    one, code = alone[0]
    x = 6 * torch.rand(1, 1, points, 4) - 3
    few = x[:, :, : max(512, points // REPLICATES)]
    return {
        "peak": lambda: square @ square,
        "products": products(one, points),
        "fused": lambda: step(one, one, code, x),
        "plain": lambda: step(one.plainly, one, code, x),
        "fused together": lambda: step(together, together, codes, few),
        "fused in turn": lambda: [step(network, network, c, few) for network, c in alone],
        "plain together": lambda: step(together.plainly, together, codes, few),
        "plain in turn": lambda: [step(network.plainly, network, c, few) for network, c in alone],
    }


def ratio(above: np.ndarray, below: np.ndarray) -> float:
    """Median over rounds."""
    return float(np.median(above / below))


def fastest(above: np.ndarray, below: np.ndarray) -> float:
    """Of the shortest times."""
    return float(above.min() / below.min())


def timed(parts: dict[str, Callable[[], object]], rounds: int) -> dict[str, np.ndarray]:
    """Seconds of each part, `(rounds,)`, taken in turn."""
    for work in parts.values():
        work()
    taken = {part: np.empty(rounds) for part in parts}
    for i in range(rounds):
        for part, work in parts.items():
            taken[part][i] = seconds(work)
    return taken


def against_the_peak(rounds: int) -> None:
    print(f"{'':36}{'share of peak':>44}{'plain /':>10}{f'R={REPLICATES} together / in turn':>26}")
    print(
        f"{'':36}{'its products':>14}{'fused':>10}{'fastest':>10}{'plain':>10}{'fused':>10}{'fused':>16}{'plain':>10}"
    )
    for name, (configuration, points) in CASES.items():
        taken = timed(parts(configuration, points), rounds)
        network = decoder(configuration, 1)[0]
        peak = taken["peak"] / (2 * 1024**3)
        ideal, whole_blocks = (operations(network, p) * peak for p in (points, points // ROWS * ROWS))
        print(
            f"{name:36}{ratio(whole_blocks, taken['products']):>14.2f}{ratio(ideal, taken['fused']):>10.2f}"
            f"{fastest(ideal, taken['fused']):>10.2f}"
            f"{ratio(ideal, taken['plain']):>10.2f}{ratio(taken['plain'], taken['fused']):>10.2f}"
            f"{ratio(taken['fused together'], taken['fused in turn']):>16.2f}"
            f"{ratio(taken['plain together'], taken['plain in turn']):>10.2f}",
            flush=True,
        )


def against_the_network(rounds: int) -> None:
    print(f"\n{'':36}{'regularizer / network':>34}")
    print(f"{'':36}{'R=1':>24}{f'R={REPLICATES}':>10}")
    for name, (configuration, regularizer) in REGULARIZED.items():
        x = 6 * torch.rand(1, 1, regularizer.grid**3 * regularizer.time_samples, 4) - 3
        columns = []
        for replicates in (1, REPLICATES):
            network, codes = decoder(configuration, replicates)
            work = {
                "network": functools.partial(step, network, network, codes, x),
                "regularizer": own_part(regularizer, replicates),
            }
            taken = timed(work, rounds)
            columns.append(ratio(taken["regularizer"], taken["network"]))
        print(f"{name:36}{columns[0]:>24.2f}{columns[1]:>10.2f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    print(f"{platform.processor() or platform.machine()}, torch {torch.__version__}, {arguments.threads} threads")
    against_the_peak(arguments.rounds)
    against_the_network(arguments.rounds)


if __name__ == "__main__":
    main()
