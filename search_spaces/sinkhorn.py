"""α, β, ε, grid and time samples, which Martens 2025 fixes at 0.1, 8, 0.05, 11³ and 30 (chapter 4)."""

from __future__ import annotations

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution


def space() -> dict[str, BaseDistribution]:
    """A fresh copy, for a preset to narrow."""
    return {
        "regularizers.sinkhorn.alpha": FloatDistribution(0.003, 3.0, log=True),
        "regularizers.sinkhorn.beta": FloatDistribution(2.0, 32.0, log=True),
        "regularizers.sinkhorn.epsilon": FloatDistribution(0.02, 0.5, log=True),
        "regularizers.sinkhorn.grid": CategoricalDistribution([9, 11, 15, 21]),
        "regularizers.sinkhorn.time_samples": IntDistribution(10, 40),
    }


NARROWED: dict[str, dict[str, BaseDistribution]] = {
    "laptop": {
        "regularizers.sinkhorn.grid": CategoricalDistribution([7, 9]),
        "regularizers.sinkhorn.time_samples": IntDistribution(4, 6),
    },
}
