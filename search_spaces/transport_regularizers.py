"""α, β, ε, Sinkhorn grid and time samples; γ, number of barycenters and their grid; the learning rate.

The document fixes these by hand (seed 000, chapter 4): α = 0.1, β = 8, ε = 0.05, 11³ grid, 30 times, γ = 0.5.
"""

from __future__ import annotations

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)


def space() -> dict[str, BaseDistribution]:
    """A fresh copy, for a preset to narrow."""
    return {
        "learning_rate": FloatDistribution(3e-5, 2e-3, log=True),
        "regularizers.sinkhorn.alpha": FloatDistribution(0.003, 3.0, log=True),
        "regularizers.sinkhorn.beta": FloatDistribution(2.0, 32.0, log=True),
        "regularizers.sinkhorn.epsilon": FloatDistribution(0.02, 0.5, log=True),
        "regularizers.sinkhorn.grid": CategoricalDistribution([9, 11, 15, 21]),
        "regularizers.sinkhorn.time_samples": IntDistribution(10, 40),
        "regularizers.barycenter.gamma": FloatDistribution(0.02, 5.0, log=True),
        "regularizers.barycenter.count": IntDistribution(1, 5),
        "regularizers.barycenter.grid": CategoricalDistribution([32, 48, 64]),
        "barycenter_grid": CategoricalDistribution([32, 48, 64]),
        "barycenter_blur": FloatDistribution(1.0, 3.0, log=True),
    }
