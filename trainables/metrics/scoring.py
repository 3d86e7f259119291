"""How predictions are scored against true shapes: the fields that every method has which predicts shapes over time."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from trainables.base import TrainableConfiguration

SurfaceDistance = Literal["triangles", "vertices"]


class Scored(TrainableConfiguration):
    """Base of the configurations whose rows `trainables.metrics.per_time.score` makes."""

    evaluation_grid: int = Field(128, ge=8, le=512, description="points along each axis on which rows are scored")
    surface_distance: SurfaceDistance = Field(
        "triangles",
        description="what of the other surface Chamfer and Hausdorff distances go to: its triangles or, as in Martens "
        "2025, its vertices, which gives them a floor of the order of the grid's spacing",
    )
