"""How far off a new frame is to be expected, from its distance in time to the nearest measured one.

On hidden frames the chosen rule's error y (mean surface distance, µm) is known at some distances d. It is taken to be

    e(d)² = a² + b² d²,     a, b ≥ 0,

a being what measured frames themselves are uncertain by, b what the rule loses with time; by non-negative least
squares, then scaled so that the mean of y / e(d) is 1. A cell has a factor of its own, the mean of its y / e(d), shrunk
to 1 by `PRIOR` more shapes. The interval holds the middle 80 % of y over what was expected. With a single distance b is
not known: then the error at it is what is told for smaller ones too, which is not too little.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import nnls

PRIOR = 4
"""Shapes of factor 1 that are added to a cell's own."""
INSIDE = 0.8
"""Share of errors that the interval holds."""


@dataclass(frozen=True)
class Expected:
    """The error that is expected, µm."""

    floor: float
    """a."""
    slope: float
    """b, µm over the recording's unit of time."""
    low: float
    high: float
    """Of the interval, over what is expected."""
    nearest: float
    """The smallest distance at which the error is known; below, it is inferred."""
    factors: dict[str, float] = field(default_factory=dict)
    """Sequence → its own factor."""

    def __call__(self, distance: float, sequence: str = "") -> float:
        return float(np.hypot(self.floor, self.slope * distance) * self.factors.get(sequence, 1.0))

    def columns(self, distance: float, sequence: str) -> dict[str, Any]:
        """As a table of frames has it."""
        error = self(distance, sequence)
        return {
            "expected_error": error,
            "expected_low": self.low * error,
            "expected_high": self.high * error,
            "expected_by": "hidden frames" if distance >= self.nearest - 1e-9 else "hidden frames further away",
        }


NOTHING: dict[str, Any] = {
    "expected_error": None, "expected_low": None, "expected_high": None, "expected_by": "nothing hidden",
}  # fmt: skip


def expect(rows: pd.DataFrame) -> Expected | None:
    """From rows (sequence, distance, chamfer) of the chosen rule; None where there are none."""
    if not len(rows):
        return None
    distance, error = rows["distance"].to_numpy(float), rows["chamfer"].to_numpy(float)
    design = np.stack([np.ones_like(distance), distance**2], axis=1)
    if len(np.unique(np.round(distance, 9))) == 1:
        squares = np.array([float((error**2).mean()), 0.0])
    else:
        squares = nnls(design, error**2)[0]
    curve = np.sqrt(np.maximum(design @ squares, 1e-12))
    scale = float((error / curve).mean())
    ratio = error / curve / scale
    floor, slope = scale * np.sqrt(squares)
    sequences = rows["sequence"].astype(str).to_numpy()
    factors = {name: _factor(ratio[sequences == name]) for name in dict.fromkeys(sequences)}
    rest = ratio / np.array([factors[name] for name in sequences])
    low, high = np.quantile(rest, [(1 - INSIDE) / 2, (1 + INSIDE) / 2])
    return Expected(float(floor), float(slope), float(low), float(high), float(distance.min()), factors)


def _factor(ratios: np.ndarray[Any, Any]) -> float:
    return float((ratios.sum() + PRIOR) / (len(ratios) + PRIOR))


def table(rows: pd.DataFrame, expected: Expected) -> pd.DataFrame:
    """Distance, hidden shapes, mean error with the quantiles of the interval, and what the curve says, µm."""
    found = rows.groupby(rows["distance"].round(9))["chamfer"]
    quantiles = [(1 - INSIDE) / 2, (1 + INSIDE) / 2]
    return pd.DataFrame(
        {
            "shapes": found.size(),
            "error": found.mean(),
            "low": found.quantile(quantiles[0]),
            "high": found.quantile(quantiles[1]),
            "curve": [expected(float(distance)) for distance in found.mean().index],
        }
    ).reset_index()
