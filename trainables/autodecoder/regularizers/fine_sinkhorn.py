"""Sinkhorn distances on a grid on which shapes are more than three points wide, where they are.

On the published grid a ball of radius 1 is three points wide, and what transport says of it is coarse. Here the grid
is finer, and kept to the box around all shown frames: what lies far outside has no mass and costs as much.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from trainables.autodecoder.regularizers.base import Problem
from trainables.autodecoder.regularizers.sinkhorn import Sinkhorn
from trainables.shapes.sequence import grid_points, grid_spacing

if TYPE_CHECKING:
    from torch import Tensor


class FineSinkhorn(Sinkhorn):
    """`sinkhorn`, on a finer grid, in the box around the shown shapes."""

    name: ClassVar[str] = "fine-sinkhorn"
    sizes: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "laptop": {"grid": 15, "time_samples": 5, "warm_up": 60},
        "smoke": {"grid": 9, "time_samples": 4, "warm_up": 10},
    }

    grid: int = Field(21, ge=5, le=128, description="points along each axis of the domain, of which the box is a part")

    def lattice(self, problem: Problem) -> Tensor:
        """The points of `grid_points(grid)` in the box around all frames of all sequences, and one spacing beyond,
        `(n1, n2[, n3], d)`; all points if the frames are empty."""
        import torch

        points = grid_points(self.grid, dimension=problem.dimension)
        frames = [
            sequence.sdf(points, t) for mine in problem.sequences for sequence in mine for t in problem.train_times
        ]
        near = (torch.stack(frames) < grid_spacing(self.grid)).any(0)
        for axis in range(problem.dimension):
            found = near.movedim(axis, 0).flatten(1).any(1).nonzero().flatten().tolist() or [0, self.grid - 1]
            points = points.narrow(axis, found[0], found[-1] - found[0] + 1)
        return points.to(problem.device)
