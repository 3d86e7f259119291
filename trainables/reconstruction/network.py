"""SHAPR: one image and its mask to a volume (D. Waibel et al., bioRxiv 2021.09.29.462353; Waibel 2022, section 4.1).

The encoder treats the image as a volume of depth 1: three blocks of two convolutions 1×3×3 with two poolings 1×2×2, and
a sigmoid bottleneck. The decoder doubles the depth at each of log2(n) transposed convolutions, two of which also double
the other two sides. For n = 64 the channels, in units of `filters` f, are

    2 → 1 (64²) → 2 (32²) → 4, 8 (16²) │ 8 → 8 → 8 → 4 (depth 4) → 4 (8, 32²) → 4 (16) → 2 (32) → 1 (64³) → 1 (logit)

For n = 32 there is one doubling of the depth alone less, for n = 128 one more. The last convolution has a bias, which
that of the public code has not: without it, where all features behind the last rectifier are off, the logit is 0, and
networks were seen whose likelihood never passed 1/2.

# B = images, C = channels, D, H, W = depth, height, width, n = side of the volume
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from trainables.reconstruction.architecture import stages

FAST = torch.channels_last_3d
"""Order of a volume's axes in memory: convolutions with few channels take less than half the time on processors."""


class Shapr(nn.Module):
    """Mask and image × mask `(B, 2, n, n)` → logits of the volume `(B, n, n, n)`, depth first."""

    def __init__(self, resolution: int, filters: int, decoder_depth: int = 1) -> None:
        super().__init__()
        f = filters
        self.encoder = nn.Sequential(
            _block(2, f),
            nn.MaxPool3d((1, 2, 2)),
            _block(f, 2 * f),
            nn.MaxPool3d((1, 2, 2)),
            _block(2 * f, 4 * f),
            nn.Conv3d(4 * f, 8 * f, (1, 3, 3), padding="same", bias=False),
            nn.Sigmoid(),
        )
        layers: list[nn.Module] = []
        channels = 8 * f
        for out, sides in stages(f, resolution):
            layers += [_block(channels, out, decoder_depth), nn.ConvTranspose3d(out, out, sides, stride=sides)]
            channels = out
        self.decoder = nn.Sequential(*layers, _block(channels, f, decoder_depth), nn.Conv3d(f, 1, 3, padding="same"))
        self.resolution = resolution
        self.to(memory_format=FAST)  # type: ignore[call-overload]

    def forward(self, images: Tensor) -> Tensor:
        volumes = images.unsqueeze(2).contiguous(memory_format=FAST)
        logits: Tensor = self.decoder(self.encoder(volumes))
        return logits.squeeze(1)


class Discriminator(nn.Module):
    """Volume of likelihoods `(B, n, n, n)` → logit that it is a true one `(B,)`."""

    def __init__(self, filters: int) -> None:
        super().__init__()
        blocks: list[nn.Module] = []
        channels = 1
        for factor in (1, 2, 4, 8):
            blocks += [_block(channels, factor * filters), nn.MaxPool3d(2)]
            channels = factor * filters
        self.blocks = nn.Sequential(*blocks, nn.Conv3d(channels, channels, 3, padding="same"), nn.ReLU())
        self.judge = nn.Linear(channels, 1)
        self.to(memory_format=FAST)  # type: ignore[call-overload]

    def forward(self, volumes: Tensor) -> Tensor:
        volumes = volumes.unsqueeze(1).contiguous(memory_format=FAST)
        judged: Tensor = self.judge(self.blocks(volumes).mean((2, 3, 4)))
        return judged.squeeze(1)


def initialised(network: nn.Module, generator: torch.Generator) -> nn.Module:
    """The network with all its weights drawn anew by torch's own rule, from `generator` alone.

    Kaiming-uniform with a = √5, which is U(±1/√fan_in), for weights and biases of convolutions and linear layers.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv3d | nn.ConvTranspose3d | nn.Linear):
            fan_in = module.weight[0].numel()
            for parameter in (module.weight, module.bias):
                if parameter is not None:
                    nn.init.uniform_(parameter, -(fan_in**-0.5), fan_in**-0.5, generator=generator)
    return network


def _block(channels: int, out: int, depth: int = 1) -> nn.Sequential:
    layers: list[nn.Module] = []
    for before in (channels, out):
        layers += [nn.Conv3d(before, out, (depth, 3, 3), padding="same", bias=False), nn.BatchNorm3d(out), nn.ReLU()]
    return nn.Sequential(*layers)
