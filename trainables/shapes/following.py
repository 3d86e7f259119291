"""A domain that follows its shape, where that goes far.

In a domain at rest a shape that moves by many times its own size is a few points wide. Then its motion is taken out:
the domain's centre goes along a path through the middle of the shape's box in the shown frames, a monotone cubic in
time (Fritsch and Butland 1984, by way of `scipy`), which goes no further than the shown places do. Hidden frames have
no say in it. Distances between shapes of one time are what they are in a domain at rest; what a model has to learn is
what changes beside the motion, and linear blending is blending of frames that were moved.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

LONGEST, SHORTEST = 12, 4
"""Points that a shape should be wide in its longest and in its shortest direction …"""
GRID = 48
"""… on a grid of so many points along an axis, that of a laptop."""
GAIN = 1.25
"""How many times larger the shape must become for the domain to follow it."""
LEAP = 20
"""A shape that goes further than so many times its size from one shown frame to the next is hardly the same cell: then
the domain is at rest, in which it is told."""
_FILLED = 4.4 / 6
"""Share of the domain's side that the shape fills."""


def followed(faces: Array, moments: Array, shown: Sequence[int]) -> Array:
    """Where the domain's origin is in each frame, `(F, d)`, µm: zeros for a domain at rest.

    faces: `(F, 2, d)` the shape's box, first and last face along z, y, x, µm; moments: `(F,)`, increasing; shown: which
    frames choose.
    """
    import numpy as np
    from scipy.interpolate import PchipInterpolator

    known = faces[list(shown)]
    sides = known[:, 1] - known[:, 0]
    whole = float((known[:, 1].max(axis=0) - known[:, 0].min(axis=0)).max())
    points = _FILLED * (GRID - 1) / whole
    narrow = points * sides.max(axis=1).min() < LONGEST or points * sides.min() < SHORTEST
    middles = known.mean(axis=1)
    leap = float(np.abs(np.diff(middles, axis=0)).max(initial=0.0))
    if not narrow or whole < GAIN * sides.max() or leap > LEAP * sides.max():
        return np.zeros((len(faces), faces.shape[2]))
    path: Array = PchipInterpolator(moments[list(shown)], middles, axis=0)(moments)
    return path
