"""Overlap and connectedness of the voxels in which a signed distance function is negative."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Volume = NDArray[np.bool_]


def dice(predicted: Volume, true: Volume) -> float:
    """2 |A ∩ B| / (|A| + |B|); 1 if both are empty."""
    total = int(predicted.sum()) + int(true.sum())
    return 1.0 if total == 0 else 2.0 * int((predicted & true).sum()) / total


def asymmetry(inside: Volume) -> float:
    """1 − Dice of a shape and its point reflection in the middle of the grid; 1 (the worst) if it is empty."""
    return 1.0 - dice(inside, inside[::-1, ::-1, ::-1]) if inside.any() else 1.0


def components(inside: Volume) -> int:
    """Number of connected components (voxels that share a face)."""
    return int(ndimage.label(inside)[1])


def bifurcation_time(
    times: list[float], counts: list[int], count_at: Callable[[float], int], bisections: int = 3
) -> float:
    """The time from which a shape has two or more components until its sequence ends.

    `counts[i]` components were found at `times[i]`; the last change from fewer than two to two or more is narrowed by
    `bisections` calls of `count_at`. A shape that is always split bifurcates at the first time, one
    that is never split at the last.
    """
    whole = [i for i, count in enumerate(counts) if count < 2]
    if not whole:
        return times[0]
    if whole[-1] == len(times) - 1:
        return times[-1]
    low, high = times[whole[-1]], times[whole[-1] + 1]
    for _ in range(bisections):
        middle = (low + high) / 2
        low, high = (low, middle) if count_at(middle) >= 2 else (middle, high)
    return (low + high) / 2
