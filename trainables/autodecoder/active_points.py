"""A field on a grid, with gradient only where there is mass.

The decoder is evaluated at all points without gradient, and once more, with it, where the mass σ(−β f) is: at each time
the points of least mass, together at most `LEFT_OUT` of it, are left out. Values are those of all points. The gradient
of a loss that sees the mass, with potential φ, lacks Σ β σ (1 − σ) |φ − mean φ| over the points left out, at most
2 β max|φ| · `LEFT_OUT` of the mass (measured in a training at the `paper` preset: 4e-4 of the gradient). Nothing is
remembered from step to step, so that a training that is resumed takes the same points.

# R = network, N = sequence, M = times, G = points of the grid
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor

    from trainables.autodecoder.regularizers.base import Decode

LEFT_OUT = 1e-4
"""Share of the mass at a time, at most, that has no gradient."""


def evaluate(decode: Decode, points: Tensor, times: int, beta: float) -> Tensor:
    """Points `(1, 1, M · G, d + 1)`, M times one after the other → SDF `(R, N, M · G)`."""
    with torch.no_grad():
        values = decode(points)
        passed = _passed(torch.sigmoid(-beta * values).unflatten(2, (times, -1))).flatten(2)
        # NaN, of a network that has diverged, is evaluated too.
        active = ~(passed <= LEFT_OUT)
        most = int(active.sum(-1).max())
        # Of a network or sequence with fewer of them the next ones are evaluated with the others, and not used.
        chosen = passed.nan_to_num(nan=2.0).topk(most, dim=-1, sorted=False).indices
        used = active.gather(-1, chosen)
    found = torch.where(used, decode(points[0, 0][chosen]), values.gather(-1, chosen))
    return values.scatter(-1, chosen, found)


def _passed(mass: Tensor) -> Tensor:
    """Of each point, the share `(…, G)` of the mass that it and all points of less mass have."""
    ascending, order = mass.sort(-1)
    sums = ascending.cumsum(-1)
    return torch.empty_like(sums).scatter_(-1, order, sums / sums[..., -1:])
