"""What a training step compares: frames of any of a network's sequences, at points mostly near or inside the surface.

Wiesner et al. 2024: five frames a step, 70 % of the points from SDF ≤ 0.3 and 30 % from beyond. They normalise each SDF
by its maximum; here lengths stay in domain units.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from trainables.shapes.sequence import LOWER, SIDE, ShapeSequence

# Candidates drawn per frame, once; every step then draws from the two pools they fall into.
_CANDIDATES = 1 << 18


def batches(sequences: int, frames: int, size: int, epoch: int) -> list[list[tuple[int, int]]]:
    """The steps of an epoch: (sequence, frame) of each of up to `size` frames; every frame of every sequence once.

    The order depends on the epoch alone, so that a replicate is the same alone and among others.
    """
    order = torch.randperm(sequences * frames, generator=torch.Generator().manual_seed(epoch)).tolist()
    items = [divmod(i, frames) for i in order]
    return [items[i : i + size] for i in range(0, len(items), size)]


@dataclass
class FramePool:
    """Candidate points of one frame with their SDF, those with SDF ≤ near_distance first."""

    points: Tensor
    """`(M, d + 1)`: x, y[, z] in domain units and the frame's time."""
    sdf: Tensor
    """`(M,)`, domain units."""
    near: int
    """How many of them are near."""

    @classmethod
    def of(
        cls,
        sequence: ShapeSequence,
        time: float,
        near_distance: float,
        device: torch.device,
        candidates: int = _CANDIDATES,
    ) -> FramePool:
        """Uniform candidates; the same ones for every trial, so that only what is compared differs."""
        generator = torch.Generator().manual_seed(0)
        x = LOWER + SIDE * torch.rand(candidates, sequence.dimension, generator=generator)
        points = torch.cat([x, torch.full((candidates, 1), time)], dim=1)
        pool = cls.nearest_first(points, sequence.sdf(x, time), near_distance)
        if pool.near == 0:
            raise ValueError(f"{sequence.label} has no point with SDF ≤ {near_distance} at time {time}: nothing to fit")
        return cls(pool.points.to(device), pool.sdf.to(device), pool.near)

    @classmethod
    def nearest_first(cls, points: Tensor, sdf: Tensor, near_distance: float) -> FramePool:
        """These candidates, `(M, d + 1)` and `(M,)`."""
        far = sdf > near_distance
        order = torch.argsort(far.to(torch.uint8), stable=True)
        return cls(points[order], sdf[order], int((~far).sum()))

    def draw(self, count: int, near_fraction: float, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """`count` points `(count, d + 1)` and their SDF `(count,)`."""
        near = count if self.near == len(self.sdf) else round(near_fraction * count)
        chosen = torch.cat(
            [
                torch.randint(self.near, (near,), generator=generator),
                torch.randint(min(self.near, len(self.sdf) - 1), len(self.sdf), (count - near,), generator=generator),
            ]
        ).to(self.sdf.device)
        return self.points[chosen], self.sdf[chosen]
