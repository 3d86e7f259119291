"""What is learned between two images and how: the fields a user sets and a search varies; tables 2 to 4 of Han 2023."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from trainables.advection.configuration import AdvectionConfiguration, Networks
from trainables.inbetween.windows import WindowsConfiguration


class InbetweenConfiguration(WindowsConfiguration, AdvectionConfiguration):
    """Networks, losses and training of one trial; every pair of images has networks of its own."""

    implementation: ClassVar[str] = "trainables.inbetween.inbetween:Inbetween"

    start: Literal["rest", "registration"] = Field(
        "rest", description="of the fields: as in Han 2023, or the turn, scale and shift of the whole image"
    )
    patch: int = Field(256, ge=16, description="side of the patches, in pixels")
    stride: int = Field(10, ge=1, description="between patches that are trained on, in pixels")
    batch: int = Field(4, ge=1, description="patches of one training step")
    epochs: int = Field(400, ge=1, description="of `steps_per_epoch` training steps")
    steps_per_epoch: int = Field(100, ge=1)
    learning_rate: float = Field(1e-4, gt=0, le=1, description="α, Adam")
    decay: float = Field(0.8, gt=0, le=1, description="γ: factor on the learning rate in every `decay_every` steps")
    decay_every: int = Field(10000, ge=1, description="training steps")

    @model_validator(mode="after")
    def _fits(self) -> InbetweenConfiguration:
        coarsest = 2 ** len(self.networks.filters)
        if self.patch < 2 * coarsest:
            raise ValueError(f"patch = {self.patch} is too small to be halved {len(self.networks.filters)} times")
        return self

    def unfit(self) -> str | None:
        height, width = self.size
        if min(height, width) >= self.patch:
            return None
        return (
            f"the images are {height} x {width} pixels, smaller than a patch of side {self.patch}: give larger images, "
            "or a smaller patch with --set patch"
        )

    def operations(self, shown: int) -> float:
        pairs = len({(w.stack, w.first, w.last, w.place, w.number) for w in self.windows})
        patches = math.prod(1 + max(0, math.ceil((size - self.patch) / self.stride)) for size in self.size)
        steps = self.epochs * self.steps_per_epoch * pairs
        return 6.0 * self.products(self.patch, 2) * min(self.batch, patches) * steps  # forward 2, backward 4

    def derived(self) -> dict[str, float]:
        return {"training_steps": float(self.epochs * self.steps_per_epoch)}


PUBLISHED: dict[str, dict[str, Any]] = {
    "table-2": {
        "networks": Networks(encoder=[32, 64, 128, 64, 32, 16, 8], ends=16, filters=[16, 32, 64], bottleneck=128),
        "evolution_steps": 10, "stride": 1, "magnitude_weight": 0.01, "smoothness_weight": 0.01, "decay": 0.8,
    },
    "table-3": {
        "networks": Networks(), "evolution_steps": 8, "stride": 10, "magnitude_weight": 0.001,
        "smoothness_weight": 0.06, "decay": 0.9,
    },
    "table-4": {
        "networks": Networks(), "evolution_steps": 10, "stride": 10, "magnitude_weight": 0.01,
        "smoothness_weight": 0.01, "decay": 0.8,
    },
}  # fmt: skip
"""The examples of Han 2023 by the name of their table. λ_AE = 1, α = 0.0001, patches of 256², Δt = 0.1 in all three."""


def published(table: str, **fields: Any) -> InbetweenConfiguration:
    """The configuration of a table of Han 2023; ValueError if there is none of that name."""
    if table not in PUBLISHED:
        raise ValueError(f"Han 2023 has no {table!r}; choose among {', '.join(PUBLISHED)}")
    return InbetweenConfiguration(**(PUBLISHED[table] | fields))
