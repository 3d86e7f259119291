"""A stack of few planes as it is seen along z, in the plane.

Of labels that is no maximum, by which a cell of a large number would hide one that is thicker, and no single plane, in
which a cell that moves along z grows, shrinks and is lost: a pixel is of the cell that has most voxels in its column,
of two with as many of that with the smaller number, which is the same one at all times.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

FEW_PLANES = 3
"""A stack of no more is offered to be seen so: along z its shapes are hardly known."""


def flattened(labels: Array) -> tuple[Array, float]:
    """Labels `(z, y, x)` seen along z: `(y, x)`; and the share of the labelled pixels in which one of several cells was
    taken."""
    import numpy as np

    ordered = np.sort(labels, axis=0)
    found, most, run = np.zeros_like(ordered[0]), np.zeros(ordered[0].shape, int), np.zeros(ordered[0].shape, int)
    several = np.zeros(ordered[0].shape, bool)
    for before, plane in zip([ordered[0], *ordered[:-1]], ordered, strict=True):
        several |= (before > 0) & (plane != before)
        run = np.where(plane == before, run + 1, 1)
        more = (plane > 0) & (run > most)
        found[more], most[more] = plane[more], run[more]
    return found, float(several.sum() / max(1, (found > 0).sum()))
