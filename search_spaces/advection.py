"""λ_AE, λ_magnitude and N_evolution as for images; λ_smooth and the learning rate in ranges of their own.

λ_smooth may be larger than for images: on volumes a motion that keeps its pace was nearer to the truth. The learning
rate has a path of its own: `learning_rate`, in the same studies, is that of the decoders, whose range is another.
"""

from __future__ import annotations

from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution

from search_spaces import advected_latent

SHARED = ("autoencoder_weight", "magnitude_weight", "evolution_steps")


def space() -> dict[str, BaseDistribution]:
    """A fresh copy, for a preset to narrow."""
    of_images = advected_latent.space()
    return {path: of_images[path] for path in SHARED} | {
        "smoothness_weight": FloatDistribution(2e-4, 0.2, log=True),
        "training.learning_rate": FloatDistribution(1e-4, 1e-2, log=True),
    }


NARROWED: dict[str, dict[str, BaseDistribution]] = {
    "laptop": {
        "training.learning_rate": FloatDistribution(1e-3, 1e-2, log=True),
        "evolution_steps": IntDistribution(4, 8),
    },
    "smoke": {"evolution_steps": IntDistribution(2, 4)},
}
