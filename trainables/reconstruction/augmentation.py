"""Flips and quarter turns in the plane of the image, drawn for every item of a batch (Waibel 2022, section 4.2).

The image is a slice of the volume across its depth, so that both are moved alike and the depth stays.
"""

from __future__ import annotations

import torch
from torch import Tensor


def augmented(inputs: Tensor, volumes: Tensor, chance: float, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """inputs `(B, C, n, n)` and volumes `(B, n, n, n)`, each item changed by draws of its own.

    Each of three changes has the given `chance`: reversed columns, reversed rows, one to three quarter turns.
    """
    pairs = [_changed(*pair, chance, generator) for pair in zip(inputs, volumes, strict=True)]
    return torch.stack([pair[0] for pair in pairs]), torch.stack([pair[1] for pair in pairs])


def _changed(image: Tensor, volume: Tensor, chance: float, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    drawn = torch.rand(3, generator=generator).tolist()
    quarters = int(torch.randint(1, 4, (), generator=generator))
    for axis, value in ((-1, drawn[0]), (-2, drawn[1])):
        if value < chance:
            image, volume = image.flip(axis), volume.flip(axis)
    if drawn[2] < chance:
        image, volume = image.rot90(quarters, (-2, -1)), volume.rot90(quarters, (-2, -1))
    return image, volume
