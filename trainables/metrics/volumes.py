"""Overlap and connectedness of the voxels in which a signed distance function is negative."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Volume = NDArray[np.bool_]


def dice(predicted: Volume, true: Volume) -> float:
    """2 |A ∩ B| / (|A| + |B|); NaN if both are empty: there is nothing to overlap, and that is no merit."""
    total = int(predicted.sum()) + int(true.sum())
    return math.nan if total == 0 else 2.0 * int((predicted & true).sum()) / total


def asymmetry(inside: Volume) -> float:
    """1 − Dice of a shape and its point reflection in the middle of the grid; NaN if it is empty."""
    return 1.0 - dice(inside, np.flip(inside))


def components(inside: Volume) -> int:
    """Number of connected components (voxels that share a face, pixels an edge)."""
    return int(ndimage.label(inside)[1])


def bifurcation_time(
    times: list[float], counts: list[int], count_at: Callable[[float], int], bisections: int = 3
) -> float:
    """The time from which a shape has two or more components until its sequence ends.

    `counts[i]` components were found at `times[i]`; the last change from one to two or more is narrowed by
    `bisections` calls of `count_at`. A shape that is always split bifurcates at the first time, one that is never split
    at the last.

    Zero components are a shape that is not there, neither whole nor split. NaN where that leaves the time open: where
    none follow a time at which the shape is whole, or it is never seen whole, and where none are met in narrowing.
    """
    whole = [i for i, count in enumerate(counts) if count == 1]
    last = whole[-1] if whole else 0
    if 0 in counts[last:]:
        return math.nan
    if not whole:
        return times[0]
    if last == len(times) - 1:
        return times[-1]
    low, high = times[last], times[last + 1]
    for _ in range(bisections):
        middle = (low + high) / 2
        if (count := count_at(middle)) == 0:
            return math.nan
        low, high = (low, middle) if count >= 2 else (middle, high)
    return (low + high) / 2
