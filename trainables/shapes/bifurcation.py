"""A sphere that splits into two (seed 000, section 4.1.2).

    c₁ = |x − (s t, 0, 0)| − r,   c₂ = |x + (s t, 0, 0)| − r,   SDF = −ln(e^{−k c₁} + e^{−k c₂}) / k

with s = 3/2, r = 1 and k = 5. The blended field is not a distance: it is ln 2 / k too small where both spheres are
equally near, so that the radius at t = 0 is r + ln 2 / k = 1.139.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from trainables.shapes.sequence import ShapeSequence

if TYPE_CHECKING:
    from torch import Tensor


class Bifurcation(ShapeSequence):
    """Smooth union of two spheres that move apart along x."""

    name: ClassVar[str] = "bifurcation"

    smoothing: float = Field(5.0, gt=0, description="k, the sharpness of the blending, 1 / domain unit")
    speed: float = Field(1.5, gt=0, le=1.8, description="s, domain units per unit of time")
    radius: float = Field(1.0, gt=0, le=1.0, description="r, domain units")

    def true_bifurcation_time(self) -> float | None:
        """The time at which the field at the origin, s t − r − ln 2 / k, becomes positive: 0.759 by default."""
        time = (self.radius + math.log(2) / self.smoothing) / self.speed
        return time if time < 1 else None

    def sdf(self, points: Tensor, time: float) -> Tensor:
        import torch

        offset = points.new_tensor([self.speed * time, 0.0, 0.0])
        c1 = (points - offset).norm(dim=-1) - self.radius
        c2 = (points + offset).norm(dim=-1) - self.radius
        return -torch.logaddexp(-self.smoothing * c1, -self.smoothing * c2) / self.smoothing
