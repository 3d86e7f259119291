"""The classical rules that compete, the simplest first, and their fields between two frames."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from study.design.methods import BLENDS
from study.filling.lattice import Cube, Field
from trainables.interpolants import available
from trainables.interpolants.aspects import Pieces, Weights
from trainables.shapes.sequence import FINER, SPACE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trainables.interpolants import Fitted, Interpolant

COSTLY = ("flow", "barycenter")
"""Parts that take seconds where others take hundredths: tried last, on coarser cubes."""
POINTS = 48
"""Points along a cube's edge, of a cell that does not move, on which rules are compared; in the plane `FLAT`."""
FLAT = 112
FINE = (112, 80, 64)
"""And on which the chosen one fills the frames: the most that are affordable, never finer than the voxels."""
AFFORDABLE = 2.5e8
"""Points in all frames' cubes together: about two minutes' work."""
_MOST = 1.5
"""A cube with motion in it may be so many times larger; beyond, frames further away are left out."""


def label(name: str) -> str:
    """What a candidate is called in the tables: as in studies."""
    return name if is_network(name) else f"{name}-blend"


def is_network(name: str) -> bool:
    """Whether a candidate is a network that is added to a rule."""
    return name.split("+")[0] == "anchored"


def candidates(divided: bool) -> list[str]:
    """Names of the rules, in the order in which they are tried; pieces are followed only where there are several."""
    kinds = available()
    names = [*BLENDS, *(name for name in kinds if name not in BLENDS)]
    if not divided:
        names = [name for name in names if not any(issubclass(kinds[part], Pieces) for part in name.split("+"))]
    place = {name: number for number, name in enumerate(names)}
    return sorted(names, key=lambda name: (costly(name), name != "linear", name.count("+"), _slow(name), place[name]))


def costly(name: str) -> bool:
    return any(part in COSTLY for part in name.split("+"))


def wide(name: str) -> bool:
    """Whether a rule makes use of more than the two frames around a time."""
    kinds = [available()[part] for part in name.split("+")]
    return any(issubclass(kind, Weights) and not kind.neighbours_only for kind in kinds)


def _slow(name: str) -> bool:
    return wide(name) or "lineage" in name.split("+")


def fine(names: Iterable[str], cubes: int, dimension: int = SPACE) -> int:
    """Points along a cube's edge, at most, for so many cubes, or squares, that are written."""
    if any(costly(name) or is_network(name) for name in names):
        return FINE[-1] if dimension == SPACE else FINER * FINE[-1]
    choices = FINE if dimension == SPACE else (FINER * FLAT, *FINE)
    return next((points for points in choices if cubes * points**dimension <= AFFORDABLE), choices[-1])


class Path(Protocol):
    """How one cell gets from one known frame to another: time → field in µm `(n, n, n)` on the cube of that time."""

    def cube(self, time: float) -> Cube:
        """Where the field is given."""

    @property
    def notes(self) -> Sequence[str]:
        """What could not be done, and what was done instead."""

    def __call__(self, time: float) -> NDArray[np.float32]: ...


@dataclass(frozen=True, eq=False)
class Between:
    """A rule, fitted to frames: one cube holds all of them."""

    _cube: Cube
    _fitted: Fitted
    _start: float
    _span: float

    def cube(self, time: float) -> Cube:
        return self._cube

    def __call__(self, time: float) -> NDArray[np.float32]:
        return self._fitted((time - self._start) / self._span) / np.float32(self._cube.unit)

    @property
    def notes(self) -> list[str]:
        return self._fitted.notes


def fitted(rule: Interpolant, fields: list[Field], times: list[float], h: float, inner: int, points: int) -> Between:
    """The rule's field between frames `inner` and `inner` + 1 of `fields`, which have these times.

    Frames further away are left out where the cube around all of them would be much larger than that of a cell at rest.
    """
    first, last = 0, len(fields)
    while last - first > 2 and Cube.around(fields[first:last], h).n > _MOST * points:
        if inner - first >= last - inner - 2:
            first += 1
        else:
            last -= 1
    step = -(-Cube.around(fields[first:last], h).n // round(2 * points))  # far apart: fewer points must do
    chosen = [field.coarser(step) for field in fields[first:last]]
    cube = Cube.around(chosen, h * step)
    frames = np.stack([cube.embedded(field) for field in chosen]) * np.float32(cube.unit)
    start, span = times[first], times[last - 1] - times[first]
    moments = [(time - start) / span for time in times[first:last]]
    return Between(cube, rule.fit(frames, moments), start, span)
