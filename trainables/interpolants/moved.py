"""`moved`: frames are moved so that their centroids meet, then blended.

Frame i is carried to time t by c(t) − c_i, with its centroid c_i and c(t) = Σ_i w_i(t) c_i: the place follows the same
weights in time as the values. (Aligning objects before shape-based interpolation: Raya & Udupa 1990, section on
objects that shift between slices; Herman, Zheng & Bucholtz 1992.) With `rotation` they turn about it as well.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy import ndimage
from scipy.spatial.transform import Slerp

from trainables.interpolants import voxels
from trainables.interpolants.aspects import Carrying, Motion, Weighing
from trainables.interpolants.base import Array, Shown
from trainables.interpolants.linear import EMPTY, Still
from trainables.interpolants.turning import orientations, turned
from trainables.shapes.sequence import grid_spacing


class Moved(Motion):
    """Frames move with their centroids. A frame with nothing inside stays where it is."""

    name: ClassVar[str] = "moved"

    rotation: bool = Field(False, description="let frames turn too, as registering them to each other says")

    def carry(self, shown: Shown, weights: Weighing) -> Carrying:
        frames = shown.frames
        places = [voxels.centroid(frame) for frame in frames]
        known = [place for place in places if place is not None]
        if len(known) < len(places):
            shown.notes.append(EMPTY)
            return Still().carry(shown, weights)
        centroids = np.stack(known)
        if self.rotation:
            return _turning(shown, weights, centroids)

        def carried(index: int, time: float) -> Array:
            return shifted(frames[index], weights(time) @ centroids - centroids[index])

        return carried


def _turning(shown: Shown, weights: Weighing, centroids: NDArray) -> Carrying:
    """Frames move with their centroids and turn steadily from one orientation to the next."""
    frames = shown.frames
    known = orientations(frames, centroids)
    between = Slerp(shown.times, known)

    def carried(index: int, time: float) -> Array:
        by = between(time) * known[index].inv()
        return turned(frames[index], centroids[index], by, weights(time) @ centroids)

    return carried


def shifted(field: Array, by: NDArray) -> Array:
    """The field moved by a vector `(3,)` in domain units; beyond its border the distance to the border is added."""
    spacing = grid_spacing(len(field))
    steps = np.asarray(by) / spacing
    if not np.any(steps):
        return field
    moved: Array = ndimage.shift(field, steps, order=1, mode="nearest")
    axes = []
    for step in steps:
        places = np.arange(len(field)) - step
        axes.append((places - places.clip(0, len(field) - 1)) ** 2)
    beyond = np.sqrt(sum(np.meshgrid(*axes, indexing="ij", sparse=True)))
    return moved + np.float32(spacing) * beyond.astype(np.float32)
