"""γ, number of barycenters between two frames, and their grid; Martens 2025 fixes γ = 0.5 (chapter 4)."""

from __future__ import annotations

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution


def space() -> dict[str, BaseDistribution]:
    """A fresh copy, for a preset to narrow."""
    return {
        "regularizers.barycenter.gamma": FloatDistribution(0.02, 5.0, log=True),
        "regularizers.barycenter.count": IntDistribution(1, 5),
        "regularizers.barycenter.grid": CategoricalDistribution([32, 48, 64]),
    }


NARROWED: dict[str, dict[str, BaseDistribution]] = {
    "laptop": {
        "regularizers.barycenter.grid": CategoricalDistribution([24, 32]),
        "regularizers.barycenter.count": IntDistribution(1, 3),
    },
    "smoke": {"regularizers.barycenter.grid": CategoricalDistribution([20, 24])},
}
