"""Trainables that have a predictor of every replicate and sequence: how these are scored, averaged and shown."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

from trainables import ensemble
from trainables.base import Trainable
from trainables.metrics.display import display_resolution, display_rows, displayed
from trainables.metrics.per_time import score
from trainables.metrics.scoring import Scored
from trainables.metrics.surfaces import Array
from trainables.shapes.timeline import Role, Timeline


class Predictors(Trainable):
    """R × S predictors: replicates times sequences."""

    configuration: Scored
    timeline: Timeline
    replicates: int

    @abstractmethod
    def predictor(self, replicate: int, sequence: int, resolution: int) -> Callable[[float], Array]:
        """time → SDF on `grid_points(resolution)`, `(n, …)`; infinite where the network diverged: it is scored as
        the worst, not left out."""

    def rows(self, roles: set[Role]) -> list[dict[str, Any]]:
        c, n, rows = self.configuration, self.configuration.evaluation_grid, []
        for replicate in range(self.replicates):
            for index, sequence in enumerate(c.sequences):
                predict = self.predictor(replicate, index, n)
                scored = score(predict, sequence, self.timeline, roles, n, c.surface_distance)
                rows += [{"replicate": replicate} | row for row in scored]
        return rows

    def ensemble(self, rows: list[dict[str, Any]], roles: set[Role]) -> list[dict[str, Any]]:
        c, n, found = self.configuration, self.configuration.evaluation_grid, []
        for index, sequence in enumerate(c.sequences):
            members = [ensemble.Known(self.predictor(replicate, index, n), n) for replicate in range(self.replicates)]
            found += ensemble.scored(members, sequence, self.timeline, roles, n, c.surface_distance)
        return found

    def surfaces(self, replicate: int) -> list[dict[str, Any]]:
        sequences, n = self.configuration.sequences, display_resolution(self.configuration.dimension)
        return [
            row
            for index in displayed(sequences)
            for row in display_rows(self.predictor(replicate, index, n), sequences[index], self.timeline, n)
        ]
