"""Wasserstein barycenters of two frames, of one shape sequence or of two, as signed distance functions, cached on disk.

Occupancy → measure → barycenter (`transport.barycenter`) → threshold at the interpolated volume → SDF
(Martens 2025, section 3.3.1, with the volume rule of the threshold made explicit).
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from trainables.shapes.sequence import ShapeSequence, grid_spacing, power

if TYPE_CHECKING:
    from torch import Tensor

Frame = tuple[ShapeSequence, float]
"""A shape sequence at a time."""
# (index j, index k, s): the barycenter with weight 1 − s of shape j and s of shape k.
Weights = list[tuple[int, int, float]]


def between(frames: list[float], fractions: list[float], apart: Sequence[int] = (1,)) -> tuple[list[float], Weights]:
    """Times t_j + s (t_k − t_j) for every two frames j, k that are `apart` steps from each other, and every fraction s,
    with their weights."""
    weights = [(j, j + steps, s) for steps in apart for j in range(len(frames) - steps) for s in fractions]
    return [frames[j] + s * (frames[k] - frames[j]) for j, k, s in weights], weights


def frames_of(sequence: ShapeSequence, times: list[float]) -> list[Frame]:
    """The shapes of one sequence at several times."""
    return [(sequence, time) for time in times]


def barycenter_sdf(frames: list[Frame], weights: Weights, grid: int, blur_voxels: float) -> Tensor:
    """SDFs of the barycenters of frames with the given weights, `(B, grid, …)` float32, domain units, negative
    inside.

    Each is computed once: the result is kept under the cache folder by what it depends on, frames and code included.
    Raises ValueError if a frame has no voxel inside on this grid.
    """
    import numpy as np
    import torch

    from trainables.files import remember, remembered

    inside = torch.stack([sequence.sdf(sequence.grid(grid), time) < 0 for sequence, time in frames])
    key = hashlib.sha256(json.dumps([weights, grid, blur_voxels, _code()]).encode())
    key.update(np.packbits(inside.numpy()).tobytes())
    name = f"{key.hexdigest()[:32]}.npy"
    with contextlib.suppress(ValueError, EOFError):  # it is damaged, and computed again
        if (known := remembered("barycenters", name)) is not None:
            return torch.from_numpy(np.load(io.BytesIO(known), allow_pickle=False))
    for (sequence, time), frame in zip(frames, inside, strict=True):
        if not bool(frame.any()):
            points = power(grid, sequence.dimension)
            raise ValueError(f"{sequence.label} has no voxel inside at time {time} on a grid of {points}: refine it")
    sdfs = _compute(inside, weights, grid_spacing(grid), blur_voxels)
    buffer = io.BytesIO()
    np.save(buffer, sdfs.numpy(), allow_pickle=False)
    remember("barycenters", name, buffer.getvalue())
    return sdfs


@lru_cache
def _code() -> str:
    """A digest of the code that computes barycenters: what other code computed is not read."""
    from trainables import transport

    files = [Path(__file__), *sorted(Path(transport.__path__[0]).glob("*.py"))]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def _compute(inside: Tensor, weights: Weights, spacing: float, blur_voxels: float) -> Tensor:
    """Frames `(F, n, …)`, true inside → SDFs `(B, n, …)`."""
    import torch

    from trainables.transport import barycenter, interpolated_volume, occupancy_to_sdf, threshold_at_volume

    volumes = inside.flatten(1).sum(1).double()
    measures = inside.float() / volumes.float().view(-1, *(inside.ndim - 1) * (1,))
    first, second = (torch.tensor([pair[i] for pair in weights]) for i in (0, 1))
    s = torch.tensor([fraction for _, _, fraction in weights])
    densities = barycenter(
        torch.stack([measures[first], measures[second]], dim=1),
        torch.stack([1 - s, s], dim=1),
        spacing=spacing,
        blur=blur_voxels * spacing,
    )
    target = interpolated_volume(volumes[first], volumes[second], s.double(), inside.ndim - 1)
    return occupancy_to_sdf(threshold_at_volume(densities, target), spacing)
