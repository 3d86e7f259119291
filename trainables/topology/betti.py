"""Betti numbers of a set of voxels, or pixels: its components, loops and cavities."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from trainables.topology.complexes import Construction, first_steps


def betti_numbers(inside: NDArray[np.bool_], construction: Construction = "T") -> tuple[int, int, int]:
    """b₀, b₁ and b₂ of the voxels `(n, …)` that are true; construction as in `diagrams`. In the plane b₂ is 0.

    b₀ are components, b₂ components of the rest that do not reach the border; b₁ = b₀ + b₂ − χ, with χ the Euler
    characteristic, which counts cells. In the plane those components of the rest are b₁, the holes.
    """
    faces = ndimage.generate_binary_structure(inside.ndim, 1)
    corners = ndimage.generate_binary_structure(inside.ndim, inside.ndim)
    object_, rest = (corners, faces) if construction == "T" else (faces, corners)
    components = int(ndimage.label(inside, object_)[1])
    cavities = int(ndimage.label(np.pad(~inside, 1, constant_values=True), rest)[1]) - 1
    if inside.ndim == 2:
        return components, cavities, 0
    return components, components + cavities - _euler_characteristic(inside, construction), cavities


def _euler_characteristic(inside: NDArray[np.bool_], construction: Construction) -> int:
    """Vertices − edges + squares − cubes."""
    filled = first_steps((~inside).astype(np.uint8), construction) == 0
    side = round(filled.size ** (1 / 3))
    places = filled.reshape((side,) * 3)
    return sum(
        int((-1) ** (z + y + x)) * int(np.count_nonzero(places[z::2, y::2, x::2]))
        for z in (0, 1)
        for y in (0, 1)
        for x in (0, 1)
    )
