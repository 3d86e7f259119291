"""What learning a motion takes: the networks and the weights of the losses (Han 2023, tables 2 to 4)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Literal, NamedTuple

from pydantic import Field

from trainables.base import TrainableConfiguration
from trainables.configuration import Configuration


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
