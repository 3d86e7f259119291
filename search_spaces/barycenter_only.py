"""Grid and blur of the barycenters that are a method of their own, without a network."""

from __future__ import annotations

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution


def space() -> dict[str, BaseDistribution]:
    """A fresh copy, for a preset to narrow."""
    return {
        "barycenter_grid": CategoricalDistribution([32, 48, 64]),
        "barycenter_blur": FloatDistribution(1.0, 3.0, log=True),
    }


NARROWED: dict[str, dict[str, BaseDistribution]] = {
    "laptop": {"barycenter_grid": CategoricalDistribution([24, 32])},
    "smoke": {"barycenter_grid": CategoricalDistribution([20, 24])},
}
