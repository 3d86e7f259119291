"""Barycenters across sequences as anchors of the latent space (proposed in Martens 2025, chapter 6).

    L = mean over pairs of sequences n < m, shown times t_j and the grid of
        | f(x, t_j, (z_n + z_m) / 2) − f_bary(x; n, m, t_j) |

f_bary is the signed distance of the Wasserstein barycenter, with equal weights, of the frames of two training sequences
at the same shown time. It depends on the shown frames alone, and is computed once. What the decoder makes of a code
half way between two training codes is thereby asked to be the shape half way between their shapes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import combinations
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from trainables.autodecoder.regularizers.base import Problem, Regularizer
from trainables.shapes.sequence import SPACE, ShapeSequence, grid_points

if TYPE_CHECKING:
    from torch import Tensor

    from trainables.autodecoder.regularizers.base import Decode, LossTerm


class CrossSequenceBarycenter(Regularizer):
    """`gamma` times the mean L1 distance to barycenters of two sequences, at the mean of their codes."""

    name: ClassVar[str] = "cross-sequence-barycenter"
    sizes: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "laptop": {"grid": 32, "points": 128},
        "smoke": {"grid": 24, "points": 64},
    }

    mixes: ClassVar[bool] = True

    gamma: float = Field(0.1, ge=0, description="weight of the term")
    grid: int = Field(64, ge=8, le=256, description="points along each axis of the grid on which they are computed")
    blur_voxels: float = Field(1.0, ge=1, description="entropic blur of the barycenter, in voxels")
    points: int = Field(2048, ge=1, description="grid points drawn anew per anchor and step")

    @property
    def weight(self) -> float:
        return self.gamma

    def points_in_a_step(self, shown: int, dimension: int = SPACE) -> int:
        """With four sequences: six pairs, so 1.5 mixtures for each."""
        return math.ceil(1.5 * shown * self.points)

    def prepare(self, problem: Problem) -> LossTerm:
        """Raises ValueError if a network has one sequence only."""
        import torch

        count = len(problem.sequences[0])
        if count < 2:
            raise ValueError(f"{self.name} needs networks of at least two sequences, this one has {count}")
        pairs = list(combinations(range(count), 2))
        targets = torch.stack([self._anchors(mine, pairs, problem.train_times) for mine in problem.sequences])
        targets = targets.to(problem.device)  # (R | 1, A, J, G): A pairs, J shown times, G grid points
        *_, times, size = targets.shape
        mean_of_two = torch.zeros(len(pairs), count, device=problem.device)
        for row, pair in enumerate(pairs):
            mean_of_two[row, list(pair)] = 0.5
        d = problem.dimension
        x = grid_points(self.grid, problem.device, d).reshape(size, d)
        t = torch.tensor(problem.train_times, device=problem.device, dtype=x.dtype).view(1, 1, times, 1, 1)

        def loss(decode: Decode) -> Tensor:
            drawn = [torch.randint(size, (self.points,), generator=g) for g in problem.generators]
            chosen = torch.stack(drawn).to(x.device)  # (R, P)
            shape = (len(chosen), len(pairs), times, self.points)
            coordinates = x[chosen].view(len(chosen), 1, 1, self.points, d).expand(*shape, d)
            points = torch.cat([coordinates, t.expand(*shape, 1)], dim=-1).flatten(2, 3)
            index = chosen.view(len(chosen), 1, 1, self.points).expand(shape)
            truth = targets.expand(len(chosen), -1, -1, -1).gather(3, index)
            return (decode(points, mean_of_two) - truth.flatten(2)).abs().mean((1, 2))

        return loss

    def _anchors(self, sequences: list[ShapeSequence], pairs: list[tuple[int, int]], times: list[float]) -> Tensor:
        """SDFs of the barycenters, `(pairs, times, grid points)`."""
        from trainables.shapes.barycenters import barycenter_sdf

        frames = [(sequence, time) for sequence in sequences for time in times]
        weights = [(n * len(times) + j, m * len(times) + j, 0.5) for n, m in pairs for j in range(len(times))]
        sdfs = barycenter_sdf(frames, weights, self.grid, self.blur_voxels)
        return sdfs.view(len(pairs), len(times), -1)
