"""Encoder φ, decoder ψ and field network η (seed 004, section 3.3.2 and figure 2).

φ is convolutions only, so that a pixel of the latent depends on its neighbourhood alone. ψ and η are U-Nets that scale
up by resizing and a convolution (no chessboard pattern) and resize what they skip instead of cropping it. Leaky ReLU of
slope 0.2 after every hidden layer. The initialisation, of which the document says nothing, is He's for that slope: with
smaller weights, such as PyTorch's own, nothing but a bias comes out of so many layers, and the training stays there.

Table 2 lists seven filters of the encoder where the text says six hidden layers: we
take the table.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

from trainables.inbetween import advection

if TYPE_CHECKING:
    from trainables.inbetween.configuration import InbetweenConfiguration

SLOPE = 0.2
_FIELD_SCALE = 0.1
"""The last layer of η begins with weights this much smaller: the search for a field begins near rest."""


class Encoder(nn.Module):
    """`(B, 1, H, W)` → latent `(B, 1, H, W)`."""

    def __init__(self, filters: Sequence[int], kernel: int) -> None:
        super().__init__()
        sizes = [1, *filters]
        hidden = [_convolution(a, b, kernel) for a, b in itertools.pairwise(sizes)]
        self.layers = nn.Sequential(*hidden, nn.Conv2d(sizes[-1], 1, kernel, padding=kernel // 2))

    def forward(self, images: Tensor) -> Tensor:
        latent: Tensor = self.layers(images)
        return latent


class UNet(nn.Module):
    """`(B, 1, H, W)` → `(B, channels, H, W)`; `filters` from fine to coarse, `ends` of the first and last layer."""

    def __init__(self, channels: int, ends: int, filters: Sequence[int], bottleneck: int, kernel: int) -> None:
        super().__init__()
        self.first = _convolution(1, ends, kernel)
        before = [ends, *filters]
        self.down = nn.ModuleList(_stage(a, b, kernel) for a, b in zip(before, filters, strict=False))
        self.bottleneck = _convolution(filters[-1], bottleneck, kernel)
        below = [bottleneck, *reversed(filters)]
        self.resized = nn.ModuleList(
            _convolution(a, b, kernel) for a, b in zip(below, reversed(filters), strict=False)
        )  # fmt: skip
        self.up = nn.ModuleList(_stage(2 * b, b, kernel) for b in reversed(filters))
        self.last = _convolution(filters[0], ends, kernel)
        self.output = nn.Conv2d(ends, channels, kernel, padding=kernel // 2)

    def forward(self, images: Tensor) -> Tensor:
        found = self.first(images)
        skipped = []
        for stage in self.down:
            found = stage(found)
            skipped.append(found)
            found = functional.max_pool2d(found, 2)
        found = self.bottleneck(found)
        for resized, stage, skip in zip(self.resized, self.up, reversed(skipped), strict=True):
            found = resized(functional.interpolate(found, scale_factor=2.0, mode="nearest"))
            found = stage(torch.cat([found, _resized(skip, found)], dim=1))
        output: Tensor = self.output(self.last(_resized(found, images)))
        return output


class Model(nn.Module):
    """Φ = ψ ∘ P ∘ (φ, η) (seed 004, eq. 3a); in image space φ and ψ are the identity."""

    def __init__(self, configuration: InbetweenConfiguration) -> None:
        super().__init__()
        c, n = configuration, configuration.networks
        self.steps, self.duration = c.evolution_steps, c.step_duration
        self.field = UNet(2 * c.evolution_steps, n.ends, n.filters, n.bottleneck, n.field_kernel)
        latent = c.space == "latent"
        self.encoder: nn.Module = Encoder(n.encoder, n.encoder_kernel) if latent else nn.Identity()
        self.decoder: nn.Module = (
            UNet(1, n.ends, n.filters, n.bottleneck, n.decoder_kernel) if latent else nn.Identity()
        )  # fmt: skip

        self._initialise()

    @torch.no_grad()
    def _initialise(self) -> None:
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, a=SLOPE)
                if layer.bias is not None:
                    layer.bias.zero_()
        self.field.output.weight.mul_(_FIELD_SCALE)

    def encode(self, images: Tensor) -> Tensor:
        """`(B, 1, H, W)` → latent of the same shape."""
        latent: Tensor = self.encoder(images)
        return latent

    def decode(self, latent: Tensor) -> Tensor:
        """Latent `(B, 1, H, W)` → images."""
        images: Tensor = self.decoder(latent)
        return images

    def fields(self, images: Tensor) -> Tensor:
        """`(B, 1, H, W)` → fields of the N steps `(B, N, 2, H, W)`."""
        found: Tensor = self.field(images)
        return found.view(len(images), self.steps, 2, *images.shape[-2:])

    def evolve(self, latent: Tensor, fields: Tensor) -> Tensor:
        """States `(B, N + 1, 1, H, W)`."""
        return advection.evolution(latent, fields, self.duration)


def _convolution(before: int, after: int, kernel: int) -> nn.Module:
    return nn.Sequential(nn.Conv2d(before, after, kernel, padding=kernel // 2), nn.LeakyReLU(SLOPE))


def _stage(before: int, after: int, kernel: int) -> nn.Module:
    return nn.Sequential(_convolution(before, after, kernel), _convolution(after, after, kernel))


def _resized(values: Tensor, like: Tensor) -> Tensor:
    """`values` at the height and width of `like`."""
    size = like.shape[-2:]
    if values.shape[-2:] == size:
        return values
    return functional.interpolate(values, size=size, mode="bilinear", align_corners=False)
