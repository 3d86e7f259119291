"""The mean of all replicates, scored as the one prediction that it is, and how much that depends on the replicates.

What an export delivers is the zero level of the mean field

    F = Σ_r w_r f_r,  w_r = 1 / R,

of the replicates' fields f_r, and not the shape of a single network. A draw takes R of the R replicates with
replacement (the bootstrap: Efron and Tibshirani, *An Introduction to the Bootstrap*, 1993, chapter 6), which gives
other weights w; the spread of a metric over the draws is what other replicates would change.

Where all f_r have one sign, so has every such mean. So surfaces of the mean and of all draws lie in cells of the grid
whose corners do not all have one sign in all replicates. There every replicate is evaluated once, and the field of a
draw is a weighted sum of these values.

# R = replicate, B = draw, n = grid points along each axis, P = points
"""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trainables.draws import ALL, mean_and_draws
from trainables.shapes.sequence import DIAGONAL, SPACE

if TYPE_CHECKING:
    from trainables.metrics.scoring import SurfaceDistance
    from trainables.shapes.sequence import ShapeSequence
    from trainables.shapes.timeline import Role, Timeline

Array = NDArray[np.floating]


class Member(ABC):
    """One replicate's field of a sequence, on `grid_points(n)`."""

    n: int

    @abstractmethod
    def __call__(self, time: float) -> Array:
        """`(n, …)`: exact at the corners of cells with both signs, of the field's sign elsewhere; inf everywhere
        where the replicate diverged."""

    @abstractmethod
    def at(self, time: float, where: NDArray[np.bool_]) -> Array:
        """The field at the grid points in `where` `(n, …)`: `(P,)`, in their order."""


class Known(Member):
    """A member that knows its field everywhere; each time is computed once."""

    def __init__(self, predict: Callable[[float], Array], n: int) -> None:
        self.predict, self.n, self._volumes = predict, n, dict[float, Array]()

    def __call__(self, time: float) -> Array:
        if time not in self._volumes:
            self._volumes[time] = self.predict(time)
        return self._volumes[time]

    def at(self, time: float, where: NDArray[np.bool_]) -> Array:
        return self(time)[where]


@dataclass(frozen=True, eq=False)
class _Moment:
    """All members at one time."""

    where: NDArray[np.bool_]
    """`(n, …)`: corners of the cells in which a mean may have its surface."""
    values: Array
    """`(R, P)`: every member there."""
    rest: Array
    """`(n, …)`: elsewhere, a value of the sign that all members have."""


class Together:
    """Weighted means of members on their grid."""

    def __init__(self, members: Sequence[Member], n: int, dimension: int = SPACE) -> None:
        self.members, self.shape = members, (n,) * dimension
        self._moments: dict[float, _Moment] = {}

    def mean(self, weights: Array) -> Callable[[float], Array]:
        """time → Σ_r w_r f_r `(n, …)`: exact where its zero level is, of the right sign elsewhere."""

        def predict(time: float) -> Array:
            if not self.members:
                return np.full(self.shape, np.inf, dtype=np.float32)
            moment = self._moment(time)
            volume = moment.rest.copy()
            volume[moment.where] = weights.astype(np.float32) @ moment.values
            return volume

        return predict

    def _moment(self, time: float) -> _Moment:
        if time not in self._moments:
            volumes = [member(time) for member in self.members]
            where = _between([volume < 0 for volume in volumes])
            values = np.stack([member.at(time, where) for member in self.members]).astype(np.float32)
            # a draw without a member must not become NaN by a value of that member which is not finite
            values = np.where(np.isfinite(values), values, np.float32(DIAGONAL))
            rest: Array = np.asarray(np.mean(volumes, axis=0, dtype=np.float32))
            self._moments[time] = _Moment(where, values, rest)
        return self._moments[time]


def _between(insides: list[NDArray[np.bool_]]) -> NDArray[np.bool_]:
    """Corners `(n, …)` of the cells at whose corners not all members are inside, and not all outside."""
    some, every = np.logical_or.reduce(insides), np.logical_and.reduce(insides)
    sides = list(itertools.product((slice(None, -1), slice(1, None)), repeat=some.ndim))
    mixed = np.logical_or.reduce([some[side] for side in sides]) & ~np.logical_and.reduce([every[s] for s in sides])
    corners = np.zeros_like(some)
    for side in sides:
        corners[side] |= mixed
    return corners


def scored(
    members: Sequence[Member],
    sequence: ShapeSequence,
    timeline: Timeline,
    roles: set[Role],
    n: int,
    surface_distance: SurfaceDistance = "triangles",
) -> list[dict[str, Any]]:
    """Rows of `metrics.per_time.score` of the mean of one sequence's members, and of its draws.

    `draw` is `ALL` for all replicates, else 0 … B − 1; `replicates` is how many the mean is of. Replicates without a
    surface at any time are left out, as in an export: a mean with one that diverged has no meaning. Where none is left
    the ensemble is scored as an empty prediction. Draws have no rows at shown times, and so no values of metrics that
    need all times: a bifurcation time is narrowed down at other times for every draw, half of what all draws cost.
    """
    from trainables.metrics.per_time import score

    times = [time for time, role in zip(timeline.times, timeline.roles, strict=True) if role in roles]
    alive = [member for member in members if any(_has_surface(member(time)) for time in times)]
    together, count = Together(alive, n, sequence.dimension), len(alive)
    rows: list[dict[str, Any]] = []
    found: dict[tuple[bool, bytes], list[dict[str, Any]]] = {}
    for draw, drawn in mean_and_draws(count):
        key = draw == ALL, drawn.tobytes()  # of few replicates many draws are the same
        if key not in found:
            wanted = roles if draw == ALL else roles - {"train"}
            found[key] = score(together.mean(drawn), sequence, timeline, wanted, n, surface_distance)
        rows += [{"draw": draw, "replicates": count} | row for row in found[key]]
    return rows


def _has_surface(volume: Array) -> bool:
    return bool(volume.min() < 0 < volume.max())
