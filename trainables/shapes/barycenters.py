"""Wasserstein barycenters of the shown frames of a shape sequence, as signed distance functions, cached on disk.

Occupancy → measure → barycenter (`transport.barycenter`) → threshold at the interpolated volume → SDF
(seed 000, section 3.3.1, with the volume rule of the threshold made explicit).
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from trainables.shapes.sequence import ShapeSequence, grid_points, grid_spacing

if TYPE_CHECKING:
    from torch import Tensor

# Raise when the computation changes, so that nothing stale is read.
_VERSION = 1

# (index j of the earlier frame, s): the barycenter with weight 1 − s of frame j and s of frame j + 1.
Weights = list[tuple[int, float]]


def between(frames: list[float], fractions: list[float]) -> tuple[list[float], Weights]:
    """Times t_j + s (t_{j+1} − t_j) for every pair of consecutive frames and every fraction s, with their weights."""
    weights = [(j, s) for j in range(len(frames) - 1) for s in fractions]
    return [frames[j] + s * (frames[j + 1] - frames[j]) for j, s in weights], weights


def barycenter_sdf(
    sequence: ShapeSequence, frames: list[float], weights: Weights, grid: int, blur_voxels: float
) -> Tensor:
    """SDFs of the barycenters with the given weights, `(B, grid, grid, grid)` float32, domain units, negative inside.

    Each is computed once: the result is kept under the cache folder by the content it depends on.
    """
    import numpy as np
    import torch

    from trainables.files import cache_folder, write_atomically

    content = [_VERSION, sequence.description, frames, weights, grid, blur_voxels]
    key = hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]
    path = cache_folder() / "barycenters" / f"{key}.npy"
    if path.exists():
        return torch.from_numpy(np.load(path, allow_pickle=False))
    sdfs = _compute(sequence, frames, weights, grid, blur_voxels)
    write_atomically(str(path), lambda file: np.save(file, sdfs.numpy(), allow_pickle=False))
    return sdfs


def _compute(sequence: ShapeSequence, frames: list[float], weights: Weights, grid: int, blur_voxels: float) -> Tensor:
    import torch

    from trainables.transport import (
        barycenter,
        interpolated_volume,
        occupancy_to_sdf,
        threshold_at_volume,
    )

    points, spacing = grid_points(grid), grid_spacing(grid)
    inside = torch.stack([sequence.sdf(points, time) < 0 for time in frames])
    volumes = inside.sum((1, 2, 3)).double()
    for time, volume in zip(frames, volumes, strict=True):
        if volume == 0:
            raise ValueError(f"{sequence.label} has no voxel inside at time {time} on a grid of {grid}³: refine it")
    measures = inside.float() / volumes.float().view(-1, 1, 1, 1)
    earlier = torch.tensor([j for j, _ in weights])
    s = torch.tensor([fraction for _, fraction in weights])
    densities = barycenter(
        torch.stack([measures[earlier], measures[earlier + 1]], dim=1),
        torch.stack([1 - s, s], dim=1),
        spacing=spacing,
        blur=blur_voxels * spacing,
    )
    target = interpolated_volume(volumes[earlier], volumes[earlier + 1], s.double())
    return occupancy_to_sdf(threshold_at_volume(densities, target), spacing)
