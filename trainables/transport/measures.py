"""Between signed distances, occupancies and measures.

Shapes: [batch] = any number of batch axes, [grid] = n1[, n2[, n3]]. Signed distances (SDF) are in domain
units and negative inside; occupancies are dimensionless, 1 inside and 0 outside; measures have mass 1.
"""

import math

import numpy as np
import torch
from scipy.ndimage import distance_transform_edt

from trainables.transport.grid import Grid, Spacing


def occupancy(sdf: torch.Tensor, beta: float) -> torch.Tensor:
    """Smooth occupancy 1 / (1 + exp(β sdf)), the reversed sigmoid (Martens 2025, eq. 3.5).

    Args:
      sdf: any shape, domain units.
      beta: steepness, one over domain units.

    Returns:
      The same shape, differentiable.

    Raises:
      ValueError: if β is not positive.
    """
    if not beta > 0:
        raise ValueError(f"The steepness beta must be positive, not {beta}.")
    return torch.sigmoid(-beta * sdf)


def normalised(occupancy: torch.Tensor, dims: int) -> torch.Tensor:
    """Measure of mass 1 of an occupancy (Martens 2025, the fractions in eq. 3.7).

    An occupancy that has vanished altogether (mass below the smallest normal number, as of a shape that has
    left the grid) becomes the uniform measure with gradient zero: a number, and no pull.

    Args:
      occupancy: ``[*batch, *grid]``, nonnegative.
      dims: number of axes of the grid, the last ones.

    Returns:
      ``[*batch, *grid]``, differentiable.

    Raises:
      ValueError: if the occupancy is NaN, infinite or negative anywhere.
    """
    if not bool((torch.isfinite(occupancy) & (occupancy >= 0)).all()):
        raise ValueError("The occupancy must be finite and nonnegative everywhere.")
    axes = tuple(range(-dims, 0))
    mass = occupancy.sum(axes, keepdim=True)
    vanished = mass < torch.finfo(occupancy.dtype).tiny
    uniform = 1 / math.prod(occupancy.shape[-dims:])
    return torch.where(vanished, uniform, occupancy / torch.where(vanished, 1, mass))


def shape_measure(sdf: torch.Tensor, beta: float, dims: int) -> torch.Tensor:
    """Measure of mass 1 of a signed distance: `normalised` of `occupancy`, without the detour.

    Made in the log-domain, it is equal where both are defined and never vanishes: of a shape that leaves the
    grid, the voxels nearest to it stay, and the gradient that pulls them back is bounded by β.

    Args:
      sdf: ``[*batch, *grid]``, domain units.
      beta: steepness, one over domain units.
      dims: number of axes of the grid, the last ones.

    Returns:
      ``[*batch, *grid]``, differentiable.

    Raises:
      ValueError: if β is not positive, or the signed distance is NaN or infinite anywhere.
    """
    if not beta > 0:
        raise ValueError(f"The steepness beta must be positive, not {beta}.")
    if not bool(torch.isfinite(sdf).all()):
        raise ValueError("The signed distance must be finite everywhere.")
    log_occupancy = torch.nn.functional.logsigmoid(-beta * sdf)
    return torch.softmax(log_occupancy.flatten(-dims), -1).view(sdf.shape)


def interpolated_volume(
    v0: torch.Tensor | float, v1: torch.Tensor | float, s: torch.Tensor | float, dimension: int = 3
) -> torch.Tensor:
    """Volume between two shapes: that of a ball whose radius goes linearly from one's to the other's.

    ((1 − s) v0^(1/d) + s v1^(1/d))^d, in d dimensions.

    Args:
      v0: volume at s = 0, nonnegative, any unit.
      v1: volume at s = 1, the same unit.
      s: where between, in [0, 1].
      dimension: d.

    Returns:
      The volume in the same unit, of the broadcast shape of the arguments, float64.

    Raises:
      ValueError: if a volume is negative or NaN, or s outside [0, 1].
    """
    first, last, where = (torch.as_tensor(number, dtype=torch.float64) for number in (v0, v1, s))
    if not bool((first >= 0).all() & (last >= 0).all()):
        raise ValueError("The volumes must be nonnegative.")
    if not bool(((where >= 0) & (where <= 1)).all()):
        raise ValueError("The place s between the volumes must be in [0, 1].")
    return ((1 - where) * first ** (1 / dimension) + where * last ** (1 / dimension)) ** dimension


