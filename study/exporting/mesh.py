"""Closed triangle meshes of exported shapes; in the plane closed outlines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from skimage.measure import marching_cubes

from analysis.drawing.rendering import Mesh
from trainables.metrics.surfaces import surface as contours
from trainables.shapes.sequence import LOWER, PLANE, grid_spacing

if TYPE_CHECKING:
    from numpy.typing import NDArray


def surface(sdf: NDArray) -> Mesh:
    """The zero level of an SDF on `grid_points(n)`, `(n, …)`, in domain coordinates, faces turned outwards; in the
    plane edges, with the inside on one side.

    A shape that the domain cuts is closed half a grid spacing outside it.
    """
    h, d = grid_spacing(len(sdf)), sdf.ndim
    if not (sdf < 0).any():
        return Mesh(np.empty((0, d)), np.empty((0, d), dtype=int))
    sdf = np.pad(np.clip(sdf, -1e3, 1e3), 1, mode="edge")
    for axis in range(d):
        faces = np.moveaxis(sdf, axis, 0)
        faces[0], faces[-1] = np.abs(faces[0]), np.abs(faces[-1])
    if d == PLANE:
        found = contours(sdf, h)
        return Mesh(found.vertices + LOWER - h, found.faces)
    # scikit-image counts corners by the left hand: "descent" turns faces to where the SDF grows.
    vertices, faces, _, _ = marching_cubes(sdf, level=0.0, spacing=(h,) * 3, gradient_direction="descent")
    return Mesh(vertices + LOWER - h, faces)
