"""Interpolation between the shown frames without any network: the classical rules as methods of a study.

A method `RULE-blend` takes an interpolant, or several joined by `+`, of `trainables.interpolants`; `barycenter-only` is
the interpolant `barycenter` under its first name. None has training noise: rows are the same for every replicate.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from pydantic import Field, SerializeAsAny, field_validator

from trainables.base import Trainable
from trainables.interpolants import Fitted, Interpolant, combined, named, parts_of
from trainables.metrics.scoring import Scored
from trainables.shapes.sequence import ShapeSequence, from_descriptions, labelled
from trainables.shapes.timeline import Role, Timeline

if TYPE_CHECKING:
    from trainables.interpolants.base import Array


class BetweenFrames(Scored):
    """Base of every method that goes from one shown frame of a sequence to the next."""

    @field_validator("sequences", mode="before")
    @classmethod
    def _sequences(cls, value: Any) -> Any:
        return from_descriptions(value)

    def labels(self) -> list[str]:
        return [sequence.label for sequence in self.sequences]

    def take(self, sequences: list[ShapeSequence], apart: bool = False) -> None:
        self.sequences = sequences

    def restrict(self, sequences: list[str]) -> None:
        self.sequences = labelled(self.sequences, sequences)


class Interpolating(BetweenFrames):
    """Base of the methods that are an interpolant: what is kept are the shown frames on the evaluation grid."""

    @abstractmethod
    def interpolant(self) -> Interpolant:
        """The rule."""

    def model_bytes(self, shown: int) -> int:
        return 4 * len(self.sequences) * shown * self.evaluation_grid**self.dimension

    def stored_bytes(self, shown: int, replicates: int) -> int:
        return self.model_bytes(shown)  # replicates of a rule are all the same


class Blend(Interpolating):
    """Interpolants by name, with their fields; several are joined."""

    implementation: ClassVar[str] = "trainables.interpolation:Blending"

    rules: dict[str, SerializeAsAny[Interpolant]] = Field(min_length=1)

    @field_validator("rules", mode="before")
    @classmethod
    def _rules(cls, value: Any) -> Any:
        if not isinstance(value, dict) or not all(isinstance(fields, dict | Interpolant) for fields in value.values()):
            raise ValueError("not a mapping from interpolant to its fields")
        return parts_of("+".join(value), value)

    @field_validator("rules")
    @classmethod
    def _joined(cls, value: dict[str, Interpolant]) -> dict[str, Interpolant]:
        combined(value)  # ValueError where they do not go together
        return value

    def interpolant(self) -> Interpolant:
        return combined(self.rules)


class BarycenterOnly(Interpolating):
    """Transports one neighbouring frame to the other."""

    implementation: ClassVar[str] = "trainables.interpolation:Transporting"
    sizes: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "laptop": {"barycenter_grid": 32},
        "smoke": {"barycenter_grid": 24},
    }

    barycenter_grid: int = Field(64, ge=8, le=256, description="points along each axis of the barycenters' grid")
    barycenter_blur: float = Field(1.0, ge=1, description="entropic blur of the barycenters, in voxels")

    def interpolant(self) -> Interpolant:
        return named("barycenter", {"barycenter": {"grid": self.barycenter_grid, "blur": self.barycenter_blur}})


def blends(sequences: list[ShapeSequence], names: list[str], **fields: Any) -> dict[str, Interpolating]:
    """The methods of these interpolants, by their names: `moved+volume-blend` of `moved+volume`."""
    return {f"{name}-blend": Blend(sequences=sequences, rules=parts_of(name), **fields) for name in names}


class Interpolation(Trainable):
    """Nothing is trained: one evaluation is the whole trial."""

    configuration_type: ClassVar[type[Interpolating]]
    epochs = 0

    def __init__(self, configuration: dict[str, Any], timeline: Timeline, seeds: list[int], device: object) -> None:
        super().__init__()
        self.configuration = self.configuration_type.model_validate(configuration)
        self.timeline, self.replicates = timeline, len(seeds)

    @property
    def deterministic(self) -> bool:
        return True

    def frames(self, sequence: ShapeSequence, resolution: int) -> Array:
        """The shown frames, `(F, n, …)`."""
        points = sequence.grid(resolution)
        return np.stack([sequence.sdf(points, time).numpy() for time in self.timeline.train_times])

    def predictor(self, sequence: ShapeSequence, resolution: int) -> Fitted:
        """time → SDF on `grid_points(resolution)`, `(n, …)`."""
        return self.configuration.interpolant().fit(self.frames(sequence, resolution), self.timeline.train_times)

    def train_epoch(self) -> None:
        raise RuntimeError("an interpolation has nothing to train")

    def rows(self, roles: set[Role]) -> list[dict[str, Any]]:
        """With a column `notes`: what the rule could not do with the sequence's frames, and did otherwise."""
        from trainables.metrics.per_time import score

        rows = []
        n, way = self.configuration.evaluation_grid, self.configuration.surface_distance
        for sequence in self.configuration.sequences:
            predict = self.predictor(sequence, n)
            scored = score(predict, sequence, self.timeline, roles, n, way)
            notes = {"notes": "; ".join(predict.notes)}
            rows += [{"replicate": r} | row | notes for r in range(self.replicates) for row in scored]
        return rows

    def surfaces(self, replicate: int) -> list[dict[str, Any]]:
        from trainables.metrics.display import display_resolution, display_rows, displayed

        n = display_resolution(self.configuration.dimension)
        sequences = [self.configuration.sequences[index] for index in displayed(self.configuration.sequences)]
        return [
            row
            for sequence in sequences
            for row in display_rows(self.predictor(sequence, n), sequence, self.timeline, n)
        ]

    def curves(self) -> list[dict[str, Any]]:
        return []

    def state(self) -> dict[str, Any]:
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        """There is nothing to restore."""

    def model(self) -> dict[str, Any]:
        """The rule and the frames on the grid that rows are scored on: what is scored is what is exported."""
        from trainables.saved_interpolation import SavedInterpolation

        return SavedInterpolation.kept(
            self.configuration.interpolant(),
            self.configuration.sequences,
            [self.frames(sequence, self.configuration.evaluation_grid) for sequence in self.configuration.sequences],
            self.timeline.train_times,
            self.replicates,
        )


class Blending(Interpolation):
    """`linear-blend`, `moved-blend`, `moved+volume-blend`, …"""

    configuration_type: ClassVar[type[Interpolating]] = Blend


class Transporting(Interpolation):
    """`barycenter-only`."""

    configuration_type: ClassVar[type[Interpolating]] = BarycenterOnly
