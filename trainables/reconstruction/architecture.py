"""The layers of SHAPR as numbers: what `network` builds, and what a step of it costs."""

from __future__ import annotations

import math


def stages(f: int, resolution: int) -> list[tuple[int, tuple[int, int, int]]]:
    """Channels and growth (depth, height, width) of each doubling of the decoder."""
    deeper, larger = (2, 1, 1), (2, 2, 2)
    doublings = resolution.bit_length() - 1
    middle = [(4 * f, deeper)] * (doublings - 5)
    return [(8 * f, deeper), (8 * f, deeper), (4 * f, larger), *middle, (2 * f, deeper), (f, larger)][-doublings:]


def products(f: int, resolution: int, decoder_depth: int) -> int:
    """Multiplications for one image, of all convolutions."""

    def block(before: int, after: int, depth: int = 1) -> int:
        return 9 * depth * voxels * (before * after + after * after)

    voxels = resolution**2
    total = block(2, f)
    voxels //= 4
    total += block(f, 2 * f)
    voxels //= 4
    total += block(2 * f, 4 * f) + 9 * voxels * 4 * f * 8 * f
    channels = 8 * f
    for after, growth in stages(f, resolution):
        total += block(channels, after, decoder_depth)
        voxels *= math.prod(growth)
        total += voxels * after * after
        channels = after
    return total + block(channels, f, decoder_depth) + 27 * voxels * f
