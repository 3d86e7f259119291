"""A sphere that splits into two (Martens 2025, section 4.1.2), and a family of such shapes; in the plane discs.

    c₁ = |x − s t d| − r,   c₂ = |x + s t d| − r,   SDF = −ln(e^{−k c₁} + e^{−k c₂}) / k

with d = (1, 0[, 0]), s = 3/2, r = 1 and k = 5. The blended field is not a distance: it is ln 2 / k too small where both
spheres are equally near, so that the radius at t = 0 is r + ln 2 / k = 1.139.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from pydantic import Field, ValidationInfo, field_validator

from trainables.shapes.sequence import PLANE, SIDE, SPACE, ShapeSequence

if TYPE_CHECKING:
    from torch import Tensor


class Bifurcation(ShapeSequence):
    """Smooth union of two spheres that move apart along a line through the origin."""

    name: ClassVar[str] = "bifurcation"
    dimensions: ClassVar[frozenset[int]] = frozenset({PLANE, SPACE})
    point_symmetric: ClassVar[bool] = True

    smoothing: float = Field(5.0, gt=0, description="k, the sharpness of the blending, 1 / domain unit")
    speed: float = Field(1.5, gt=0, le=1.8, description="s, domain units per unit of time")
    radius: float = Field(1.0, gt=0, le=1.0, description="r, domain units")
    direction: tuple[float, ...] = Field(
        default_factory=lambda fields: (1.0, 0.0, 0.0)[: fields.get("dimension", SPACE)],
        description="d, of length 1, with a number for each axis",
    )
    member: int | None = Field(None, ge=0, description="number in a family; none for the published shape")

    @field_validator("direction")
    @classmethod
    def _of_length_one(cls, value: tuple[float, ...], known: ValidationInfo) -> tuple[float, ...]:
        if len(value) != (axes := known.data.get("dimension", len(value))):
            raise ValueError(f"a direction has {axes} numbers here, not {len(value)}: one for each axis")
        if abs(math.hypot(*value) - 1) > 1e-6:
            raise ValueError(f"a direction has length 1, not {math.hypot(*value):.6g}: divide it by that")
        return value

    @property
    def label(self) -> str:
        return self.name if self.member is None else f"{self.name}-{self.member:02d}"

    def descriptors(self) -> dict[str, float | str]:
        """What the members of a family differ in, but for the direction."""
        return {} if self.member is None else {"speed": self.speed, "smoothing": self.smoothing}

    def true_bifurcation_time(self) -> float | None:
        """The time at which the field at the origin, s t − r − ln 2 / k, becomes positive: 0.759 by default."""
        time = (self.radius + math.log(2) / self.smoothing) / self.speed
        return time if time < 1 else None

    def inscribed(self, time: float) -> float:
        return self.radius  # the blended field is smaller than that of either sphere

    def has_outside(self, time: float) -> bool:
        # at a corner each sphere's field is at least 3 √d − s − r, the blended one that less ln 2 / k
        return SIDE / 2 * math.sqrt(self.dimension) - self.speed - self.radius > math.log(2) / self.smoothing

    def sdf(self, points: Tensor, time: float) -> Tensor:
        import torch

        offset = self.speed * time * points.new_tensor(self.direction)
        c1 = (points - offset).norm(dim=-1) - self.radius
        c2 = (points + offset).norm(dim=-1) - self.radius
        return -torch.logaddexp(-self.smoothing * c1, -self.smoothing * c2) / self.smoothing


def family(count: int, seed: int = 0, dimension: int = SPACE) -> list[ShapeSequence]:
    """`count` bifurcations: direction uniform on the sphere, speed in [1.35, 1.8], blending k in [3, 10] (logarithmic).

    All split before t = 1 and stay inside the domain. The first members of a larger family are those of a smaller one.
    """
    members: list[ShapeSequence] = []
    for member in range(count):
        generator = np.random.default_rng([seed, member])
        direction = generator.standard_normal(dimension)
        direction /= np.linalg.norm(direction)
        members.append(
            Bifurcation(
                member=member,
                dimension=dimension,
                direction=tuple(direction.tolist()),
                speed=float(generator.uniform(1.35, 1.8)),
                smoothing=float(np.exp(generator.uniform(math.log(3), math.log(10)))),
            )
        )
    return members
