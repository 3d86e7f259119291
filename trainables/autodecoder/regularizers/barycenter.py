"""Wasserstein barycenters of consecutive frames as targets between them (Martens 2025, eqs. 3.9–3.10).

    L_bary = mean over sequences, frames j and k = 1…K of  mean over the grid of  | f(x, t_jk) − f_bary(x, t_jk) |
    t_jk = t_j + k/(K+1) (t_{j+1} − t_j)

The barycenters depend on the shown frames alone; they are computed once and kept on disk (`shapes/barycenters.py`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from trainables.autodecoder.regularizers.base import Problem, Regularizer
from trainables.shapes.sequence import SPACE, ShapeSequence, grid_points

if TYPE_CHECKING:
    from torch import Tensor

    from trainables.autodecoder.regularizers.base import Decode, LossTerm


class Barycenter(Regularizer):
    """γ times the mean L1 distance of the prediction to K barycenters between each two shown frames."""

    name: ClassVar[str] = "barycenter"
    sizes: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper": {"points": 8192},
        "laptop": {"grid": 32, "points": 256},
        "smoke": {"grid": 24, "points": 128},
    }

    gamma: float = Field(0.5, ge=0, description="γ, weight of the term")
    count: int = Field(1, ge=1, le=64, description="K, barycenters between two consecutive frames")
    grid: int = Field(64, ge=8, le=256, description="points along each axis of the grid on which they are computed")
    blur_voxels: float = Field(1.0, ge=1, description="entropic blur of the barycenter, in voxels")
    subsample: int = Field(2, ge=1, description="the loss uses every subsample-th grid point along each axis")
    points: int | None = Field(
        None, ge=1, description="grid points drawn anew per barycenter and step; all of them if not given"
    )

    @property
    def weight(self) -> float:
        return self.gamma

    def apart(self) -> range:
        """How many steps two frames may be from each other whose barycenters are targets."""
        return range(1, 2)

    def points_in_a_step(self, shown: int, dimension: int = SPACE) -> int:
        size = math.ceil(self.grid / self.subsample) ** dimension
        pairs = sum(max(0, shown - steps) for steps in self.apart())
        return pairs * self.count * min(self.points or size, size)

    def prepare(self, problem: Problem) -> LossTerm:
        import torch

        from trainables.shapes.barycenters import barycenter_sdf, between, frames_of

        fractions = [k / (self.count + 1) for k in range(1, self.count + 1)]
        times, weights = between(problem.train_times, fractions, self.apart())
        d = problem.dimension
        step = (slice(None, None, self.subsample),) * d

        def of(sequence: ShapeSequence) -> Tensor:
            frames = frames_of(sequence, problem.train_times)
            return barycenter_sdf(frames, weights, self.grid, self.blur_voxels)[:, *step]

        targets = problem.each(of).flatten(3)  # (R | 1, N, B, G): B barycenters, G grid points
        _, sequences, barycenters, size = targets.shape
        x = grid_points(self.grid, problem.device, d)[step].reshape(size, d)
        t = torch.tensor(times, device=problem.device, dtype=x.dtype).view(1, 1, barycenters, 1, 1)

        def loss(decode: Decode) -> Tensor:
            if self.points is None or self.points >= size:
                chosen = torch.arange(size, device=x.device).view(1, size)
            else:
                chosen = torch.stack([torch.randint(size, (self.points,), generator=g) for g in problem.generators]).to(
                    x.device
                )
            replicates, drawn = chosen.shape
            coordinates = x[chosen].view(replicates, 1, 1, drawn, d).expand(-1, sequences, barycenters, -1, -1)
            instants = t.expand(replicates, sequences, -1, drawn, -1)
            points = torch.cat([coordinates, instants], dim=-1).view(replicates, sequences, -1, d + 1)
            if drawn == size:
                truth = targets
            else:
                index = chosen.view(replicates, 1, 1, drawn).expand(-1, sequences, barycenters, -1)
                truth = targets.expand(replicates, -1, -1, -1).gather(3, index)
            return (decode(points) - truth.flatten(2)).abs().mean((1, 2))

        return loss
