"""Patches of a pair of images: where they lie, how they are normalised, and how they are put together again.

Each pair of patches is scaled to [-1, 1] by the least and greatest value of both (Han 2023, section 4), which
does not say whether the two share a range: with ranges of their own what stays the same would change its value. The
range is kept, and undone before anything is measured.

# P = patches of side n
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from trainables.advection.patches import Patches
from trainables.inbetween.pictures import Array, Pair

Corner = tuple[int, int]


def corners(shape: tuple[int, int], side: int, stride: int) -> list[Corner]:
    """Upper left corners of patches every `stride` pixels; the last ones end at the image's edge, so that no pixel is
    left out. ValueError if the image is smaller than a patch."""
    if min(shape) < side:
        raise ValueError(f"an image of {shape[0]} x {shape[1]} pixels is smaller than a patch of side {side}")
    axes = [[*range(0, size - side, stride), size - side] for size in shape]
    return [(top, left) for top in axes[0] for left in axes[1]]


def cut(pair: Pair, places: list[Corner], side: int, device: torch.device, start: Tensor | None = None) -> Patches:
    """The patches at some corners, and of the field `(2, H, W)` at which those of a model start."""
    stacks = [
        torch.from_numpy(np.stack([image[y : y + side, x : x + side] for y, x in places])[:, None]).to(device)
        for image in (pair.first, pair.last)
    ]
    both = torch.stack(stacks)
    known = torch.isfinite(both)
    low = torch.where(known, both, torch.inf).amin((0, 3, 4), keepdim=True)[0]
    high = torch.where(known, both, -torch.inf).amax((0, 3, 4), keepdim=True)[0]
    empty = ~torch.isfinite(low)
    middle = torch.where(empty, 0.0, (low + high) / 2)
    half = torch.where(empty | (high <= low), 1.0, (high - low) / 2)
    scaled = torch.where(known, (both - middle) / half, 0.0)
    begin = None
    if start is not None:
        begin = torch.stack([start[:, y : y + side, x : x + side] for y, x in places]).to(device)
    return Patches(scaled[0], scaled[1], known[0].float(), known[1].float(), middle, half, begin)


def joined(values: Tensor, places: list[Corner], shape: tuple[int, int]) -> Array:
    """Patches `(P, C, n, n)` put at their corners, `(C, H, W)`; where two overlap, the later one."""
    side = values.shape[-1]
    whole = torch.zeros((values.shape[1], *shape), dtype=values.dtype)
    for patch, (y, x) in zip(values.cpu(), places, strict=True):
        whole[:, y : y + side, x : x + side] = patch
    found: Array = whole.numpy()
    return found
