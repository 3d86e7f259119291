"""Distances to triangles against distances to vertices: processor time a pair of surfaces, and what they say.

    python -m tests.benchmarks.surface_distance [--grids 32 64 128]

Two concentric spheres whose radii differ by δ; the true one is ready to be searched, as in a study, whose trials share
it. The rest of a time step's score, marching cubes and Betti numbers, is given beside.
"""

from __future__ import annotations

import argparse
import platform
import time
from collections.abc import Callable

import numpy as np

from trainables.metrics.surfaces import Surface, surface, surface_distances
from trainables.shapes.sequence import grid_points, grid_spacing
from trainables.topology.betti import betti_numbers

RADIUS = 1.2


def milliseconds(work: Callable[[], object], repeats: int = 9) -> float:
    """The median of some calls, in time on the processor: what others do on the machine does not count."""
    taken = []
    for _ in range(repeats):
        began = time.thread_time()
        work()
        taken.append(time.thread_time() - began)
    return 1000 * float(np.median(taken))


def compare(n: int, apart: float) -> str:
    norm = grid_points(n).double().numpy()
    norm = np.linalg.norm(norm - (0.05, 0.08, 0.03), axis=-1)
    sdf = (norm - RADIUS - apart).astype(np.float32)
    true, found = surface(norm - RADIUS, grid_spacing(n)), surface(sdf, grid_spacing(n))

    def fresh() -> Surface:
        return Surface(found.vertices, found.faces)

    by_triangles, by_vertices = (surface_distances(fresh(), true, way)[0] for way in ("triangles", "vertices"))
    triangles = milliseconds(lambda: surface_distances(fresh(), true))
    vertices = milliseconds(lambda: surface_distances(fresh(), true, "vertices"))
    rest = milliseconds(lambda: (surface(sdf, grid_spacing(n)), betti_numbers(sdf < 0)))
    return (
        f"{n:>6}{apart:>8g}{len(found.vertices):>10}{by_triangles / apart:>12.3f}{by_vertices / apart:>12.3f}"
        f"{triangles:>12.1f}{vertices:>12.1f}{triangles / vertices:>8.1f}{rest:>10.1f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--grids", type=int, nargs="+", default=[32, 64, 128])
    arguments = parser.parse_args()
    print(platform.processor() or platform.machine())
    print(f"{'':24}{'Chamfer / δ':>24}{'milliseconds':>24}{'':>8}{'rest of':>10}")
    names = ("grid", "δ", "vertices", "triangles", "vertices", "triangles", "vertices", "ratio", "score")
    print("".join(f"{name:>{width}}" for name, width in zip(names, (6, 8, 10, 12, 12, 12, 12, 8, 10), strict=True)))
    for n in arguments.grids:
        for apart in (0.005, 0.02, 0.1, 0.7):
            print(compare(n, apart), flush=True)


if __name__ == "__main__":
    main()
