"""Strength, steepness of the occupancy, grid and warm-up of the topological regularizer (Waibel 2022 finds λ = 0.1)."""

from __future__ import annotations

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution


def space() -> dict[str, BaseDistribution]:
    """A fresh copy, for a preset to narrow."""
    return {
        "regularizers.topology.strength": FloatDistribution(1e-3, 10.0, log=True),
        "regularizers.topology.beta": FloatDistribution(2.0, 32.0, log=True),
        "regularizers.topology.grid": CategoricalDistribution([12, 16, 20, 24]),
        "regularizers.topology.warm_up": IntDistribution(0, 250),
    }


NARROWED: dict[str, dict[str, BaseDistribution]] = {
    "laptop": {
        "regularizers.topology.grid": CategoricalDistribution([10, 12]),
        "regularizers.topology.warm_up": IntDistribution(0, 90),
    },
    "smoke": {
        "regularizers.topology.grid": CategoricalDistribution([8, 10]),
        "regularizers.topology.warm_up": IntDistribution(0, 15),
    },
}
