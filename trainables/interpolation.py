"""Interpolation between the shown frames without any network: the floor and the ceiling of a study.

`linear-blend`: (1 − s) SDF_j + s SDF_{j+1}. `barycenter-only`: the Wasserstein barycenter with these weights. Neither
has training noise: its rows are the same for every replicate.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field, field_validator

from trainables.base import Trainable
from trainables.metrics.scoring import Scored
from trainables.shapes.sequence import ShapeSequence, from_descriptions, grid_points, labelled, resampled
from trainables.shapes.timeline import Role, Timeline

if TYPE_CHECKING:
    from trainables.metrics.surfaces import Array


class BetweenFrames(Scored):
    """Base of every method that goes from one shown frame of a sequence to the next."""

    @field_validator("sequences", mode="before")
    @classmethod
    def _sequences(cls, value: Any) -> Any:
        return from_descriptions(value)

    def labels(self) -> list[str]:
        return [sequence.label for sequence in self.sequences]

    def take(self, sequences: list[ShapeSequence]) -> None:
        self.sequences = sequences

    def restrict(self, sequences: list[str]) -> None:
        self.sequences = labelled(self.sequences, sequences)


class LinearBlend(BetweenFrames):
    """Blends the signed distances of the two neighbouring frames."""

    implementation: ClassVar[str] = "trainables.interpolation:Blending"


class BarycenterOnly(BetweenFrames):
    """Transports one neighbouring frame to the other."""

    implementation: ClassVar[str] = "trainables.interpolation:Transporting"

    barycenter_grid: int = Field(64, ge=8, le=256, description="points along each axis of the barycenters' grid")
    barycenter_blur: float = Field(1.0, ge=1, description="entropic blur of the barycenters, in voxels")


class Interpolation(Trainable):
    """Nothing is trained: one evaluation is the whole trial."""

    epochs = 0

    def __init__(self, configuration: BetweenFrames, timeline: Timeline, seeds: list[int]) -> None:
        super().__init__()
        self.configuration, self.timeline, self.replicates = configuration, timeline, len(seeds)

    @property
    def deterministic(self) -> bool:
        return True

    @abstractmethod
    def predictor(self, sequence: ShapeSequence, resolution: int) -> Callable[[float], Array]:
        """time → SDF on `grid_points(resolution)`, `(n, n, n)`."""

    def blend(self, sequence: ShapeSequence, time: float, resolution: int) -> Array:
        """Linear blend of the neighbouring frames, `(n, n, n)`; at a shown time, that frame."""
        j, s = self.timeline.neighbours(time)
        earlier, later = self.timeline.train_times[j : j + 2]
        points = grid_points(resolution)
        blended: Array = ((1 - s) * sequence.sdf(points, earlier) + s * sequence.sdf(points, later)).numpy()
        return blended

    def train_epoch(self) -> None:
        raise RuntimeError("an interpolation has nothing to train")

    def rows(self, roles: set[Role]) -> list[dict[str, Any]]:
        from trainables.metrics.per_time import score

        rows = []
        n, way = self.configuration.evaluation_grid, self.configuration.surface_distance
        for sequence in self.configuration.sequences:
            scored = score(self.predictor(sequence, n), sequence, self.timeline, roles, n, way)
            rows += [{"replicate": r} | row for r in range(self.replicates) for row in scored]
        return rows

    def surfaces(self, replicate: int) -> list[dict[str, Any]]:
        from trainables.metrics.display import RESOLUTION, display_rows

        sequence = self.configuration.sequences[0]
        return display_rows(self.predictor(sequence, RESOLUTION), sequence, self.timeline)

    def curves(self) -> list[dict[str, Any]]:
        return []

    def state(self) -> dict[str, Any]:
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        """There is nothing to restore."""


class Blending(Interpolation):
    """`linear-blend`."""

    def __init__(self, configuration: dict[str, Any], timeline: Timeline, seeds: list[int], device: object) -> None:
        super().__init__(LinearBlend.model_validate(configuration), timeline, seeds)

    def predictor(self, sequence: ShapeSequence, resolution: int) -> Callable[[float], Array]:
        return lambda time: self.blend(sequence, time, resolution)


class Transporting(Interpolation):
    """`barycenter-only`."""

    configuration: BarycenterOnly

    def __init__(self, configuration: dict[str, Any], timeline: Timeline, seeds: list[int], device: object) -> None:
        super().__init__(BarycenterOnly.model_validate(configuration), timeline, seeds)

    def predictor(self, sequence: ShapeSequence, resolution: int) -> Callable[[float], Array]:
        import torch

        from trainables.shapes.barycenters import barycenter_sdf, frames_of

        c, shown = self.configuration, self.timeline.train_times

        def transported(times: list[float]) -> dict[float, torch.Tensor]:
            weights = [(j, j + 1, s) for j, s in map(self.timeline.neighbours, times)]
            sdfs = barycenter_sdf(frames_of(sequence, shown), weights, c.barycenter_grid, c.barycenter_blur)
            return dict(zip(times, sdfs, strict=True))

        # One batch for all times, whatever the roles asked for: the search and the confirmation share it.
        kept = transported([time for time in self.timeline.times if time not in shown])

        def predict(time: float) -> Array:
            if time in shown:
                return self.blend(sequence, time, resolution)
            if time not in kept:
                kept.update(transported([time]))
            volume: Array = resampled(kept[time], resolution).numpy()
            return volume

        return predict
