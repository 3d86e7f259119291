"""γ of the anchors, and the grid on which they are computed."""

from __future__ import annotations

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution


def space() -> dict[str, BaseDistribution]:
    """A fresh copy, for a preset to narrow."""
    return {
        "regularizers.cross-sequence-barycenter.gamma": FloatDistribution(0.005, 1.0, log=True),
        "regularizers.cross-sequence-barycenter.grid": CategoricalDistribution([32, 48, 64]),
    }


NARROWED: dict[str, dict[str, BaseDistribution]] = {
    "laptop": {"regularizers.cross-sequence-barycenter.grid": CategoricalDistribution([24, 32])},
    "smoke": {"regularizers.cross-sequence-barycenter.grid": CategoricalDistribution([20, 24])},
}
