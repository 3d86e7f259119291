"""What keeps an anchored network at its base: the mean square of what it adds.

    L = mean over sequences and points of  (f − B)²  =  (w g)²

Shown frames, which an anchored network meets whatever it is, say nothing about what is between them. Without this term
a regularizer would have it all its own way, and its strength would mean nothing to Adam; with it the strength says how
far the regularizer may lead away from the base, down to not at all. Points (x, t) are drawn like those of shown frames:
most of them where the base is inside or near its surface.

# R = network, N = sequence of a network, P = points of a sequence, d = dimension
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from trainables.autodecoder.anchor import Anchor, weight
from trainables.autodecoder.sampling import FramePool
from trainables.shapes.sequence import LOWER, SIDE

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

# Candidates whose base is evaluated at once: bounds memory, not results.
_CHUNK = 1 << 13


class Departure:
    """The term, for networks that are added to these bases."""

    def __init__(self, anchor: Anchor, networks: int, candidates: int, near_distance: float, dimension: int) -> None:
        """`candidates`: points (x, t) of each sequence, the same ones for every trial."""
        generator = torch.Generator().manual_seed(0)
        drawn = torch.rand(candidates, dimension + 1, generator=generator).to(anchor.device)
        points = torch.cat([LOWER + SIDE * drawn[:, :-1], drawn[:, -1:]], dim=-1)
        parts = points.view(1, 1, candidates, dimension + 1).split(_CHUNK, dim=2)
        base = torch.cat([anchor.base(part) for part in parts], dim=2)  # (R | 1, N, P)
        pools = [[FramePool.nearest_first(points, sdf, near_distance) for sdf in mine] for mine in base]
        self._pools = pools * (networks if len(pools) == 1 else 1)
        self._shown = anchor.shown

    def __call__(
        self, network: Callable[[Tensor], Tensor], count: int, near_fraction: float, generators: list[torch.Generator]
    ) -> Tensor:
        """The mean of `count` points a sequence, `(R,)`; `network`: points `(R, N, P, d + 1)` → g `(R, N, P)`."""
        drawn = [
            torch.stack([pool.draw(count, near_fraction, generator)[0] for pool in mine])
            for mine, generator in zip(self._pools, generators, strict=True)
        ]
        points = torch.stack(drawn)
        return (weight(points[..., -1], self._shown) * network(points)).square().mean((1, 2))
