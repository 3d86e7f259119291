"""γ, how far two frames may be from each other, number of barycenters between two, and their grid."""

from __future__ import annotations

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution


def space() -> dict[str, BaseDistribution]:
    """A fresh copy, for a preset to narrow."""
    return {
        "regularizers.distant-barycenter.gamma": FloatDistribution(0.02, 5.0, log=True),
        "regularizers.distant-barycenter.steps": IntDistribution(2, 4),
        "regularizers.distant-barycenter.count": IntDistribution(1, 5),
        "regularizers.distant-barycenter.grid": CategoricalDistribution([32, 48, 64]),
    }


NARROWED: dict[str, dict[str, BaseDistribution]] = {
    "laptop": {
        "regularizers.distant-barycenter.count": IntDistribution(1, 3),
        "regularizers.distant-barycenter.grid": CategoricalDistribution([24, 32]),
    },
    "smoke": {"regularizers.distant-barycenter.grid": CategoricalDistribution([20, 24])},
}
