"""Rejects wrong input with one sentence, before any work."""

import math
from typing import Literal

import torch

from trainables.transport.grid import Grid

Backend = Literal["auto", "plain", "compiled"]

# How far the sum of a normalised measure may be from one: rounding only.
_MASS_TOLERANCE = 1e-4


def check_measures(name: str, measures: torch.Tensor, leading: int) -> None:
    """Checks weights on grids that follow `leading` batch axes.

    Args:
      name: what to call them in the sentence.
      measures: ``[*batch, n1[, n2[, n3]]]``.
      leading: number of batch axes.

    Raises:
      ValueError: for another type than float32 or float64, wrong axes, negative, NaN or infinite mass, or
        none.
    """
    if measures.dtype not in (torch.float32, torch.float64):
        raise ValueError(f"{name} must be float32 or float64, not {measures.dtype}.")
    if not leading < measures.dim() <= leading + 3:
        raise ValueError(f"{name} must have {leading} leading and 1 to 3 grid axes, not shape {tuple(measures.shape)}.")
    if measures.numel() == 0:
        raise ValueError(f"{name} must not be empty, but has the shape {tuple(measures.shape)}.")
    if not bool(torch.isfinite(measures).all()):
        raise ValueError(f"{name} must be finite, but has NaN or infinite mass.")
    if bool((measures < 0).any()):
        raise ValueError(f"{name} must be nonnegative, but has a mass of {float(measures.detach().min()):.3g}.")
    if bool((total_mass(measures, leading) <= 0).any()):
        raise ValueError(f"{name} must have positive total mass, but one of them has none.")


def check_mass_one(name: str, measures: torch.Tensor, leading: int, unless: str) -> None:
    """Checks that every measure has mass 1, up to rounding."""
    mass = total_mass(measures, leading)
    worst = float(mass.detach().flatten()[(mass.detach() - 1).abs().argmax()])
    if abs(worst - 1) > _MASS_TOLERANCE:
        raise ValueError(f"{name} must have mass 1{unless}, but one of them has mass {worst:.6g}.")


def check_blur(blur: float) -> None:
    """Checks that a blur is a positive length."""
    if not (math.isfinite(blur) and blur > 0):
        raise ValueError(f"The blur must be positive and finite, not {blur}.")


def check_resolved(what: str, blur: float, grid: Grid, voxels: float) -> None:
    """Checks that a blur is at least so many voxels along every axis, up to rounding."""
    if blur < voxels * max(grid.spacing) * (1 - 1e-6):
        raise ValueError(
            f"{what} needs a blur of {voxels:g} × the spacing {max(grid.spacing):g} or more, not {blur:g}."
        )


def uses_compiled(backend: Backend, measures: torch.Tensor) -> bool:
    """Whether the compiled way is to be taken: where asked for, and by default for tensors on the CPU."""
    if backend not in ("auto", "plain", "compiled"):
        raise ValueError(f"The backend must be 'auto', 'plain' or 'compiled', not {backend!r}.")
    on_cpu = measures.device.type == "cpu"
    if backend == "compiled" and not on_cpu:
        raise ValueError(f"The backend 'compiled' is for tensors on the CPU, not on {measures.device}.")
    return on_cpu and backend != "plain"


def total_mass(measures: torch.Tensor, leading: int) -> torch.Tensor:
    """Mass of each measure, ``[*batch]``."""
    return measures.flatten(leading).sum(-1)
