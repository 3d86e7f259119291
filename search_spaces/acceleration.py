"""How much motion that changes its speed costs, beside the departure from the base."""

from __future__ import annotations

from optuna.distributions import BaseDistribution, FloatDistribution


def space() -> dict[str, BaseDistribution]:
    """A fresh copy, for a preset to narrow."""
    return {"regularizers.acceleration.strength": FloatDistribution(0.003, 10.0, log=True)}
