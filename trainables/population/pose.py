"""Where a sequence is and how it is turned, told by its shown frames alone: shapes are compared when turned.

    S'(y, t) = S(c + Q y, t)

c is the middle of the first and the last shown frame's centroids. The columns of Q are the longest axis of the last
frame's inside (of its second moments), towards the side where it reaches farther (its third moment is positive); in
space the way of the centroid from first to last, as far as it is across; and what is left of a rotation. Where the
centroid does not move, the second axis is that of the second moments. A population of which every member is turned at
random has little in common until then.

# F = frame, V = point inside, d = dimension
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from trainables.metrics.surfaces import Array
from trainables.shapes.sequence import PLANE, grid_points, grid_spacing

_STILL = 0.5
"""Way across, in spacings of the grid, below which a centroid counts as not moved."""


@dataclass(frozen=True)
class Pose:
    """Turned coordinates y of points x = c + Q y."""

    centre: NDArray[np.float64]
    """`(d,)`, domain units."""
    axes: NDArray[np.float64]
    """`(d, d)`: a rotation, the axes its columns."""

    def outward(self, points: Tensor) -> Tensor:
        """x of y, `(..., d)`."""
        return points @ points.new_tensor(self.axes.T) + points.new_tensor(self.centre)

    def inward(self, points: Tensor) -> Tensor:
        """y of x, `(..., d)`."""
        return (points - points.new_tensor(self.centre)) @ points.new_tensor(self.axes)


def as_it_is(dimension: int) -> Pose:
    """Neither moved nor turned."""
    return Pose(np.zeros(dimension), np.eye(dimension))


def pose(frames: Array) -> Pose:
    """Of the shown frames `(F, n, …)`; as it is where the first or the last has no inside."""
    first, last = _inside(frames[0]), _inside(frames[-1])
    if not len(first) or not len(last):
        return as_it_is(frames.ndim - 1)
    ends = first.mean(0), last.mean(0)
    around = last - ends[1]
    _, directions = np.linalg.eigh(around.T @ around)
    along = directions[:, -1]
    along = along * (1.0 if ((around @ along) ** 3).sum() >= 0 else -1.0)
    middle, way = (ends[0] + ends[1]) / 2, ends[1] - ends[0]
    if len(along) == PLANE:
        return Pose(middle, np.array([along, (-along[1], along[0])]).T)
    across = way - (way @ along) * along
    if np.linalg.norm(across) < _STILL * grid_spacing(frames.shape[1]):
        across = directions[:, 1]
    across = across / np.linalg.norm(across)
    return Pose(middle, np.stack([along, across, np.cross(along, across)], axis=1))


def _inside(frame: Array) -> NDArray[np.float64]:
    """Grid points inside the shape, `(V, d)`."""
    return grid_points(len(frame), dimension=frame.ndim).numpy()[frame < 0].astype(float)
