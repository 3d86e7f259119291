"""The geometrical loss (2 · Dice + BCE) / 2, on logits (Waibel 2022, section 4.2; the weights are the public code's).

# B = images
"""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

_EMPTY = 1.0
"""Voxels added to both sides of the Dice ratio: of an empty prediction it has a value and a gradient."""


def dice_loss(logits: Tensor, truth: Tensor) -> Tensor:
    """1 − 2 Σ p g / Σ (p + g) of each image, `(B, …)` twice → `(B,)`; p the likelihood, g the truth in [0, 1]."""
    p, g = logits.sigmoid().flatten(1), truth.flatten(1)
    ratio: Tensor = (2 * (p * g).sum(1) + _EMPTY) / (p.sum(1) + g.sum(1) + _EMPTY)
    return 1 - ratio


def supervised_loss(logits: Tensor, truth: Tensor) -> Tensor:
    """(2 · Dice + BCE) / 2 of each image: logits and truth `(B, …)` → `(B,)`."""
    entropy = functional.binary_cross_entropy_with_logits(logits, truth, reduction="none").flatten(1).mean(1)
    return (2 * dice_loss(logits, truth) + entropy) / 2
