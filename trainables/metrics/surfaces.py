"""Surfaces of sampled signed distance functions, and distances between them.

As in seed 000, section 4.1.1: the surface is the point cloud of the marching cubes vertices of the zero level.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree
from skimage.measure import marching_cubes

Array = NDArray[np.floating]


def surface_points(sdf: Array, spacing: float) -> Array:
    """Vertices of the zero level of `sdf` `(n1, n2, n3)`: `(V, 3)` in domain units from the first voxel.

    `(0, 3)` where the field has one sign everywhere: there is no surface.
    """
    if not (sdf.min() < 0 < sdf.max()):
        return np.empty((0, 3))
    return marching_cubes(sdf, level=0.0, spacing=(spacing,) * 3)[0]


def surface_distances(predicted: Array, true: Array, if_one_empty: float) -> tuple[float, float]:
    """Chamfer and Hausdorff distance of two point clouds `(V, 3)`, `(W, 3)`, in their units.

    Chamfer is the mean distance to the nearest point of the other cloud, averaged over the two directions;
    Hausdorff is the largest such distance of both directions. One cloud empty: `if_one_empty` for both (an empty
    prediction must not be dropped, that would flatter the model); both empty: 0.
    """
    if len(predicted) == 0 and len(true) == 0:
        return 0.0, 0.0
    if len(predicted) == 0 or len(true) == 0:
        return if_one_empty, if_one_empty
    forward, _ = KDTree(true).query(predicted)
    backward, _ = KDTree(predicted).query(true)
    return float(forward.mean() + backward.mean()) / 2, float(max(forward.max(), backward.max()))
