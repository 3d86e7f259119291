"""The network's part of a training step against the machine's matrix-product peak: value and gradient of the decoder.

    python -m tests.benchmarks.training_step [--threads 1] [--rounds 15]

Everything is timed in turn within each round; a ratio is the median over rounds of the ratios within one. The peak is a
product of two 1024 × 1024 matrices on the same threads. A step's work is counted as its matrix products alone.
"""

from __future__ import annotations

import argparse
import platform
import time
from collections.abc import Callable

import numpy as np
import torch

from trainables.autodecoder.configuration import DecoderConfiguration
from trainables.autodecoder.decoder import Decoder

LAPTOP = DecoderConfiguration(layers=5, width=64, code_layers=[3])
CASES = {
    "paper decoder, 11³ grid × 30 times": (DecoderConfiguration(), 39_930),
    "paper decoder, 5 frames × 1024": (DecoderConfiguration(), 5_120),
    "laptop decoder, 2 frames × 1024": (LAPTOP, 2_048),
    "laptop decoder, 9³ grid × 6 times": (LAPTOP, 4_374),
}
REPLICATES = 8


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


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    print(f"{platform.processor() or platform.machine()}, torch {torch.__version__}, {arguments.threads} threads")
    print(f"{'':36}{'share of peak':>22}{'plain /':>10}{f'R={REPLICATES} together / in turn':>26}")
    print(f"{'':36}{'fused':>12}{'plain':>10}{'fused':>10}{'fused':>16}{'plain':>10}")
    for name, (configuration, points) in CASES.items():
        timed = parts(configuration, points)
        for work in timed.values():
            work()
        taken = {part: np.empty(arguments.rounds) for part in timed}
        for i in range(arguments.rounds):
            for part, work in timed.items():
                taken[part][i] = seconds(work)
        ideal = operations(decoder(configuration, 1)[0], points) * taken["peak"] / (2 * 1024**3)
        print(
            f"{name:36}{ratio(ideal, taken['fused']):>12.2f}{ratio(ideal, taken['plain']):>10.2f}"
            f"{ratio(taken['plain'], taken['fused']):>10.2f}"
            f"{ratio(taken['fused together'], taken['fused in turn']):>16.2f}"
            f"{ratio(taken['plain together'], taken['plain in turn']):>10.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
