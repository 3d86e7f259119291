"""How a shape has turned from frame to frame: rotations by registration of the shapes about their centroids."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.optimize import least_squares
from scipy.spatial.transform import Rotation

from trainables.interpolants.base import Array
from trainables.shapes.sequence import LOWER, UPPER, grid_spacing

_GRID = 20
"""Points along each axis on which two shapes are compared."""
_NEAR = 0.6
"""Distance beyond which all is equally far, domain units."""
_LARGEST = np.pi / 4
"""Of the angles by which a shape is taken to turn between two frames, about each axis."""


def orientations(frames: Array, centroids: NDArray) -> Rotation:
    """Of `(F, n, n, n)` signed distances with `(F, 3)` centroids: F rotations, the first the identity.

    From frame to frame the rotation is that which makes the clipped distances about the centroids most alike in the
    least-squares sense, found from none: what looks the same from several sides is taken to have turned the least.
    """
    turned = [Rotation.identity()]
    for j, k in pairwise(range(len(frames))):
        turned.append(_registered(frames[j], centroids[j], frames[k], centroids[k]) * turned[-1])
    return Rotation.concatenate(turned)


def turned(field: Array, centroid: NDArray, by: Rotation, to: NDArray) -> Array:
    """The field turned about its centroid, which is carried `to` another place, `(n, n, n)`; beyond its border the
    distance to the border is added."""
    points = _lattice(field.ndim, LOWER, UPPER, len(field))
    return _read(field, _applied(by.inv(), points - to) + centroid).reshape(field.shape)


def _lattice(dimension: int, low: float, high: float, count: int) -> NDArray:
    """`count` points along each axis between two coordinates, `(P, 3)` or, in the plane, `(P, 2)`."""
    axes = dimension * [np.linspace(low, high, count)]
    return np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, dimension)


def _applied(by: Rotation, points: NDArray) -> NDArray:
    """Points turned, `(P, 3)`; `(P, 2)` within their plane, by a rotation about its normal."""
    lifted = np.pad(points, ((0, 0), (0, 3 - points.shape[1])))
    found: NDArray = by.apply(lifted)[:, : points.shape[1]]
    return found


def _rotation(angles: NDArray) -> Rotation:
    """By three angles, or by one about the normal of the plane."""
    return Rotation.from_rotvec(np.pad(angles, (3 - len(angles), 0)))


def _registered(first: Array, start: NDArray, second: Array, end: NDArray) -> Rotation:
    reach = (UPPER - LOWER) / 3
    points = _lattice(first.ndim, -reach, reach, _GRID)
    wanted = _read(second, points + end).clip(-_NEAR, _NEAR)
    near = np.abs(wanted) < _NEAR
    points, wanted = points[near], wanted[near]
    if not len(points):  # thinner than the grid's spacing: nothing can be told
        return Rotation.identity()

    def missing(angles: NDArray) -> NDArray:
        found = _read(first, _applied(_rotation(angles).inv(), points) + start)
        return found.clip(-_NEAR, _NEAR) - wanted

    bounds = (-_LARGEST, _LARGEST)
    none = np.zeros(3 if first.ndim == 3 else 1)
    return _rotation(least_squares(missing, none, bounds=bounds, diff_step=0.02, max_nfev=30).x)


def _read(field: Array, points: NDArray) -> NDArray:
    """Trilinear values at `(P, 3)` points in domain units."""
    inside = points.clip(LOWER, UPPER)
    values = ndimage.map_coordinates(field, (inside - LOWER).T / grid_spacing(len(field)), order=1, mode="nearest")
    return values + np.linalg.norm(points - inside, axis=1)