def threshold_at_volume(density: torch.Tensor, volume_in_voxels: torch.Tensor | float) -> torch.Tensor:
    """The densest voxels, so many as the volume says.

    Args:
      density: ``[*batch, *grid]``.
      volume_in_voxels: ``[*batch]``, or one number for a density without batch; rounded, and at most the
        whole grid.

    Returns:
      ``[*batch, *grid]`` boolean occupancy with exactly that many voxels; among equally dense ones at the
      threshold the first in the grid's order are taken.

    Raises:
      ValueError: if the volume is negative or NaN, the density NaN, or their batch axes differ.
    """
    volume = torch.as_tensor(volume_in_voxels, dtype=torch.float64, device=density.device)
    if volume.shape != density.shape[: volume.dim()] or volume.dim() >= density.dim():
        raise ValueError(
            f"Density {tuple(density.shape)} and volumes {tuple(volume.shape)} differ in their batch axes."
        )
    if not bool((volume >= 0).all()):
        raise ValueError("The volume must be nonnegative.")
    if bool(torch.isnan(density).any()):
        raise ValueError("The density must not be NaN anywhere.")
    flat = density.flatten(volume.dim())
    order = flat.argsort(dim=-1, descending=True, stable=True)
    rank = torch.arange(flat.shape[-1], device=density.device)
    chosen = rank < volume.round().unsqueeze(-1)
    return torch.zeros_like(flat, dtype=torch.bool).scatter_(-1, order, chosen).view(density.shape)


def occupancy_to_sdf(occupancy: torch.Tensor, spacing: Spacing) -> torch.Tensor:
    """Signed distance of boolean occupancies: to the nearest voxel inside, less that to the nearest outside.

    Distances are taken between voxel centres, and the surface lies halfway between a centre inside and one
    outside: half a voxel, seen in the direction of the nearest voxel of the other kind, is taken off. The
    grid's border is no surface. Without any voxel inside the distance is the grid's diameter everywhere;
    without any outside, its negative.

    Args:
      occupancy: ``[B, n1[, n2[, n3]]]`` boolean.
      spacing: distance of neighbouring voxels, one for all or one per axis, domain units.

    Returns:
      ``[B, n1[, n2[, n3]]]`` float32, domain units, negative inside, on the same device.

    Raises:
      ValueError: if the occupancy is not boolean, or does not go with the spacing.
    """
    if occupancy.dtype != torch.bool:
        raise ValueError(f"The occupancy must be boolean, not {occupancy.dtype}.")
    grid = Grid.of(occupancy.shape[1:], spacing)
    maps = [_signed_distance(inside, grid) for inside in occupancy.cpu().numpy()]
    return torch.from_numpy(np.stack(maps)).to(occupancy.device, torch.float32)


def _signed_distance(inside: np.ndarray, grid: Grid) -> np.ndarray:
    if not inside.any():
        return np.full(grid.shape, grid.diameter)
    if inside.all():
        return np.full(grid.shape, -grid.diameter)
    return np.where(inside, -_distance(inside, grid), _distance(~inside, grid))


def _distance(away: np.ndarray, grid: Grid) -> np.ndarray:
    """From each voxel where `away` holds to the surface towards the nearest where it does not."""
    distance, nearest = distance_transform_edt(away, sampling=grid.spacing, return_indices=True)
    voxel = np.array(grid.spacing).reshape(-1, *[1] * grid.dimension)
    offset = (nearest - np.indices(grid.shape)) * voxel
    width = np.sqrt(((offset * voxel) ** 2).sum(0)) / np.maximum(distance, np.finfo(float).tiny)
    return distance - width / 2
