"""How predictions are scored against true shapes: the fields that every method has which predicts shapes over time."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from pydantic import Field, SerializeAsAny

from trainables.base import TrainableConfiguration
from trainables.shapes.sequence import ShapeSequence, fills_grid, from_description, grid_spacing, has_voxel
from trainables.shapes.timeline import Timeline

SurfaceDistance = Literal["triangles", "vertices"]


class Scored(TrainableConfiguration):
    """Base of the configurations whose rows `trainables.metrics.per_time.score` makes."""

    sequences: list[SerializeAsAny[ShapeSequence]] = Field(min_length=1)
    evaluation_grid: int = Field(128, ge=8, le=512, description="points along each axis on which rows are scored")
    surface_distance: SurfaceDistance = Field(
        "triangles",
        description="what of the other surface Chamfer and Hausdorff distances go to: its triangles or, as in Martens "
        "2025, its vertices, which gives them a floor of the order of the grid's spacing",
    )

    def compared(self, timeline: Timeline) -> list[tuple[ShapeSequence, list[float]]]:
        """The true shapes that rows are scored against, and at which times."""
        return [(sequence, timeline.times) for sequence in self.sequences]

    def unscorable(self, timeline: Timeline) -> str | None:
        n = self.evaluation_grid
        for sequence, times in self.compared(timeline):
            description = sequence.description
            for time in times:
                if not _has_voxel(description, time, n):
                    return (
                        f"{sequence.label} has no voxel at time {time:.4g} on the grid of {n}³ points, "
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
