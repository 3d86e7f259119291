"""`advection`: the latent of a volume of signed distances, advected by learned fields (Han 2023, in 2 or 3 axes).

Between every two shown frames of a sequence lies a pair of volumes X₀, X₁ on a regular grid: signed distances in units
of `truncation`, cut to [-1, 1], the range that Han 2023 normalises its patches to. A volume is one patch, and every
pair has a model of its own, as in Han 2023.

What is unlike Han 2023, for a training of at most a thousand steps: φ and ψ are learned as what they add to the
identity (`residual`; begun elsewhere, they were not there after 300 steps), the networks have a quarter of the filters
of table 4 or fewer, kernels of the field network are 3 wide, the learning rate is at least ten times the published one,
and λ_magnitude and λ_smooth, which weigh sums over time steps, are a tenth and a ninth of its 0.01, as they were
chosen.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field, model_validator

from trainables.advection.configuration import AdvectionConfiguration, Networks
from trainables.configuration import Configuration
from trainables.interpolation import BetweenFrames


class Training(Configuration):
    """Adam (Han 2023, eq. 10). Apart from `learning_rate`, which in these studies is that of the decoders."""

    learning_rate: float = Field(1e-3, gt=0, le=1, description="α")
    decay: float = Field(0.3, gt=0, le=1, description="factor on the learning rate from the first epoch to the last")


class ShapeAdvection(BetweenFrames, AdvectionConfiguration):
    """Networks, losses and training of one trial; an epoch is one step of every pair."""

    implementation: ClassVar[str] = "trainables.advection.advected_shapes:AdvectedShapes"
    sizes: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "laptop": {
            "networks": Networks(encoder=[4], ends=4, filters=[4], bottleneck=4, field_kernel=3),
            "resolution": 16, "evolution_steps": 6, "epochs": 100, "training.learning_rate": 4e-3,
            "magnitude_weight": 0.01 / 6, "smoothness_weight": 0.01 / 5,
        },
        "smoke": {
            "networks": Networks(encoder=[2], ends=2, filters=[2], bottleneck=2, field_kernel=3),
            "resolution": 8, "evolution_steps": 3, "epochs": 40,
        },
    }  # fmt: skip

    networks: Networks = Networks(encoder=[8, 16, 8], ends=8, filters=[8, 16, 32], bottleneck=64, field_kernel=3)
    magnitude_weight: float = Field(0.01 / 10, ge=0, description="λ_magnitude, of a sum over time steps")
    smoothness_weight: float = Field(0.01 / 9, ge=0, description="λ_smooth, of a sum over time steps")
    residual: bool = Field(True, description="φ and ψ are what they add to the identity; false: as in Han 2023")
    resolution: int = Field(64, ge=8, le=256, description="points along each axis of the volumes")
    truncation: float = Field(1.0, gt=0, description="distance that becomes 1, beyond which it is cut; domain units")
    epochs: int = Field(1000, ge=1, description="training steps of each pair")
    training: Training = Training()

    @model_validator(mode="after")
    def _fits(self) -> ShapeAdvection:
        levels = len(self.networks.filters)
        if self.resolution < 2 ** (levels + 1):
            raise ValueError(f"resolution = {self.resolution} is too small to be halved {levels} times")
        return self

    def operations(self, shown: int) -> float:
        steps = self.epochs * len(self.sequences) * (shown - 1)
        return 6.0 * self.products(self.resolution, self.dimension) * steps  # forward 2, backward 4

    def model_bytes(self, shown: int) -> int:
        parameters = sum(c.weights + c.after for c in self.convolutions(self.resolution, self.dimension))
        pairs = len(self.sequences) * (shown - 1)
        return 4 * (pairs * parameters + len(self.sequences) * shown * self.resolution**self.dimension)

    def decay_of_a_step(self) -> float:
        """Factor on the learning rate in every step."""
        return math.pow(self.training.decay, 1 / self.epochs)
