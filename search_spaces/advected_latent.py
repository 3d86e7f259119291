"""λ_AE, λ_magnitude, λ_smooth, learning rate and decay, N_evolution and start of the advection; the settings of optical
flow.

Han 2023 fixes these by hand (tables 2 to 4): λ_AE = 1, λ_magnitude 0.001 or 0.01, λ_smooth 0.01 or 0.06, α = 0.0001,
γ = 0.8 or 0.9, N_evolution 8 or 10. The two λ weigh sums over time steps: their ranges begin where they did when they
weighed means (1e-4), and reach beyond the published values.
"""

from __future__ import annotations

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution


def space() -> dict[str, BaseDistribution]:
    """A fresh copy, for a preset to narrow."""
    return {
        "autoencoder_weight": FloatDistribution(0.1, 10.0, log=True),
        "magnitude_weight": FloatDistribution(1e-5, 0.03, log=True),
        "smoothness_weight": FloatDistribution(1e-5, 0.1, log=True),
        "learning_rate": FloatDistribution(3e-5, 5e-3, log=True),
        "decay": FloatDistribution(0.5, 1.0),
        "evolution_steps": IntDistribution(4, 16),
        "start": CategoricalDistribution(["rest", "registration"]),
        "algorithm": CategoricalDistribution(["dis", "ilk", "tvl1"]),
        "radius": IntDistribution(3, 15),
        "attachment": FloatDistribution(5.0, 60.0, log=True),
    }
