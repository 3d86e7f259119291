"""What an anchored network is added to: the field of an interpolant through the shown frames.

    f(x, t, z) = B(x, t) + w(t) g(x, t, z),     w(t) = 4 s (1 − s),   t = (1 − s) t_j + s t_{j+1}

B is the interpolant's field and g the network, whose output begins at zero. w vanishes at the shown times t_j, where f
is the frame itself, whatever g is; between two of them it rises to 1. With a parabola the speed of f may bend at a
shown time: added to `linear`, the model can become any curve through the frames, a cubic spline among them.

A base is wanted in two ways. Where something is scored or exported it is the interpolant of the frames on the very
grid that is asked for, so that shown frames are met exactly. In training it is read from a table that is made once:
values on a grid of space at knots of time, linear between them in both.

# S = sequence, R = network, N = sequence of a network, P = point, F = shown frame, n = grid, T = knot, d = dimension
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.weak import WeakTensorKeyDictionary

from trainables.metrics.narrow_band import Field
from trainables.shapes.sequence import LOWER, PLANE, SPACE, ShapeSequence, grid_spacing

if TYPE_CHECKING:
    from trainables.interpolants import Fitted

# n → the shown frames on grid_points(n), (F, n, …).
Frames = Callable[[int], Tensor]

# Points of the table along each axis, by dimension, and its knots in [0, 1]: at least so many, and in every interval so
# many.
_TABLE, _KNOTS, _KNOTS_BETWEEN = {PLANE: 128, SPACE: 32}, 24, 4
# Numbers of volumes that are kept to be used again: bounds memory, not results.
_KEPT = 1 << 27
# A point so near to a grid point, in spacings, is that point: coordinates are float32.
_SAME = 1e-4


class Base:
    """The field of an interpolant through the shown frames of one sequence, on any grid."""

    def __init__(
        self, anchor: str, shown: list[float], frames: Frames, key: Hashable = None, dimension: int = SPACE
    ) -> None:
        """`key`: equal for bases that are equal, so that they share what is computed; none if there are no others."""
        self.dimension = dimension
        self.anchor, self.shown = anchor, shown
        self._frames, self._key = frames, object() if key is None else key
        self._times = {float(np.float32(time)): time for time in shown}

    @classmethod
    def of(cls, anchor: str, sequence: ShapeSequence, shown: list[float]) -> Base:
        """The base of a sequence that can be asked for its frames."""

        def frames(n: int) -> Tensor:
            points = sequence.grid(n)
            return torch.stack([sequence.sdf(points, time) for time in shown])

        return cls(anchor, shown, frames, (anchor, sequence.description, *shown), sequence.dimension)

    def volume(self, time: float, n: int) -> Tensor:
        """The field on `grid_points(n)`, `(n, …)`; at a shown time that frame. Not to be written to."""
        from trainables.interpolants import named

        time, size = self._times.get(float(np.float32(time)), time), n**self.dimension

        def fit() -> Fitted:
            return named(self.anchor).fit(self._frames(n).numpy(), self.shown)

        def compute() -> Tensor:
            return torch.from_numpy(_RECENT.get((self._key, n), len(self.shown) * size, fit)(time))

        found: Tensor = _RECENT.get((self._key, n, time), size, compute)
        return found

    def field(self, n: int, device: torch.device | str = "cpu") -> Field:
        """Points `(P, d + 1)` → `(P,)`: linear between the points of `grid_points(n)`, at each time that occurs."""

        def values(points: Tensor) -> Tensor:
            found = torch.empty_like(points[:, 0])
            for time in points[:, -1].unique().tolist():
                chosen = points[:, -1] == time
                found[chosen] = _trilinear(self.volume(time, n).to(device), points[chosen, :-1])
            return found

        return values

    def plus(self, network: Callable[[Tensor], Tensor], n: int, device: torch.device | str = "cpu") -> Field:
        """f = B + w g of a network g, points `(P, d + 1)` → `(P,)`, with the base as `field(n)` has it."""
        base, shown = self.field(n, device), torch.tensor(self.shown, device=device)
        return lambda points: base(points) + weight(points[:, -1], shown) * network(points)


class Anchor:
    """The bases of all networks' sequences, as they are added in training."""

    def __init__(self, bases: list[Base], sequences: list[list[int]], device: torch.device) -> None:
        """`sequences`: indices of the N sequences of each of the R networks; a single list where all have the same."""
        shown, self._dimension = bases[0].shown, bases[0].dimension
        self._n = _TABLE[self._dimension]
        self.shown, self.device = torch.tensor(shown, device=device), device
        self._which = torch.tensor(sequences, device=device)
        times = knots(shown)
        self._knots = torch.tensor(times, device=device)
        table = torch.stack([torch.stack([base.volume(time, self._n) for time in times]) for base in bases])
        self._table = table.to(device).flatten()
        # What is evaluated in every step at the same points is looked up once.
        self._seen = WeakTensorKeyDictionary()

    def added(self, points: Tensor, network: Tensor) -> Tensor:
        """The networks' values g `(R, N, P)` at points `(R | 1, N | 1, P, d + 1)` → f of the same shape."""
        seen = self._seen.get(points)
        if seen is None or seen[0] != points._version:
            seen = points._version, self.base(points), weight(points[..., -1], self.shown)
            self._seen[points] = seen
        _, base, factor = seen
        return base + factor * network

    def base(self, points: Tensor) -> Tensor:
        """`(R | 1, N, P)`, linear in space and time between the entries of the table."""
        which, d, n = self._which.unsqueeze(-1), self._dimension, self._n  # (R | 1, N, 1)
        place = ((points[..., :-1] - LOWER) / grid_spacing(n)).clamp(0, n - 1)
        corner = place.long().clamp(max=n - 2)
        knot = (torch.searchsorted(self._knots, points[..., -1].contiguous(), right=True) - 1).clamp(
            0, len(self._knots) - 2
        )
        after = (points[..., -1] - self._knots[knot]) / (self._knots[knot + 1] - self._knots[knot])
        shares = [*(place - corner).unbind(-1), after]
        strides = (*(n**axis for axis in reversed(range(d))), n**d)
        first = sum(index * stride for index, stride in zip([*corner.unbind(-1), knot], strides, strict=True))
        first = first + which * (len(self._knots) * n**d)
        total = torch.zeros(first.shape, device=points.device)
        for step in product((0, 1), repeat=d + 1):
            offset = sum(s * stride for s, stride in zip(step, strides, strict=True))
            factor = torch.ones_like(after)
            for s, share in zip(step, shares, strict=True):
                factor = factor * (share if s else 1 - share)
            total += factor * self._table[first + offset]
        return total


