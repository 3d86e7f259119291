"""Ranges of a search space: what lies in one, one in words, and what the tables hold of a value."""

from __future__ import annotations

import json
import math
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution


def contains(distribution: BaseDistribution, value: Any) -> bool:
    """Whether a search may propose `value`."""
    if isinstance(distribution, CategoricalDistribution):
        return value in distribution.choices
    assert isinstance(distribution, FloatDistribution | IntDistribution)
    if not isinstance(value, int | float) or not distribution.low <= value <= distribution.high:
        return False
    steps = 0.0 if distribution.step is None else (value - distribution.low) / distribution.step
    return abs(steps - round(steps)) < 1e-8


def cell(value: Any) -> Any:
    """A value as a cell of the tables."""
    return value if value is None or isinstance(value, bool | int | float | str) else json.dumps(value)


def of_cell(distribution: BaseDistribution, held: Any) -> Any:
    """The reverse; ValueError where the cell holds no value of the distribution."""
    if isinstance(distribution, CategoricalDistribution):
        held = None if isinstance(held, float) and math.isnan(held) else held
        same = [choice for choice in distribution.choices if cell(choice) == held]
        exact = [choice for choice in same if isinstance(held, bool) == isinstance(choice, bool)]
        value: Any = next(iter(exact or same), distribution)
    else:
        whole = isinstance(distribution, IntDistribution)
        value = distribution if not isinstance(held, int | float) else int(held) if whole else float(held)
    if not contains(distribution, value):
        raise ValueError(f"{held!r} is not in {describe(distribution)}")
    return value


def describe(distribution: BaseDistribution) -> str:
    """A distribution in words."""
    if isinstance(distribution, CategoricalDistribution):
        return "{" + ", ".join(str(c) for c in distribution.choices) + "}"
    scale = ", logarithmic" if getattr(distribution, "log", False) else ""
    return f"[{distribution.low}, {distribution.high}{scale}]"  # type: ignore[attr-defined]
