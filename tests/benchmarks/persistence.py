"""Persistence of volumes against cripser and gudhi: time of the diagrams, as ratios within one run.

    python -m tests.benchmarks.persistence [--sides 16 32 64] [--rounds 9]

Three kinds of volumes in float64: uniform noise, a noisy ball as a network predicts it early in its training, and
smooth noise. Diagrams are compared with cripser's, point by point, before anything is timed. A ratio is the median over
rounds of the ratios within one, in processor time of one thread. cripser is under the GPL, and so no part of what is
delivered: it comes with the extra `benchmarks`.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import time
from collections.abc import Callable

import cripser
import gudhi
import numpy as np
import torch
from scipy.ndimage import gaussian_filter

from trainables.topology.persistence import features

EVERY = (0, 1, 2)


def volume(kind: str, n: int) -> np.ndarray:
    """`(n, n, n)`"""
    generator = np.random.default_rng(0)
    if kind == "noise":
        return generator.random((n, n, n))
    if kind == "smooth noise":
        return gaussian_filter(generator.random((n, n, n)), 1.5)
    z, y, x = np.meshgrid(*[np.linspace(-3, 3, n)] * 3, indexing="ij")
    return 1 / (1 + np.exp(3 * (np.sqrt(z**2 + y**2 + x**2) - 1.5) + generator.normal(size=(n, n, n))))


def by_cripser(values: np.ndarray, construction: str, highest: int) -> np.ndarray:
    compute = cripser.computePH if construction == "V" else cripser.computePH_T
    return np.asarray(compute(values, maxdim=highest))


def by_gudhi(values: np.ndarray, construction: str) -> None:
    cells = {"T": "top_dimensional_cells", "V": "vertices"}[construction]
    gudhi.CubicalComplex(**{cells: values}).compute_persistence(homology_coeff_field=2)


def compare(values: np.ndarray, construction: str) -> None:
    """Raises AssertionError unless the diagrams are cripser's."""
    mine = features(values, EVERY, "sublevel", construction)
    theirs = by_cripser(values, construction, 2)
    for dimension, pairs in zip(EVERY, mine, strict=True):
        expected = theirs[(theirs[:, 0] == dimension) & (theirs[:, 2] < values.max() + 1)][:, 1:3]
        expected = expected[expected[:, 0] != expected[:, 1]]
        points = values.ravel()[pairs]
        np.testing.assert_array_equal(points[np.lexsort(points.T)], expected[np.lexsort(expected.T)])


def taken(case: Callable[[], object]) -> float:
    began = time.process_time()
    case()
    return time.process_time() - began


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sides", type=int, nargs="+", default=[16, 32, 64])
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    version = importlib.metadata.version("cripser")
    print(f"cripser {version}, gudhi {gudhi.__version__}; all dimensions, times of theirs / ours\n")
    print("| volume | construction | cripser | gudhi |")
    print("| --- | --- | --- | --- |")
    for kind in ("noise", "noisy ball", "smooth noise"):
        for n in arguments.sides:
            values = volume(kind, n)
            for construction in ("V", "T"):
                compare(values, construction)
                cases = [
                    lambda v=values, c=construction: features(v, EVERY, "sublevel", c),
                    lambda v=values, c=construction: by_cripser(v, c, 2),
                    lambda v=values, c=construction: by_gudhi(v, c),
                ]
                times = np.array([[taken(case) for case in cases] for _ in range(arguments.rounds)])
                ours, cripsers, gudhis = times.T
                ratios = [np.median(theirs / ours) for theirs in (cripsers, gudhis)]
                cells = " | ".join(f"{ratio:.1f} ×" for ratio in ratios)
                print(f"| {kind}, {n}³ | {construction} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
