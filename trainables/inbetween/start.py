"""Where the search for fields begins: at rest, or at the motion of the image as a whole (`registration.py`)."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from trainables.inbetween.flow import sampled, unit
from trainables.inbetween.pictures import Array, Pair
from trainables.inbetween.registration import moved, share, similarity


def motion_of(pair: Pair) -> Array:
    """The motion A `(3, 3)` of `registration.similarity`; the identity, where X₀ is no nearer to X₁ after it."""
    first, last = unit(pair)
    motion = similarity(first, last)
    places = np.indices(first.shape).astype(float)
    feet = moved(np.linalg.inv(motion), places)
    inside = np.logical_and.reduce([(p >= 0) & (p <= n - 1) for p, n in zip(feet, first.shape, strict=True)])
    after = np.abs(sampled(first, feet - places)[0] - last)[inside].mean() if inside.any() else np.inf
    return motion if after < np.abs(first - last)[inside].mean() else np.eye(3)


def field_of(motion: Array, shape: tuple[int, int], steps: int, duration: float, side: int) -> Tensor:
    """The field `(2, H, W)`, x and y in sides of a patch per unit of time, of which `steps` steps of that duration are
    the motion: every foot is exact."""
    places = np.indices(shape).astype(float)
    step = places - moved(share(motion, -1 / steps), places)
    return torch.from_numpy(step[::-1] / (side * duration)).float()
