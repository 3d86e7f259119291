"""Outlines of labels in the plane, finer than pixels: where the signed distance is zero.

The centre of every pixel of a label lies inside its outline, and that of no other pixel does: where labels touch, and
where a fragment has none, what is not of the label counts as outside, as far away as it is deep.

# P = point of a ring; y, x = index of a pixel, whose centre it is
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage
from skimage.measure import find_contours

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LEAST = 1e-6
"""How deep inside, or far outside, the centre of a pixel is at least, in the unit of the distances."""


def outlines(labels: NDArray, sdf: NDArray) -> dict[int, list[list[NDArray]]]:
    """Label → its parts, each a list of rings `(P, 2)` y, x, the last point being the first: the outer one, and those
    of holes.

    labels: `(n1, n2)`, 0 outside; pixels of a part share edges.
    sdf: signed distances there, negative inside; NaN where they are not known.
    """
    found = {}
    around = np.pad(np.abs(sdf), 1, mode="edge")  # what the image cuts ends half a pixel outside
    for label in np.unique(labels[labels > 0]).tolist():
        parts, _ = ndimage.label(np.pad(labels == label, 1))
        found[label] = [_rings(parts, part, box, around) for part, box in enumerate(ndimage.find_objects(parts), 1)]
    return found


def _rings(parts: NDArray, part: int, box: tuple[slice, ...], depth: NDArray) -> list[NDArray]:
    """Of one part, all being padded by a pixel: the outer ring, and the holes'."""
    wider = tuple(slice(side.start - 1, side.stop + 1) for side in box)
    depth = depth[wider]
    depth = np.maximum(np.nan_to_num(depth, nan=float(np.nanmax(depth, initial=0.0))), _LEAST)
    signed = np.where(parts[wider] == part, -depth, depth)
    corner = [side.start - 1 for side in wider]
    rings = [ring + corner for ring in find_contours(signed, 0.0, fully_connected="high")]
    return sorted(rings, key=lambda ring: -abs(area(ring)))


def mean_along(rings: list[NDArray], values: NDArray) -> float:
    """Of `values` `(n1, n2)` at the points of rings, linear between pixels; NaN where none is known."""
    found = ndimage.map_coordinates(values, np.concatenate(rings).T, order=1, mode="nearest")
    known = found[np.isfinite(found)]
    return float(known.mean()) if len(known) else float("nan")


def area(ring: NDArray) -> float:
    """Signed: positive where the inside of a ring `(P, 2)` y, x is on the right of the way, as an image is drawn."""
    y, x = ring[:, 0], ring[:, 1]
    return float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum() / 2)
