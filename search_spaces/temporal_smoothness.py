"""Strength and kind of the control that penalises change over time without transport."""

from __future__ import annotations

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution


def space() -> dict[str, BaseDistribution]:
    """A fresh copy, for a preset to narrow."""
    return {
        "regularizers.temporal-smoothness.strength": FloatDistribution(1e-4, 1.0, log=True),
        "regularizers.temporal-smoothness.norm": CategoricalDistribution(["squared", "total-variation"]),
    }
