"""The interface of an interpolant: a rule without a network that gives the field at any time from the shown frames.

An interpolant says one thing about how a shape gets from frame to frame (`aspects.py`); what it does not say is as in
`linear`. So rules that speak of different things combine: `moved+volume`, `spline+volume`.
"""

from __future__ import annotations

import sys
from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from trainables.configuration import Plugin
from trainables.plugins import plugins

# F = shown frames, n = points along each axis of `grid_points(n)`; in the plane `(n, n)` where `(n, n, n)` is written.
Array = NDArray[np.float32]
Path = Callable[[float], Array]
"""time → field `(n, n, n)` on `grid_points(n)`."""

_SAME_TIME = 1e-6


@dataclass(frozen=True)
class Shown:
    """The frames that a rule is given."""

    frames: Array
    """`(F, n, n, n)` float32 signed distances, inside negative, domain units."""
    times: list[float]
    """`(F,)`, increasing."""
    notes: list[str] = field(default_factory=list)
    """Sentences on what a rule could not do with these frames: rules add theirs."""


class Fitted:
    """The field of an interpolant for given frames: t → `(n, n, n)` float32.

    At a shown time it is that frame; before the first and after the last it is the first and the last. ValueError where
    t is not one number.
    """

    def __init__(self, shown: Shown, between: Path) -> None:
        self._shown, self._times, self._between = shown, np.asarray(shown.times), between

    @property
    def notes(self) -> list[str]:
        """Sentences on what the rule could not do with these frames, and did otherwise."""
        return list(dict.fromkeys(self._shown.notes))

    def __call__(self, time: float) -> Array:
        try:
            time = float(time)
        except (TypeError, ValueError):
            time = float("nan")
        if np.isnan(time):
            raise ValueError("a field is asked for at one time, a number: ask for several one after the other")
        nearest = int(np.abs(self._times - time).argmin())
        outside = not self._times[0] < time < self._times[-1]
        if outside or abs(float(self._times[nearest]) - time) <= _SAME_TIME:
            return self._shown.frames[nearest].copy()
        return np.ascontiguousarray(self._between(time), dtype=np.float32)


class Interpolant(Plugin):
    """A rule; its fields are what a user may set and a search may vary. A new one is a new file in this folder."""

    @abstractmethod
    def fit(self, frames: Array, times: Sequence[float]) -> Fitted:
        """The field at any time.

        Args:
          frames: `(F, n, n, n)` signed distances on `grid_points(n)`, inside negative, domain units.
          times: `(F,)`, increasing.

        Raises:
          ValueError: as `checked` does.
        """


def checked(frames: Array, times: Sequence[float]) -> Shown:
    """The frames and their times, as contiguous float32 and as floats.

    Raises:
      ValueError: if the frames are not `(F, n, n, n)` or `(F, n, n)` and finite, fewer than two, or not as many as the
        times; if the times do not increase.
    """
    volumes = np.ascontiguousarray(frames, dtype=np.float32)
    moments = [float(time) for time in times]
    if volumes.ndim not in (3, 4) or len(set(volumes.shape[1:])) != 1 or volumes.shape[1] < 2:
        raise ValueError(
            f"frames have the shape (F, n, n, n) or (F, n, n), not {tuple(volumes.shape)}: give cubes, or squares, of "
            "one size"
        )
    if len(volumes) != len(moments):
        raise ValueError(f"there are {len(volumes)} frames and {len(moments)} times: give each frame its time")
    if len(volumes) < 2:
        raise ValueError(f"an interpolant needs two frames or more, not {len(volumes)}: show another")
    if not np.isfinite(moments).all() or any(b <= a for a, b in pairwise(moments)):
        raise ValueError(f"times must increase, unlike {moments}: sort the frames by time and give each time once")
    if not np.isfinite(volumes).all():
        raise ValueError("a frame has values that are not finite: signed distances are numbers everywhere")
    return Shown(volumes, moments)


def available() -> dict[str, type[Interpolant]]:
    """Every interpolant of this folder, and of other installed packages, by name."""
    return plugins(sys.modules[__package__], Interpolant, "interpolants")  # type: ignore[type-abstract]
