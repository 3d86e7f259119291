"""What is learned between two images and how: the fields a user sets and a search varies; tables 2 to 4 of Han 2023."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any, ClassVar, Literal, NamedTuple

from pydantic import Field, model_validator

from trainables.base import TrainableConfiguration
from trainables.configuration import Configuration
from trainables.inbetween.windows import WindowsConfiguration


class Networks(Configuration):
    """Filters of the three networks; the defaults are table 4's (and table 3's)."""

    encoder: list[int] = Field([16, 32, 64, 32, 16, 8], min_length=1, description="hidden layers of φ")
    ends: int = Field(32, ge=1, description="input and output layers of ψ and η")
    filters: list[int] = Field([32, 64, 128], min_length=1, description="stages of ψ and η, from fine to coarse")
    bottleneck: int = Field(256, ge=1, description="of ψ and η")
    encoder_kernel: Literal[1, 3, 5] = 3
    decoder_kernel: Literal[1, 3, 5] = 3
    field_kernel: Literal[1, 3, 5] = 5

    def u_net(self, side: int, channels: int) -> list[tuple[int, int, int]]:
        """Side, channels before and channels after of every convolution of `networks.UNet`, which gives `channels`."""
        coarsest, here = side >> len(self.filters), side
        layers, before = [(side, 1, self.ends)], self.ends
        for after in self.filters:
            layers += [(here, before, after), (here, after, after)]
            before, here = after, here // 2
        layers.append((coarsest, before, self.bottleneck))
        before = self.bottleneck
        for after in reversed(self.filters):
            here *= 2
            layers += [(here, before, after), (here, 2 * after, after), (here, after, after)]
            before = after
        return [*layers, (side, before, self.ends), (side, self.ends, channels)]


class Convolution(NamedTuple):
    """One of a training step."""

    inputs: int
    """Images or volumes that it is given, of one pair."""
    side: int
    weights: int
    """Of its kernel."""
    after: int
    """Channels after it."""


class AdvectionConfiguration(TrainableConfiguration):
    """What the advection of images and that of volumes have in common: networks and losses."""

    space: Literal["latent", "image"] = Field("latent", description="where the advection takes place")
    networks: Networks = Networks()
    evolution_steps: int = Field(10, ge=1, le=64, description="N_evolution")
    step_duration: float = Field(0.1, gt=0, description="Δt, of the unit of time of the fields")
    autoencoder_weight: float = Field(1.0, ge=0, description="λ_AE")
    magnitude_weight: float = Field(0.01, ge=0, description="λ_magnitude, of a sum over time steps")
    smoothness_weight: float = Field(0.01, ge=0, description="λ_smooth, of a sum over time steps")

    def products(self, side: int, dimensions: int) -> int:
        """Multiplications of one evaluation of the loss of a pair of images or volumes of that side."""
        return sum(c.inputs * c.weights * c.side**dimensions for c in self.convolutions(side, dimensions))

    def convolutions(self, side: int, dimensions: int) -> Iterator[Convolution]:
        """Those of η, and in the latent space those of φ and ψ, which are given both images of a pair."""
        n = self.networks
        networks = [(1, n.u_net(side, dimensions * self.evolution_steps), n.field_kernel)]
        if self.space == "latent":
            encoder = [(side, before, after) for before, after in itertools.pairwise([1, *n.encoder, 1])]
            networks += [(2, encoder, n.encoder_kernel), (2, n.u_net(side, 1), n.decoder_kernel)]
        for inputs, layers, kernel in networks:
            for here, before, after in layers:
                yield Convolution(inputs, here, before * after * kernel**dimensions, after)


class InbetweenConfiguration(WindowsConfiguration, AdvectionConfiguration):
    """Networks, losses and training of one trial; every pair of images has networks of its own."""

    implementation: ClassVar[str] = "trainables.inbetween.inbetween:Inbetween"

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


DOCUMENT: dict[str, dict[str, Any]] = {
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


def documented(table: str, **fields: Any) -> InbetweenConfiguration:
    """The configuration of a table of the document; ValueError if there is none of that name."""
    if table not in DOCUMENT:
        raise ValueError(f"the document has no {table!r}; choose among {', '.join(DOCUMENT)}")
    return InbetweenConfiguration(**(DOCUMENT[table] | fields))
