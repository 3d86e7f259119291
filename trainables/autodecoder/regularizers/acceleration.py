"""A penalty on the second derivative of the field in time: motion that changes its speed slowly.

    L = mean over sequences, x and t of  (τ² ∂²f/∂t²)²,    ∂²f/∂t² ≈ (f(t − h τ) − 2 f(t) + f(t + h τ)) / (h τ)²

with τ the mean time between two shown frames: a length squared, whatever is shown. Of all fields through the shown
frames the cubic spline has the smallest such energy (Schoenberg 1964), so that a network that is added to `linear` and
kept near it (`departure.py`) is a spline in tension: between the two, as its strength says. At shown times a blend's
speed jumps by Δ; over a finite h this costs about ⅔ τ Δ² / h, not infinity.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from trainables.autodecoder.regularizers.base import Problem, Regularizer
from trainables.shapes.sequence import SPACE

if TYPE_CHECKING:
    from torch import Tensor

    from trainables.autodecoder.regularizers.base import Decode, LossTerm


class Acceleration(Regularizer):
    """`strength` times the mean square of the field's second derivative in time."""

    name: ClassVar[str] = "acceleration"
    sizes: ClassVar[Mapping[str, Mapping[str, Any]]] = {"laptop": {"points": 512}, "smoke": {"points": 128}}

    strength: float = Field(0.1, ge=0, description="weight of the term")
    points: int = Field(4096, ge=1, description="points (x, t) drawn in each step")
    step: float = Field(0.1, gt=0, le=0.5, description="h, over which the derivative is taken, in times between frames")

    @property
    def weight(self) -> float:
        return self.strength

    def points_in_a_step(self, shown: int, dimension: int = SPACE) -> int:
        return 3 * self.points

    def prepare(self, problem: Problem) -> LossTerm:
        import torch

        step = self.step * (problem.train_times[-1] - problem.train_times[0]) / (len(problem.train_times) - 1)

        def loss(decode: Decode) -> Tensor:
            drawn = problem.drawn(self.points)
            x, middle = drawn[..., :-1], step + (1 - 2 * step) * drawn[..., -1:]
            three = [torch.cat([x, middle + shift], dim=-1) for shift in (-step, 0.0, step)]
            before, now, after = decode(torch.cat(three, dim=2)).chunk(3, dim=2)
            return ((before - 2 * now + after) / self.step**2).square().mean((1, 2))

        return loss
