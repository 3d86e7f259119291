"""Classical rules: the field of a shape at any time from its shown frames, without a network; one file each.

from trainables.interpolants import available, field
sdf = field("moved+volume", sdfs, times)  # sdfs (F, n, n, n) on grid_points(n), times (F,)
sdf(0.3)                                  # (n, n, n)

In the plane frames are (F, n, n) and fields (n, n); the docstrings of this folder have the shapes in space.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from trainables.interpolants.base import Fitted, Interpolant, available
from trainables.interpolants.combination import combined, named, parts_of

if TYPE_CHECKING:
    from torch import Tensor

    from trainables.interpolants.base import Array

__all__ = ["Fitted", "Interpolant", "available", "combined", "field", "named", "parts_of"]


def field(name: str, sdfs: Array | Tensor, times: Sequence[float] | Array | Tensor) -> Fitted:
    """The field of the interpolant `name` (`moved`, `moved+volume`, …) through the frames.

    Args:
      sdfs: `(F, n, n, n)` or `(F, n, n)` signed distances on `grid_points(n)`, inside negative, domain units; numpy or
        torch.
      times: `(F,)`, increasing.

    Returns:
      t → `(n, n, n)` or `(n, n)` float32, numpy; the first and the last frame beyond their times.

    Raises:
      ValueError: one sentence, for an unknown name or combination, fewer than two frames, masks, frames that are no
        cubes or squares of one size, times that do not increase.
    """
    return named(name).fit(_plain(sdfs), [float(time) for time in times])


def _plain(values: Array | Tensor) -> Array:
    detached = values.detach().cpu().numpy() if hasattr(values, "detach") else values
    found = np.asarray(detached)
    if found.dtype.kind in "bu":
        raise ValueError(
            f"frames of type {found.dtype} are masks: give signed distances, negative inside, as mask_to_sdf of "
            "trainables.shapes.mask_to_sdf makes them"
        )
    return found.astype(np.float32)
