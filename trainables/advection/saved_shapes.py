"""Trained models of `advection` read back from their file: f(x, y[, z], t) of one replicate and sequence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from trainables.advection.evolution import Evolution, model_of, sdf_at
from trainables.advection.shape_advection import ShapeAdvection
from trainables.saved_model import GRID, SavedModel
from trainables.shapes.sequence import trilinear


class SavedShapes(SavedModel):
    """The models of all replicates, sequences and pairs.

    A field is linear along each axis between the points of the models' grid. Between frames whose model diverged there
    is no shape.
    """

    def __init__(self, saved: dict[str, Any]) -> None:
        self._configuration = ShapeAdvection.model_validate_json(saved["configuration"])
        self._shown: list[float] = saved["shown"]
        self._volumes: Tensor = saved["volumes"]
        self._models: list[dict[str, Tensor]] = saved["models"]
        self._diverged = set(saved["diverged"])
        self.sequences = self._configuration.sequences
        self.replicates = len(self._models) // (len(self._volumes) * (len(self._shown) - 1))

    def field(self, replicate: int, sequence: int, grid: int = GRID) -> Callable[[Tensor], Tensor]:
        pairs, length = len(self._shown) - 1, self._configuration.truncation
        first = (replicate * len(self._volumes) + sequence) * pairs
        evolutions = [
            None if first + j in self._diverged else self._evolution(first + j, self._volumes[sequence, j])
            for j in range(pairs)
        ]

        def sdf(points: Tensor) -> Tensor:
            values = torch.full_like(points[:, 0], length)
            for time in points[:, -1].unique().tolist():
                volume = sdf_at(evolutions, self._shown, time)
                if volume is not None:
                    here = points[:, -1] == time
                    values[here] = trilinear(volume, points[here, :-1])
            return values

        return sdf

    def _evolution(self, index: int, first: Tensor) -> Evolution:
        model = model_of(self._configuration)
        model.load_state_dict(self._models[index])
        return Evolution(model, first, self._configuration.truncation)
