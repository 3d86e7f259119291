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
    total, voxels = 0, resolution**2
    for before, after, more in ((2, f, 0), (f, 2 * f, 0), (2 * f, 4 * f, 8 * f)):
        total += 9 * voxels * (before * after + after * after + after * more)
        voxels //= 4
    voxels, channels, kernel = voxels * 4, 8 * f, 9 * decoder_depth
    for after, growth in [*stages(f, resolution), (f, None)]:
        total += kernel * voxels * (channels * after + after * after)
        if growth is not None:
            voxels *= math.prod(growth)
            total += voxels * after * after
        channels = after
    return total + 27 * voxels * channels
