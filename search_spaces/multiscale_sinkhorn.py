"""α, β, ε, the number of temporal resolutions, grid and time samples."""

from __future__ import annotations

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution


def space() -> dict[str, BaseDistribution]:
    """A fresh copy, for a preset to narrow."""
    return {
        "regularizers.multiscale-sinkhorn.alpha": FloatDistribution(0.003, 3.0, log=True),
        "regularizers.multiscale-sinkhorn.beta": FloatDistribution(2.0, 32.0, log=True),
        "regularizers.multiscale-sinkhorn.epsilon": FloatDistribution(0.02, 0.5, log=True),
        "regularizers.multiscale-sinkhorn.levels": IntDistribution(2, 4),
        "regularizers.multiscale-sinkhorn.grid": CategoricalDistribution([9, 11, 15, 21]),
        "regularizers.multiscale-sinkhorn.time_samples": IntDistribution(10, 40),
    }


NARROWED: dict[str, dict[str, BaseDistribution]] = {
    "laptop": {
        "regularizers.multiscale-sinkhorn.levels": IntDistribution(2, 3),
        "regularizers.multiscale-sinkhorn.grid": CategoricalDistribution([7, 9]),
        "regularizers.multiscale-sinkhorn.time_samples": IntDistribution(5, 6),
    },
}
