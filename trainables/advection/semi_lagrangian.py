"""The semi-Lagrangian step and what follows from repeating it (Han 2023, eqs. 5 and 6).

    z(x, t + Δt) = z(x − w(x, t) Δt, t)      on [0, 1]ᵈ, d = 2 (images) or 3 (volumes)

Bi- or trilinear interpolation between pixel centres, (i + ½) / n along an axis of n pixels. A foot that lies outside is
moved to the border: zeros there would not keep a constant field, and inflow is what the border holds.

# B = images, C = channels, N = steps, … = the d axes: (H, W) of images, (D, H, W) of volumes
# fields are (x, y) or (x, y, z): along the last axis (to the right), the last but one (downwards), and so on to the
# first, in domain lengths per unit of time
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def step(z: Tensor, field: Tensor, duration: float) -> Tensor:
    """Advect `z` `(B, C, …)` by `field` `(B, d, …)` for `duration`."""
    # A model that diverges has feet that are no numbers, with which PyTorch reads beyond its memory; the border is ±1.
    feet = (_centres(z) - 2 * duration * field.movedim(1, -1)).nan_to_num(nan=0.0).clamp(-2, 2)
    return functional.grid_sample(
        z, feet, mode="bilinear", padding_mode="border",  # of volumes: trilinear
        align_corners=False,
    )  # fmt: skip


def evolution(z: Tensor, fields: Tensor, duration: float) -> Tensor:
    """States `(B, N + 1, C, …)` from `z` `(B, C, …)` on, under `fields` `(B, N, d, …)` of `duration` each."""
    states = [z]
    for field in fields.unbind(1):
        states.append(step(states[-1], field, duration))
    return torch.stack(states, dim=1)


def at_time(states: Tensor, fields: Tensor, duration: float, time: float) -> Tensor:
    """The state `(B, C, …)` at `time` in [0, 1], where N steps end at 1; between two steps by a part of the next."""
    count = fields.shape[1]
    whole = min(int(time * count + 1e-6), count)
    part = time * count - whole
    if part < 1e-6:
        return states[:, whole]
    return step(states[:, whole], fields[:, whole], part * duration)


def displacement(fields: Tensor, duration: float) -> Tensor:
    """How far what arrives at a pixel has come since the beginning, `(B, N + 1, d, …)` in pixels.

    d(x, t + Δt) = w Δt + d(x − w Δt, t): the feet of the characteristics, composed.
    """
    moved = [torch.zeros_like(fields[:, 0])]
    for field in fields.unbind(1):
        moved.append(duration * pixels(field) + step(moved[-1], field, duration))
    return torch.stack(moved, dim=1)


def displacement_at(fields: Tensor, duration: float, time: float) -> Tensor:
    """`displacement` `(B, d, …)` at `time` in [0, 1], between two steps by a part of the next."""
    count = fields.shape[1]
    whole = min(int(time * count + 1e-6), count)
    moved = displacement(fields[:, :whole], duration)[:, -1] if whole else torch.zeros_like(fields[:, 0])
    part = (time * count - whole) * duration
    if part < 1e-6 * duration:
        return moved
    return part * pixels(fields[:, whole]) + step(moved, fields[:, whole], part)


def pixels(field: Tensor) -> Tensor:
    """A field `(B, d, …)` in pixels instead of domain lengths."""
    lengths = field.shape[:1:-1]  # of the last axis first
    return field * field.new_tensor(lengths).view(-1, *[1] * len(lengths))


def _centres(z: Tensor) -> Tensor:
    """Pixel centres `(1, …, d)` in the coordinates of `grid_sample`, [-1, 1]."""
    axes = [(2 * torch.arange(n, dtype=z.dtype, device=z.device) + 1) / n - 1 for n in z.shape[2:]]
    return torch.stack(torch.meshgrid(*axes, indexing="ij")[::-1], dim=-1)[None]
