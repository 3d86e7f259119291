"""The four errors of Waibel 2022, section 4.2, between a predicted and a true volume.

The predicted likelihood is cut by Otsu's method. With object P and truth G, both sets of voxels:

    iou_error        1 − |P ∩ G| / |P ∪ G|
    volume_error     | |P| − |G| | / |G|
    surface_error    the same of the surface: object voxels with a background voxel among their 26 neighbours
    roughness_error  the same of the roughness: voxels in which the object differs from itself after a Gaussian of
                     σ = 2 voxels, cut at 0.5

Waibel 2022 calls the roughness a difference of surface areas; its public code, which made its table, counts the voxels
that differ, and so do we. As there, what lies outside of the volume is no background for the surface, and the Gaussian
reflects the volume at its border.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import ndimage
from skimage.filters import threshold_otsu

Array = np.ndarray[Any, Any]

NAMES = ("iou_error", "volume_error", "surface_error", "roughness_error")
SIGMA = 2.0


def cut(likelihood: Array, eight_bit: bool = False) -> Array:
    """Object voxels by Otsu's threshold, `(n, n, n)`; where all values are equal, or none is finite, there are none.

    `eight_bit`: of the likelihoods in 256 grey levels, cut off below, as the public code of Waibel 2022 stores
    them first.
    """
    values = np.where(np.isfinite(likelihood), likelihood, 0.0)
    if eight_bit:
        values = (255 * values).astype(np.uint8)
    if values.max() == values.min():
        return np.zeros(values.shape, dtype=bool)
    found: Array = values > threshold_otsu(values)
    return found


@dataclass(frozen=True)
class Measures:
    """Size, surface and roughness of an object, in voxels."""

    volume: int
    surface: int
    roughness: int

    @staticmethod
    def of(found: Array) -> Measures:
        """Of an object `(n, n, n)`, boolean."""
        return Measures(volume(found), surface(found), roughness(found))


def errors(predicted: Array, truth: Array, measured: Measures | None = None) -> dict[str, float]:
    """The four errors of objects `(n, n, n)`, boolean; of an empty prediction each is 1.

    `measured` are the measures of the truth, where they are known. Raises ValueError if the truth is empty.
    """
    if not truth.any():
        raise ValueError("the true object is empty: relative errors have no meaning")
    mine, true = Measures.of(predicted), measured or Measures.of(truth)
    relative = {
        # A truth without any roughness (a half space, say) is measured in voxels.
        f"{name}_error": abs(getattr(mine, name) - getattr(true, name)) / max(getattr(true, name), 1)
        for name in ("volume", "surface", "roughness")
    }
    return {"iou_error": 1 - int((predicted & truth).sum()) / int((predicted | truth).sum())} | relative


def volume(found: Array) -> int:
    """Voxels of the object."""
    return int(found.sum())


def surface(found: Array) -> int:
    """Object voxels with a background voxel among their 26 neighbours."""
    inner = ndimage.minimum_filter(found.astype(np.uint8), size=3, mode="constant", cval=1)
    return int((found & (inner == 0)).sum())


def roughness(found: Array) -> int:
    """Voxels in which the object and the smoothed object differ."""
    smooth = ndimage.gaussian_filter(found.astype(np.float32), SIGMA) > 0.5
    return int((found ^ smooth).sum())
