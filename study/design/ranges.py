"""Ranges of a search space: what lies in one, and one in words."""

from __future__ import annotations

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


def describe(distribution: BaseDistribution) -> str:
    """A distribution in words."""
    if isinstance(distribution, CategoricalDistribution):
        return "{" + ", ".join(str(c) for c in distribution.choices) + "}"
    scale = ", logarithmic" if getattr(distribution, "log", False) else ""
    return f"[{distribution.low}, {distribution.high}{scale}]"  # type: ignore[attr-defined]
