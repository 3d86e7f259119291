"""α, β, ε, the reach of a mass, grid and time samples."""

from __future__ import annotations

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution


def space() -> dict[str, BaseDistribution]:
    """A fresh copy, for a preset to narrow."""
    return {
        "regularizers.unbalanced-sinkhorn.alpha": FloatDistribution(0.0006, 0.6, log=True),
        "regularizers.unbalanced-sinkhorn.beta": FloatDistribution(2.0, 32.0, log=True),
        "regularizers.unbalanced-sinkhorn.epsilon": FloatDistribution(0.02, 0.5, log=True),
        "regularizers.unbalanced-sinkhorn.reach": FloatDistribution(0.3, 3.0, log=True),
        "regularizers.unbalanced-sinkhorn.grid": CategoricalDistribution([9, 11, 15, 21]),
        "regularizers.unbalanced-sinkhorn.time_samples": IntDistribution(10, 40),
    }


NARROWED: dict[str, dict[str, BaseDistribution]] = {
    "laptop": {
        "regularizers.unbalanced-sinkhorn.grid": CategoricalDistribution([7, 9]),
        "regularizers.unbalanced-sinkhorn.time_samples": IntDistribution(4, 6),
    },
}
