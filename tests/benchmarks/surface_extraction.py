"""The narrow band against the dense grid: evaluations, seconds and meshes, on decoders trained on the spot.

    python -m tests.benchmarks.surface_extraction [--threads 1] [--grids 32 64 128]

Three small decoders learn the bifurcation from two frames: well (learning rate 5e-4), with spurious pieces in
mid-interval (1.4e-3), and into noise (2e-3), where the band must be the whole grid and say so.
"""

from __future__ import annotations

import argparse
import platform
import time

import numpy as np
import torch
from skimage.measure import marching_cubes

from trainables.autodecoder.autodecoder import Autodecoder
from trainables.autodecoder.configuration import AutodecoderConfiguration, DecoderConfiguration
from trainables.metrics.narrow_band import narrow_band
from trainables.shapes.bifurcation import Bifurcation
from trainables.shapes.sequence import grid_points
from trainables.shapes.timeline import Timeline

TIMES = [0.0, 0.25, 0.5, 0.75, 1.0]


def trained(learning_rate: float, epochs: int) -> Autodecoder:
    configuration = AutodecoderConfiguration(
        sequences=[Bifurcation()],
        decoder=DecoderConfiguration(layers=5, width=64, code_layers=[3]),
        epochs=epochs,
        points_per_frame=1024,
        learning_rate=learning_rate,
        code_learning_rate=learning_rate,
        halve_every=150,
        code_ramp=30,
    )
    timeline = Timeline.shown({0, 20})
    model = Autodecoder(configuration.model_dump(mode="json"), timeline, [11, 12], torch.device("cpu"))
    for _ in range(epochs):
        model.train_epoch()
    return model


def compare(model: Autodecoder, replicate: int, n: int, times: list[float]) -> str:
    field, x = model.field(replicate, 0), grid_points(n).reshape(-1, 3)
    began = time.perf_counter()
    dense = [field(torch.cat([x, torch.full_like(x[:, :1], t)], dim=1)).view(n, n, n) for t in times]
    middle = time.perf_counter()
    band = narrow_band(field, times, n)
    ended = time.perf_counter()
    signs, same, apart = 0, 0, 0.0
    for found, expected in zip(band.values, dense, strict=True):
        signs += int(((found < 0) != (expected < 0)).sum())
        if not bool((expected < 0).any()):
            same += int(not bool((found < 0).any()))
            continue
        (v, f, *_), (w, g, *_) = (marching_cubes(a.numpy(), 0.0) for a in (found, expected))
        if f.shape == g.shape and np.array_equal(f, g):
            same, apart = same + 1, max(apart, float(np.abs(v - w).max()))
    fewer = n**3 / band.evaluations.double()
    return (
        f"{n:>6}{float(fewer.min()):>9.1f}{float(fewer.max()):>7.1f}{(middle - began) / (ended - middle):>9.1f}"
        f"{signs:>9}{same:>7}/{len(times)}{apart:>11.0e}{int(band.fallback.sum()):>8}/{len(times)}"
        f"{float(band.bound.max()):>9.1f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--grids", type=int, nargs="+", default=[32, 64, 128])
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    print(f"{platform.processor() or platform.machine()}, torch {torch.__version__}, {arguments.threads} threads")
    print(
        f"{'':30}{'grid':>6}{'evaluations':>16}{'seconds':>9}{'wrong':>9}{'same':>9}{'vertices':>11}{'fall-':>10}{'L':>9}"
    )
    print(f"{'':30}{'':>6}{'dense / band':>16}{'ratio':>9}{'signs':>9}{'faces':>9}{'apart / h':>11}{'backs':>10}")
    for learning_rate in (5e-4, 1.4e-3, 2e-3):
        model = trained(learning_rate, 300)
        for replicate in range(2):
            for n in arguments.grids:
                times = TIMES if n < 128 else TIMES[2:3]
                line = compare(model, replicate, n, times)
                name = f"learning rate {learning_rate:g}, seed {model.generators[replicate].initial_seed()}"
                print(f"{name:30}{line}", flush=True)


if __name__ == "__main__":
    main()
