"""Filtered cubical complexes of a volume: which cells there are, and with which voxel each of them comes.

Two constructions (A. Garin et al., *Duality in persistent homology of images*, 2020):

* T: voxels are top-dimensional cells; a face comes with the first voxel that it belongs to. Voxels that share a corner
  touch, cavities are walled by shared faces: 26 neighbours for the object, 6 for what is around it.
* V: voxels are vertices; a cell comes with the last of its voxels. 6 neighbours for the object, 26 around it.

A cell lies at doubled coordinates: odd along the axes in which it is extended, `side` = 2 n + 1 (T) or 2 n − 1 (V).

# n = voxels along an axis, C = side³ cells
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]
Construction = Literal["T", "V"]


class Cells(NamedTuple):
    """Places (flat doubled coordinates) of a complex's cells and of what bounds them; one for each side."""

    vertices: Array
    edges: Array
    squares: Array
    edge_ends: Array
    """`(edges, 2)`: the two vertices of an edge."""
    square_sides: Array
    """`(squares, 4)`: the four edges of a square."""
    square_cubes: Array
    """`(squares, 2)`: the cubes on either side of a square; C stands for the outside."""


@lru_cache(maxsize=4)
def cells(side: int) -> Cells:
    """The cells of a cube-shaped complex of `side`³."""
    coordinates = np.indices((side,) * 3).reshape(3, -1)
    dimension = (coordinates % 2).sum(0)
    steps = np.array([side * side, side, 1])
    vertices, edges, squares = (np.flatnonzero(dimension == d) for d in range(3))
    along = steps[(coordinates[:, edges] % 2).argmax(0)]
    normal_axis = (coordinates[:, squares] % 2).argmin(0)
    normal, level = steps[normal_axis], coordinates[normal_axis, squares]
    in_plane = np.array([[1, 2], [0, 2], [0, 1]])[normal_axis]
    first, second = steps[in_plane[:, 0]], steps[in_plane[:, 1]]
    return Cells(
        vertices,
        edges,
        squares,
        edge_ends=np.stack([edges - along, edges + along], 1),
        square_sides=np.stack([squares - first, squares + first, squares - second, squares + second], 1),
        square_cubes=np.stack(
            [
                np.where(level > 0, squares - normal, side**3),
                np.where(level < side - 1, squares + normal, side**3),
            ],
            1,
        ),
    )


def side_of(n: int, construction: Construction) -> int:
    """Side of the complex of an n³ volume."""
    return 2 * n + 1 if construction == "T" else 2 * n - 1


def first_steps(step: Array, construction: Construction) -> Array:
    """Step `(C,)` with which each cell comes, given those of the voxels `(n, n, n)`."""
    extended = step
    for axis in range(3):
        a = np.moveaxis(extended, axis, 0)
        out = np.empty((side_of(len(a), construction), *a.shape[1:]), a.dtype)
        if construction == "T":
            out[1::2], out[0], out[-1] = a, a[0], a[-1]
            np.minimum(a[:-1], a[1:], out=out[2:-1:2])
        else:
            out[::2] = a
            np.maximum(a[:-1], a[1:], out=out[1::2])
        extended = np.moveaxis(out, 0, axis)
    return np.ascontiguousarray(extended).ravel()
