"""Encoder φ, decoder ψ and field network η (Han 2023, section 3.3.2 and figure 2).

φ is convolutions only, so that a pixel of the latent depends on its neighbourhood alone. ψ and η are U-Nets that scale
up by resizing and a convolution (no chessboard pattern) and resize what they skip instead of cropping it. Leaky ReLU of
slope 0.2 after every hidden layer. The initialisation, of which Han 2023 says nothing, is He's for that slope: with
smaller weights, such as PyTorch's own, nothing but a bias comes out of so many layers, and the training stays there.

The same networks serve volumes: each takes the number of dimensions d, 2 or 3, and convolves, pools and resizes in so
many.

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

from trainables.advection import semi_lagrangian

if TYPE_CHECKING:
    from trainables.advection.configuration import AdvectionConfiguration

# B = images, … = the d axes: (H, W) of images, (D, H, W) of volumes
SLOPE = 0.2
_CONVOLUTION: dict[int, type[nn.Conv2d] | type[nn.Conv3d]] = {2: nn.Conv2d, 3: nn.Conv3d}
_POOLING = {2: functional.max_pool2d, 3: functional.max_pool3d}
_LINEAR = {2: "bilinear", 3: "trilinear"}
_SMALL = 0.1
"""The last layer of η begins with weights this much smaller: the search for a field begins near rest. So do those of φ
and ψ where they are residual."""


class Encoder(nn.Module):
    """`(B, 1, …)` → latent `(B, 1, …)`."""

    def __init__(self, filters: Sequence[int], kernel: int, dimensions: int = 2) -> None:
        super().__init__()
        sizes = [1, *filters]
        hidden = [_convolution(a, b, kernel, dimensions) for a, b in itertools.pairwise(sizes)]
        self.layers = nn.Sequential(*hidden, _linear(sizes[-1], 1, kernel, dimensions))

    def forward(self, images: Tensor) -> Tensor:
        if _is_one_volume(images):
            return self.forward(images.expand(2, -1, -1, -1, -1))[:1]
        latent: Tensor = self.layers(images)
        return latent


class UNet(nn.Module):
    """`(B, 1, …)` → `(B, channels, …)`; `filters` from fine to coarse, `ends` of the first and last layer."""

    def __init__(
        self, channels: int, ends: int, filters: Sequence[int], bottleneck: int, kernel: int, dimensions: int = 2
    ) -> None:
        super().__init__()
        d = dimensions
        self.first = _convolution(1, ends, kernel, d)
        before = [ends, *filters]
        self.down = nn.ModuleList(_stage(a, b, kernel, d) for a, b in zip(before, filters, strict=False))
        self.bottleneck = _convolution(filters[-1], bottleneck, kernel, d)
        below = [bottleneck, *reversed(filters)]
        self.resized = nn.ModuleList(
            _convolution(a, b, kernel, d) for a, b in zip(below, reversed(filters), strict=False)
        )
        self.up = nn.ModuleList(_stage(2 * b, b, kernel, d) for b in reversed(filters))
        self.last = _convolution(filters[0], ends, kernel, d)
        self.output = _linear(ends, channels, kernel, d)
        self._pool = _POOLING[d]

    def forward(self, images: Tensor) -> Tensor:
        if _is_one_volume(images):
            return self.forward(images.expand(2, -1, -1, -1, -1))[:1]
        found = self.first(images)
        skipped = []
        for stage in self.down:
            found = stage(found)
            skipped.append(found)
            found = self._pool(found, 2)
        found = self.bottleneck(found)
        for resized, stage, skip in zip(self.resized, self.up, reversed(skipped), strict=True):
            found = resized(functional.interpolate(found, scale_factor=2.0, mode="nearest"))
            found = stage(torch.cat([found, _resized(skip, found)], dim=1))
        output: Tensor = self.output(self.last(_resized(found, images)))
        return output


class Model(nn.Module):
    """Φ = ψ ∘ P ∘ (φ, η) (Han 2023, eq. 3a); in image space φ and ψ are the identity.

    Where they are `residual`, φ and ψ give what they add to it, and begin near it.
    """

    def __init__(self, configuration: AdvectionConfiguration, dimensions: int = 2, residual: bool = False) -> None:
        super().__init__()
        c, n, d = configuration, configuration.networks, dimensions
        self.steps, self.duration, self.dimensions = c.evolution_steps, c.step_duration, d
        self.residual = residual and c.space == "latent"
        self.field = UNet(d * c.evolution_steps, n.ends, n.filters, n.bottleneck, n.field_kernel, d)
        latent = c.space == "latent"
        self.encoder: nn.Module = Encoder(n.encoder, n.encoder_kernel, d) if latent else nn.Identity()
        self.decoder: nn.Module = (
            UNet(1, n.ends, n.filters, n.bottleneck, n.decoder_kernel, d) if latent else nn.Identity()
        )
        self._initialise()

    @torch.no_grad()
    def _initialise(self) -> None:
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.Conv3d):
                nn.init.kaiming_normal_(layer.weight, a=SLOPE)
                if layer.bias is not None:
                    layer.bias.zero_()
        near_zero: list[nn.Module] = [self.field.output]
        if self.residual:
            near_zero += [self.encoder.layers[-1], self.decoder.output]  # type: ignore[index,list-item]
        for layer in near_zero:
            layer.weight.mul_(_SMALL)  # type: ignore[operator]

    def encode(self, images: Tensor) -> Tensor:
        """`(B, 1, …)` → latent of the same shape."""
        latent: Tensor = self.encoder(images)
        return images + latent if self.residual else latent

    def decode(self, latent: Tensor) -> Tensor:
        """Latent `(B, 1, …)` → images."""
        images: Tensor = self.decoder(latent)
        return latent + images if self.residual else images

    def fields(self, images: Tensor) -> Tensor:
        """`(B, 1, …)` → fields of the N steps `(B, N, d, …)`."""
        found: Tensor = self.field(images)
        return found.view(len(images), self.steps, self.dimensions, *images.shape[2:])

    def evolve(self, latent: Tensor, fields: Tensor) -> Tensor:
        """States `(B, N + 1, 1, …)`."""
        return semi_lagrangian.evolution(latent, fields, self.duration)


def _is_one_volume(images: Tensor) -> bool:
    """Whether this is a batch that a processor convolves faster twice: PyTorch 2.13 takes its slow path (ten times as
    long on one thread, measured) for a single volume, few channels and kernels of 3."""
    return images.dim() == 5 and len(images) == 1 and images.device.type == "cpu"


def _linear(before: int, after: int, kernel: int, dimensions: int) -> nn.Conv2d | nn.Conv3d:
    """A convolution that keeps the size."""
    return _CONVOLUTION[dimensions](before, after, kernel, padding=kernel // 2)


def _convolution(before: int, after: int, kernel: int, dimensions: int) -> nn.Module:
    return nn.Sequential(_linear(before, after, kernel, dimensions), nn.LeakyReLU(SLOPE))


def _stage(before: int, after: int, kernel: int, dimensions: int) -> nn.Module:
    return nn.Sequential(
        _convolution(before, after, kernel, dimensions), _convolution(after, after, kernel, dimensions)
    )


def _resized(values: Tensor, like: Tensor) -> Tensor:
    """`values` with the axes of `like`."""
    size = like.shape[2:]
    if values.shape[2:] == size:
        return values
    return functional.interpolate(values, size=size, mode=_LINEAR[len(size)], align_corners=False)