def weight(times: Tensor, shown: Tensor) -> Tensor:
    """w of times `(…)`, given the shown times `(F,)`: 0 at these, 1 in the middle of two of them."""
    j = (torch.searchsorted(shown, times.contiguous(), right=True) - 1).clamp(0, len(shown) - 2)
    s = ((times - shown[j]) / (shown[j + 1] - shown[j])).clamp(0, 1)
    return 4 * s * (1 - s)


def knots(shown: list[float]) -> list[float]:
    """Times of the table: the shown ones, and others regularly between two of them."""
    found = [shown[0]]
    for earlier, later in pairwise(shown):
        count = max(_KNOTS_BETWEEN, round(_KNOTS * (later - earlier)))
        found += [earlier + (later - earlier) * k / count for k in range(1, count)] + [later]
    return found


def _trilinear(volume: Tensor, points: Tensor) -> Tensor:
    """Values on `grid_points(n)` `(n, …)` at points `(P, d)`; at a grid point exactly what stands there."""
    n = len(volume)
    place = ((points - LOWER) / grid_spacing(n)).clamp(0, n - 1)
    nearest = place.round()
    place = torch.where((place - nearest).abs() < _SAME, nearest, place)
    corner = place.long().clamp(max=n - 2)
    share = place - corner
    total = torch.zeros_like(points[:, 0])
    for step in product((0, 1), repeat=volume.ndim):
        index = (corner + torch.tensor(step, device=points.device)).unbind(-1)
        factor = torch.where(torch.tensor(step, device=points.device) > 0, share, 1 - share).prod(-1)
        # A corner that does not count may be infinite.
        total += torch.where(factor > 0, factor * volume[index], 0.0)
    return total


class _Recent:
    """What was computed lately, up to so many numbers; the oldest goes first."""

    def __init__(self, limit: int) -> None:
        self._limit, self._held = limit, 0
        self._kept: OrderedDict[Hashable, tuple[int, Any]] = OrderedDict()

    def get(self, key: Hashable, size: int, compute: Callable[[], Any]) -> Any:
        """What `compute` gives, of `size` numbers, now or when it was last asked for."""
        if key not in self._kept:
            self._kept[key] = size, compute()
            self._held += size
        self._kept.move_to_end(key)
        while self._held > self._limit and len(self._kept) > 1:
            _, (gone, _) = self._kept.popitem(last=False)
            self._held -= gone
        return self._kept[key][1]


_RECENT = _Recent(_KEPT)
