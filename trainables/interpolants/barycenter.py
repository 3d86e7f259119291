"""`barycenter`: the two neighbouring frames are transported to each other (Martens 2025, section 3.3.1, as the
regularizer of that name; Solomon et al. 2015, "Convolutional Wasserstein distances").

Both frames as measures of mass 1, uniform inside; their Wasserstein barycenter with weights 1 − s and s is a density ρ.
The surface is the level of ρ at which the volume inside is that of a ball whose radius goes linearly between the
frames', found between the grid's points, not at one of them; then ρ is turned into a distance.

An entropic barycenter with the whole weight on one frame is that frame but for the blur. What it then lacks is added,

    f(t) = b(s) + (1 − s) (f_j − b(0)) + s (f_{j+1} − b(1)),

so that frames are hit without a jump.
"""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from typing import ClassVar

import numpy as np
from pydantic import Field
from scipy.spatial import KDTree

from trainables.files import cache_folder, write_atomically
from trainables.interpolants import voxels
from trainables.interpolants.aspects import Carrying, Motion, Weighing
from trainables.interpolants.base import Array, Shown
from trainables.interpolants.linear import EMPTY, Still
from trainables.interpolants.volume import level_of
from trainables.shapes.sequence import grid_spacing
from trainables.shapes.timeline import neighbours


class Barycenter(Motion):
    """Both neighbouring frames are carried into the same shape between them."""

    name: ClassVar[str] = "barycenter"
    neighbours_only: ClassVar[bool] = True

    grid: int = Field(64, ge=8, le=256, description="points along each axis of the barycenters' grid")
    blur: float = Field(1.0, ge=1, description="entropic blur of the barycenters, in grid points")

    @classmethod
    def example(cls) -> Barycenter:
        return cls(grid=20)

    def carry(self, shown: Shown, weights: Weighing) -> Carrying:
        frames = shown.frames
        if any(not (frame < 0).any() for frame in frames):
            shown.notes.append(EMPTY)
            return Still().carry(shown, weights)
        n = frames.shape[1]
        coarse = [resized(frame, self.grid) for frame in frames]

        @lru_cache(maxsize=16)
        def between(j: int, s: float) -> Array:
            return resized(barycenter_field(coarse[j], coarse[j + 1], s, self.blur), n)

        @lru_cache(maxsize=2)
        def met(time: float) -> Array:
            j, s = neighbours(shown.times, time)
            lacking = (1 - s) * (frames[j] - between(j, 0.0)) + s * (frames[j + 1] - between(j, 1.0))
            return between(j, s) + lacking

        return lambda index, time: met(time)


def barycenter_field(first: Array, last: Array, s: float, blur: float) -> Array:
    """Signed distance of the barycenter with weight 1 − s of the first and s of the last, `(n, n, n)` each.

    `blur` in grid points. Computed once: it is kept under the cache folder by what it depends on.
    """
    insides = [voxels.shares(frame) for frame in (first, last)]
    key = hashlib.sha256(json.dumps([s, blur]).encode())
    for inside in insides:
        key.update(inside.tobytes())
    path = cache_folder() / "barycenter-densities" / f"{key.hexdigest()[:32]}.npy"
    if path.exists():
        density: Array = np.load(path, allow_pickle=False)
    else:
        density = _density(insides, s, blur)
        write_atomically(str(path), lambda file: np.save(file, density, allow_pickle=False))
    volumes, dimension = [float(voxels.volume(frame)) for frame in (first, last)], first.ndim
    root = {2: np.sqrt, 3: np.cbrt}[dimension]
    wanted = ((1 - s) * root(volumes[0]) + s * root(volumes[1])) ** dimension
    spacing = grid_spacing(len(first))
    falling = -density * np.float32(wanted / spacing ** (dimension - 1))  # about one spacing from outside to inside
    return distanced(falling - np.float32(level_of(falling, wanted)))


def _density(insides: list[Array], s: float, blur: float) -> Array:
    """Density of the barycenter, of sum 1, of shares inside each grid point's cube."""
    import torch

    from trainables.transport import barycenter

    spacing = grid_spacing(len(insides[0]))
    measures = torch.stack([torch.from_numpy(inside / inside.sum(dtype=float)) for inside in insides])
    weights = torch.tensor([[1 - s, s]], dtype=torch.float64)
    found = barycenter(measures[None].double(), weights, spacing=spacing, blur=blur * spacing)
    density: Array = found[0].float().numpy()
    return density


def distanced(field: Array) -> Array:
    """Signed distance to the zero level of a field that is smooth near it, `(n, n, n)` domain units.

    Within one spacing of the level it is f / |∇f|, and beyond the distance to the nearest foot of these points, which
    `mask_to_sdf.redistanced` only seeks among a few: here nothing hangs on the order of the axes.
    """
    spacing, slope = grid_spacing(len(field)), voxels.slopes(field)
    distance: Array = np.array(field / slope, dtype=np.float32)
    near = np.abs(distance) < spacing
    if not near.any():
        return distance
    gradient = np.stack([np.asarray(part)[near] for part in np.gradient(field, spacing)], axis=-1)
    feet = np.argwhere(near) * spacing - (distance[near] / slope[near])[:, None] * gradient
    far, _ = KDTree(feet).query(np.argwhere(~near) * spacing)
    distance[~near] = np.sign(field[~near]) * np.maximum(far, spacing)
    return distance


def resized(volume: Array, n: int) -> Array:
    """A field on `grid_points` of another size, trilinear on `grid_points(n)`."""
    import torch

    from trainables.shapes.sequence import resampled

    if len(volume) == n:
        return volume
    found: Array = resampled(torch.from_numpy(volume), n).numpy()
    return found
