"""A penalty on the change of the field over time, without any transport: the control of the transport regularizers.

    L = mean over sequences, x and t of  (∂f/∂t)²       (`squared`)
    L = mean over sequences, x and t of  |∂f/∂t|        (`total-variation`)

Not of Martens 2025: if this helps as much as transport does, any smoothing would have done. x and t are drawn uniformly
on the domain in every step; the derivative is a central difference over `step`, so that the decoder is differentiated
in its parameters only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from trainables.autodecoder.regularizers.base import Problem, Regularizer
from trainables.shapes.sequence import SPACE

if TYPE_CHECKING:
    from torch import Tensor

    from trainables.autodecoder.regularizers.base import Decode, LossTerm


class TemporalSmoothness(Regularizer):
    """`strength` times the mean square, or the mean, of the speed at which the field changes."""

    name: ClassVar[str] = "temporal-smoothness"
    sizes: ClassVar[Mapping[str, Mapping[str, Any]]] = {"laptop": {"points": 512}, "smoke": {"points": 128}}

    strength: float = Field(0.01, ge=0, description="weight of the term")
    norm: Literal["squared", "total-variation"] = Field("squared", description="(∂f/∂t)² or |∂f/∂t|")
    points: int = Field(4096, ge=1, description="points (x, t) drawn in each step")
    step: float = Field(1e-3, gt=0, le=0.1, description="difference in t over which the derivative is taken")

    @property
    def weight(self) -> float:
        return self.strength

    def points_in_a_step(self, shown: int, dimension: int = SPACE) -> int:
        return 2 * self.points

    def prepare(self, problem: Problem) -> LossTerm:
        import torch

        def loss(decode: Decode) -> Tensor:
            drawn = problem.drawn(self.points)
            x, earlier = drawn[..., :-1], (1 - self.step) * drawn[..., -1:]
            both = [torch.cat([x, time], dim=-1) for time in (earlier, earlier + self.step)]
            before, after = decode(torch.cat(both, dim=2)).chunk(2, dim=2)
            speed = (after - before) / self.step
            return (speed.square() if self.norm == "squared" else speed.abs()).mean((1, 2))

        return loss
