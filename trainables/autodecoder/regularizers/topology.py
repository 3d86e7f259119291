"""Persistence diagrams of the shapes between the shown frames (after Waibel 2022, eq. 3).

    L_topology = mean over sequences and drawn times t of  Σ_d ( [same] W_q(D_t, D_near) + Pers_q(D_t) ) + [not same] e

D_t is the diagram, superlevel, construction T, of the occupancy σ(−β f) on a regular grid. [same]: the two shown frames
around t have the same Betti numbers there; then D_t is compared with the diagram of the nearer one. Between frames of
different topology nobody knows which to expect: there is total persistence alone, which asks for no more than one solid
piece. Total persistence would also be content with no piece at all; the component that never dies, which it leaves out,
is therefore held to that of the nearer frame at all times: it is a point of W_q, and e is its L∞ distance.

Times are drawn anew in each step, one in each of `time_samples` equal parts of [0, 1].

# R = network, N = sequence, M = time samples, n = grid, D = dimensions of features, d = dimension of the shapes
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from pydantic import Field, field_validator

from trainables.autodecoder.regularizers.base import Problem, Regularizer
from trainables.shapes.sequence import SPACE, ShapeSequence, grid_points, grid_spacing

if TYPE_CHECKING:
    from torch import Tensor

    from trainables.autodecoder.regularizers.base import Decode, LossTerm
    from trainables.topology.complexes import Array


class Topology(Regularizer):
    """`strength` times how far the topology between the frames is from that of the frames."""

    name: ClassVar[str] = "topology"
    sizes: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "laptop": {"grid": 12, "time_samples": 2, "warm_up": 60},
        "smoke": {"grid": 8, "time_samples": 1, "warm_up": 10},
    }

    strength: float = Field(0.1, ge=0, description="λ, weight of the term")
    beta: float = Field(8.0, gt=0, description="β, steepness of the occupancy, 1 / domain unit")
    grid: int = Field(16, ge=4, le=64, description="points of the grid along each axis")
    time_samples: int = Field(4, ge=1, description="times drawn in each step")
    dimensions: list[int] = Field(
        [0, 1, 2], min_length=1, description="components 0, loops 1, cavities 2; no cavities in the plane"
    )
    order: float = Field(2.0, ge=1, description="q of W_q and Pers_q")
    warm_up: int = Field(200, ge=0, description="epochs trained without this term")

    @field_validator("dimensions")
    @classmethod
    def _known(cls, value: list[int]) -> list[int]:
        if len(set(value)) < len(value) or not set(value) <= {0, 1, 2}:
            raise ValueError("choose one or more of 0, 1 and 2, each once")
        return value

    @property
    def weight(self) -> float:
        return self.strength

    def derived(self) -> dict[str, float]:
        """β in units of the grid's spacing: how sharp an edge of the occupancy is on the grid."""
        return {"beta_times_spacing": self.beta * grid_spacing(self.grid)}

    def points_in_a_step(self, shown: int, dimension: int = SPACE) -> int:
        return self.time_samples * self.grid**dimension

    def unfit(self, dimension: int = SPACE) -> str | None:
        if min(self.dimensions) < dimension:
            return None
        return f"dimensions = {self.dimensions}: shapes in the plane have no cavities; choose 0 or 1"

    def prepare(self, problem: Problem) -> LossTerm:
        import torch

        n, m, d = self.grid, self.time_samples, problem.dimension
        x = grid_points(n, problem.device, d).reshape(1, 1, n**d, d)
        frames = [[self._frames(s, problem.train_times) for s in mine] for mine in problem.sequences]
        shown = np.array(problem.train_times)

        def loss(decode: Decode) -> Tensor:
            drawn = torch.stack([torch.rand(m, generator=g) for g in problem.generators])
            times = (torch.arange(m) + drawn) / m  # (R, M)
            replicates = len(times)
            t = times.to(x).view(replicates, m, 1, 1).expand(-1, -1, n**d, 1)
            points = torch.cat([x.expand(replicates, m, -1, -1), t], dim=-1).view(replicates, 1, m * n**d, d + 1)
            sdf = decode(points)
            # A replicate that has diverged must not stop the others; its loss is NaN, which the guard names.
            finite = sdf.isfinite().all(-1)
            sdf = torch.where(finite.unsqueeze(-1), sdf, 0.0)
            sequences = sdf.shape[1]
            expected = [
                _expected(frames[min(r, len(frames) - 1)][i], shown, float(times[r, k]))
                for r in range(replicates)
                for i in range(sequences)
                for k in range(m)
            ]
            terms = self._terms(torch.sigmoid(-self.beta * sdf).view(-1, *d * (n,)), expected)
            return torch.where(finite, terms.view(replicates, sequences, m).mean(-1), torch.nan).mean(-1)

        return loss

    def _frames(self, sequence: ShapeSequence, times: Sequence[float]) -> list[tuple[list[Array], tuple[int, ...]]]:
        """Diagrams and Betti numbers of each shown frame."""
        import torch

        from trainables.topology import betti_numbers, diagrams

        sdf = torch.stack([sequence.sdf(sequence.grid(self.grid), time) for time in times])
        found = diagrams(torch.sigmoid(-self.beta * sdf), self.dimensions, essential="last")
        return [
            ([diagram.double().numpy() for diagram in mine], betti_numbers((frame < 0).numpy()))
            for mine, frame in zip(found, sdf, strict=True)
        ]

    def _terms(self, occupancy: Tensor, expected: list[tuple[list[Array], bool]]) -> Tensor:
        """The term of each volume `(B, n, …)`, given its diagrams at the nearer frame and whether they are all to be
        compared, or no more than the component that never dies."""
        import torch

        from trainables.topology.distances import total_persistences, wasserstein_distances
        from trainables.topology.persistence import points

        table, counts = points(occupancy, self.dimensions, "superlevel", "T", "last")
        compared, others, numbers = np.ones(len(table), dtype=bool), [], []
        never_dies = np.zeros(len(table), dtype=bool)
        groups = [
            (d, diagram, same) for near, same in expected for d, diagram in zip(self.dimensions, near, strict=True)
        ]
        start = 0
        for count, (dimension, diagram, same) in zip(counts, groups, strict=True):
            # The component that never dies is the first point, if there are any.
            held = 1 if dimension == 0 else 0
            never_dies[start : start + min(held, count)] = True
            if not same:
                compared[start + min(held, count) : start + count] = False
            others.append(diagram if same else diagram[:held])
            numbers.append(count if same else min(held, count))
            start += count
        chosen = torch.from_numpy(compared).to(table.device)
        finite_life = torch.from_numpy(~never_dies).to(table)
        distances = wasserstein_distances(table[chosen], numbers, others, self.order)
        persistences = total_persistences(table * finite_life.unsqueeze(1), counts, self.order)
        return (distances + persistences).view(len(occupancy), -1).sum(1)


def _expected(frames: list[tuple[list[Array], tuple[int, ...]]], shown: Array, time: float) -> tuple[list[Array], bool]:
    """Diagrams of the frame nearest to a time, and whether the frames around it have the same Betti numbers."""
    after = int(np.clip(np.searchsorted(shown, time), 1, len(shown) - 1))
    before = after - 1
    nearer = before if time - shown[before] <= shown[after] - time else after
    return frames[nearer][0], frames[before][1] == frames[after][1]
