"""Strength and kind of the control that penalises change over time without transport; the learning rate."""

from __future__ import annotations

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution


def space() -> dict[str, BaseDistribution]:
    """A fresh copy, for a preset to narrow."""
    return {
        "learning_rate": FloatDistribution(3e-5, 2e-3, log=True),
        "regularizers.temporal-smoothness.strength": FloatDistribution(1e-4, 1.0, log=True),
        "regularizers.temporal-smoothness.norm": CategoricalDistribution(["squared", "total-variation"]),
    }
