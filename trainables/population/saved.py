"""Methods that learned from a population, read back from their file: the field of each new sequence.

A file holds what was learned (weights of known sequences, or decoders and codes) and the descriptions of all sequences,
whose frames are asked for again. A field is trilinear between the points of the grid on which rows were scored; beyond
the domain the distance to it is added.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from trainables.base import resolve
from trainables.saved_model import GRID, SavedModel, of_volumes
from trainables.shapes.timeline import Timeline

if TYPE_CHECKING:
    from trainables.population.learning import Learning


_KINDS = {"coded": "trainables.population.coded:Coded", "residuals": "trainables.population.residuals:Residuals"}
"""Name in a file → the trainable."""


class SavedPopulation(SavedModel):
    """The trainable itself, in the state in which it was kept."""

    def __init__(self, saved: dict[str, Any]) -> None:
        kind: Any = resolve(_KINDS[saved["kind"]])
        timeline = Timeline.model_validate_json(saved["timeline"])
        self._learned: Learning = kind(
            json.loads(saved["configuration"]), timeline, saved["seeds"], torch.device("cpu")
        )
        self._learned.restore(saved["state"])
        self.sequences, self.replicates = self._learned.configuration.sequences, len(saved["seeds"])

    @classmethod
    def kept(cls, kind: str, learned: Learning, seeds: list[int], **without: Any) -> dict[str, Any]:
        """What a trainable gives to be kept; `without` are fields of its configuration, as they are to be read back."""
        return cls.saved(
            kind=kind,
            configuration=learned.configuration.model_copy(update=without).model_dump_json(),
            timeline=learned.timeline.model_dump_json(),
            seeds=seeds,
            state=learned.state(),
        )

    def field(self, replicate: int, sequence: int, grid: int = GRID) -> Callable[[Tensor], Tensor]:
        n = self._learned.configuration.evaluation_grid
        return of_volumes(self._learned.predictor(replicate, sequence, n))
