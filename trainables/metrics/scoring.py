"""How predictions are scored against true shapes: the fields that every method has which predicts shapes over time."""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar, Literal

from pydantic import Field, SerializeAsAny, model_validator

from trainables.base import TrainableConfiguration
from trainables.shapes.sequence import (
    PLANE,
    SPACE,
    ShapeSequence,
    fills_grid,
    from_description,
    grid_spacing,
    has_voxel,
    power,
)
from trainables.shapes.timeline import Timeline

SurfaceDistance = Literal["triangles", "vertices"]


class Scored(TrainableConfiguration):
    """Base of the configurations whose rows `trainables.metrics.per_time.score` makes."""

    dimensions: ClassVar[frozenset[int]] = frozenset({PLANE, SPACE})
    """Those of the shapes that it takes."""

    sequences: list[SerializeAsAny[ShapeSequence]] = Field(min_length=1)
    evaluation_grid: int = Field(128, ge=8, le=512, description="points along each axis on which rows are scored")
    surface_distance: SurfaceDistance = Field(
        "triangles",
        description="what of the other surface Chamfer and Hausdorff distances go to: its triangles or, as in Martens "
        "2025, its vertices, which gives them a floor of the order of the grid's spacing",
    )

    @model_validator(mode="after")
    def _of_one_dimension(self) -> Scored:
        found = {sequence.dimension for sequence, _ in self.compared(Timeline.none())}
        if len(found) > 1:
            raise ValueError("shapes in the plane and in space together: take those of one dimension")
        if found - self.dimensions:
            raise ValueError(f"{type(self).__name__} takes no shapes of dimension {found.pop()}: leave it out")
        return self

    @property
    def dimension(self) -> int:
        """d, of all shapes."""
        return self.sequences[0].dimension

    def compared(self, timeline: Timeline) -> list[tuple[ShapeSequence, list[float]]]:
        """The true shapes that rows are scored against, and at which times."""
        return [(sequence, timeline.times) for sequence in self.sequences]

    def unscorable(self, timeline: Timeline) -> str | None:
        n = self.evaluation_grid
        for sequence, times in self.compared(timeline):
            description, points = sequence.description, power(n, sequence.dimension)
            for time in times:
                if not _has_voxel(description, time, n):
                    return (
                        f"{sequence.label} has no voxel at time {time:.4g} on the grid of {points} points, "
                        f"{grid_spacing(n):.3g} apart, on which it is scored; refine evaluation_grid"
                    )
                if _fills_grid(description, time, n):
                    return (
                        f"{sequence.label} fills the whole domain at time {time:.4g}, so that it has no surface from "
                        "which distances could be measured; leave it out"
                    )
        return None


@lru_cache(maxsize=1 << 14)
def _has_voxel(description: str, time: float, n: int) -> bool:
    """Asked once for all methods of a study."""
    return has_voxel(from_description(description), time, n)


@lru_cache(maxsize=1 << 14)
def _fills_grid(description: str, time: float, n: int) -> bool:
    return fills_grid(from_description(description), time, n)
