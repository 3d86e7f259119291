"""What a search varied, and what came of it, each laid out from 0 to 1: the axes of slices and parallel coordinates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

FEW = 4
"""As many whole numbers have a tick each."""
WIDE = 4.0
"""Largest over smallest value from which on only a logarithmic axis shows them all."""


@dataclass(frozen=True, kw_only=True)
class Coordinate:
    """From ``low`` to ``high``, or the ``choices`` side by side."""

    label: str
    low: float = 0.0
    high: float = 1.0
    log: bool = False
    whole: bool = False
    """Whether there are whole numbers only."""
    choices: tuple[Any, ...] = ()

    def places(self, values: Iterable[Any]) -> np.ndarray:
        """``[n,]`` from 0 to 1; NaN where there is no value."""
        if self.choices:
            known = {choice: place for place, choice in enumerate(self.choices)}
            return np.array([known.get(value, np.nan) for value in values]) / max(1, len(self.choices) - 1)
        low, high = self._scaled([self.low, self.high])
        scaled = self._scaled(values)
        return (scaled - low) / (high - low) if high > low else np.where(np.isnan(scaled), np.nan, 0.5)

    def ticks(self) -> tuple[np.ndarray, list[str]]:
        """Their places and what they say: every choice, every one of a few whole numbers, else ends and middle."""
        if self.choices:
            return self.places(self.choices), [str(choice) for choice in self.choices]
        values = self._marked()
        return self.places(values), [
            f"{value:.2g}".replace("-", "−") if not self.whole else f"{value:g}" for value in values
        ]

    def _marked(self) -> list[float]:
        if self.high <= self.low:
            return [self.low]
        if self.whole and self.high - self.low < FEW:
            return [float(value) for value in range(round(self.low), round(self.high) + 1)]
        middle = float(np.sqrt(self.low * self.high)) if self.log else (self.low + self.high) / 2
        return [self.low, float(round(middle)) if self.whole else middle, self.high]

    def _scaled(self, values: Iterable[Any]) -> np.ndarray:
        found = np.array(list(values), dtype="float64")
        return np.log(found) if self.log else found


def of_parameter(label: str, kind: BaseDistribution) -> Coordinate:
    """A parameter's, by the distribution that the search drew it from."""
    from optuna import distributions as kinds

    if isinstance(kind, kinds.CategoricalDistribution):
        return Coordinate(label=label, choices=tuple(kind.choices))
    if isinstance(kind, kinds.FloatDistribution | kinds.IntDistribution):
        whole = isinstance(kind, kinds.IntDistribution)
        return Coordinate(label=label, low=float(kind.low), high=float(kind.high), log=kind.log, whole=whole)
    raise TypeError(f"{label}: no axis is known for a {type(kind).__name__}")


def of_values(label: str, values: Iterable[float]) -> Coordinate:
    """What these values span, at least one of them finite; logarithmic where it is wide."""
    finite = np.array(list(values), dtype="float64")
    finite = finite[np.isfinite(finite)]
    low, high = float(finite.min()), float(finite.max())
    return Coordinate(label=label, low=low, high=high, log=low > 0 and high > WIDE * low)
