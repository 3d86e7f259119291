"""A sphere whose radius changes linearly (Martens 2025, eq. 2.2 and sections 4.1.1, 4.2); in the plane a disc.

    SDF(x, t) = |x − (0, z1[, 0])| − (1 + z2 t)

Eq. 2.2 as printed moves the centre along x; the text and every example move it along y, as here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field, model_validator

from trainables.shapes.sequence import PLANE, SPACE, UPPER, ShapeSequence, power

if TYPE_CHECKING:
    from torch import Tensor

HULL = (1.0, 0.5)
"""The training codes are (±1, ±1/2): their convex hull is |z1| ≤ 1, |z2| ≤ 1/2."""


class Sphere(ShapeSequence):
    """An expanding (z2 > 0) or shrinking (z2 < 0) sphere."""

    name: ClassVar[str] = "sphere"
    dimensions: ClassVar[frozenset[int]] = frozenset({PLANE, SPACE})

    z1: float = Field(description="y of the centre, domain units")
    z2: float = Field(gt=-1, description="growth of the radius from t = 0, where it is 1, to t = 1; domain units")

    @classmethod
    def example(cls) -> Sphere:
        return cls.example_of(SPACE)

    @classmethod
    def example_of(cls, dimension: int) -> Sphere:
        return cls(z1=0.6, z2=-0.3, dimension=dimension)

    @model_validator(mode="after")
    def _inside_the_domain(self) -> Sphere:
        if abs(self.z1) + max(1.0, 1.0 + self.z2) > UPPER:
            domain = power("[-3, 3]", self.dimension)
            raise ValueError(f"the sphere with z1 = {self.z1}, z2 = {self.z2} leaves the domain {domain}")
        return self

    @property
    def label(self) -> str:
        return f"sphere z1={self.z1:+g} z2={self.z2:+g}"

    def descriptors(self) -> dict[str, float | str]:
        """The generating code, and on which side of the training codes' hull it lies."""
        inside = abs(self.z1) <= HULL[0] and abs(self.z2) <= HULL[1]
        return {"z1": self.z1, "z2": self.z2, "hull": "inside" if inside else "outside"}

    def inscribed(self, time: float) -> float:
        return 1.0 + self.z2 * time

    def has_outside(self, time: float) -> bool:
        return True  # it lies inside the domain

    def sdf(self, points: Tensor, time: float) -> Tensor:
        return (points - points.new_tensor([0.0, self.z1, 0.0][: self.dimension])).norm(dim=-1) - (1.0 + self.z2 * time)


def training_spheres(dimension: int = SPACE) -> list[ShapeSequence]:
    """The four published sequences: centres (0, ±1, 0), growing to radius 3/2 or shrinking to 1/2."""
    return [Sphere(z1=z1, z2=z2, dimension=dimension) for z1 in (1.0, -1.0) for z2 in (0.5, -0.5)]


def searched_spheres(dimension: int = SPACE) -> list[ShapeSequence]:
    """Four others of the kind, for a search: no comparison sees them."""
    return [Sphere(z1=z1, z2=z2, dimension=dimension) for z1 in (0.7, -0.7) for z2 in (0.35, -0.35)]


def searched_unseen_spheres(dimension: int = SPACE) -> list[ShapeSequence]:
    """16 generating codes between those of `unseen_spheres`, for a search."""
    return [
        Sphere(z1=z1, z2=z2, dimension=dimension) for z1 in (-0.9, -0.3, 0.3, 0.9) for z2 in (-0.45, -0.15, 0.15, 0.45)
    ]


def unseen_spheres(dimension: int = SPACE) -> list[ShapeSequence]:
    """25 generating codes on a grid, all spheres inside the domain at every time (figure 4.6 gives no numbers)."""
    return [
        Sphere(z1=z1, z2=z2, dimension=dimension)
        for z1 in (-1.2, -0.6, 0.0, 0.6, 1.2)
        for z2 in (-0.6, -0.3, 0.0, 0.3, 0.6)
    ]
