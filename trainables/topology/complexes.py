"""Filtered cubical complexes of a volume: which cells there are, and with which voxel each of them comes.

Two constructions (Garin 2020):

* T: voxels are top-dimensional cells; a face comes with the first voxel that it belongs to. Voxels that share a corner
  touch, cavities are walled by shared faces: 26 neighbours for the object, 6 for what is around it.
* V: voxels are vertices; a cell comes with the last of its voxels. 6 neighbours for the object, 26 around it.

The two are dual (ibid.): what is born and filled in T is, from the last voxel back, filled and born in V, with
a border around the volume that is there first, and dimension d is 2 − d.

A cell lies at doubled coordinates: odd along the axes in which it is extended, `side` = 2 n + 1 (T) or 2 n − 1 (V).

# n = voxels along an axis, C = side³ cells
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

Array = np.ndarray[Any, Any]
Construction = Literal["T", "V"]


def side_of(n: int, construction: Construction) -> int:
    """Side of the complex of n voxels along an axis."""
    return 2 * n + 1 if construction == "T" else 2 * n - 1


def first_steps(step: Array, construction: Construction) -> Array:
    """Step `(C,)` with which each cell comes, given those of the voxels `(n, …)`."""
    extended = step
    for axis in range(step.ndim):
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
