"""α, ε, grid and time samples of Sinkhorn distances on a finer grid."""

from __future__ import annotations

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution


def space() -> dict[str, BaseDistribution]:
    """A fresh copy, for a preset to narrow."""
    return {
        "regularizers.fine-sinkhorn.alpha": FloatDistribution(0.01, 1.0, log=True),
        "regularizers.fine-sinkhorn.epsilon": FloatDistribution(0.02, 0.2, log=True),
        "regularizers.fine-sinkhorn.grid": CategoricalDistribution([15, 21, 31]),
        "regularizers.fine-sinkhorn.time_samples": IntDistribution(5, 40),
    }


NARROWED: dict[str, dict[str, BaseDistribution]] = {
    "laptop": {
        "regularizers.fine-sinkhorn.grid": CategoricalDistribution([13, 15]),
        "regularizers.fine-sinkhorn.time_samples": IntDistribution(4, 6),
    },
    "smoke": {"regularizers.fine-sinkhorn.grid": CategoricalDistribution([9, 11])},
}
