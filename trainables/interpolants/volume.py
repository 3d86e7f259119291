"""`volume`: the level of the blend is moved so that the volume inside follows the frames' volumes.

A blend of two distances loses volume where the shapes differ, down to nothing where they do not meet. Here the field is
f − c(t) with the level c(t) at which the volume is that between the neighbouring frames' volumes; c is found by root
finding, on volumes below the size of a voxel (`voxels.py`).

What "between" means is `exponent`, p: V^p goes linearly from frame to frame. With 1/3 the radius does, with 1 the
volume, and with more than 1 most of the growth comes first.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field
from scipy.optimize import brentq

from trainables.interpolants import voxels
from trainables.interpolants.aspects import Correction, Level
from trainables.interpolants.base import Array, Shown
from trainables.shapes.sequence import grid_spacing
from trainables.shapes.timeline import neighbours


class Volume(Level):
    """A power of the volume goes linearly from frame to frame."""

    name: ClassVar[str] = "volume"

    exponent: float = Field(1.0, ge=0.1, le=5, description="of the volume that goes linearly; 1/3: the radius does")

    def settle(self, shown: Shown) -> Correction:
        powers = [voxels.volume(frame) ** self.exponent for frame in shown.frames]

        def settled(field: Array, time: float) -> Array:
            j, s = neighbours(shown.times, time)
            wanted = (1 - s) * powers[j] + s * powers[j + 1]
            return field - np.float32(level_of(field, wanted ** (1 / self.exponent)))

        return settled


def level_of(field: Array, wanted: float) -> float:
    """The level below which the field has the volume `wanted` (cubic domain units, square ones in the plane); 0 if that
    is 0 or cannot be."""
    slope = voxels.slopes(field)
    cube = grid_spacing(len(field)) ** field.ndim

    def missing(level: float) -> float:
        return float(voxels.shares(field, slope, level).sum(dtype=float)) * cube - wanted

    lowest, highest = float(field.min()) - 1, float(field.max()) + 1
    if wanted <= 0 or missing(highest) <= 0:
        return 0.0
    return float(brentq(missing, lowest, highest, xtol=1e-5))
