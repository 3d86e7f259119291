"""Interpolants read back from their file: f(x, y[, z], t) of a sequence, from its shown frames."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from trainables.interpolants import Interpolant, named
from trainables.saved_model import GRID, SavedModel, of_volumes
from trainables.shapes.sequence import ShapeSequence, from_description

if TYPE_CHECKING:
    from trainables.interpolants.base import Array


class SavedInterpolation(SavedModel):
    """A rule and the frames of its sequences. Replicates are all the same.

    A field is linear along each axis between the points of the frames' grid, whatever `grid` says; beyond the domain
    the distance to it is added.
    """

    def __init__(self, saved: dict[str, Any]) -> None:
        self._interpolant = read_interpolant(saved["interpolant"])
        self._frames: list[Tensor] = saved["frames"]
        self._times: list[float] = saved["times"]
        self.sequences = [from_description(description) for description in saved["sequences"]]
        self.replicates = saved["replicates"]

    @classmethod
    def kept(
        cls,
        interpolant: Interpolant,
        sequences: list[ShapeSequence],
        frames: list[Array],
        times: list[float],
        replicates: int,
    ) -> dict[str, Any]:
        """What a trainable gives to be kept; frames `(F, n, …)` of each sequence."""
        return cls.saved(
            interpolant=interpolant.model_dump_json(),
            sequences=[sequence.description for sequence in sequences],
            frames=[torch.from_numpy(volumes) for volumes in frames],
            times=times,
            replicates=replicates,
        )

    def field(self, replicate: int, sequence: int, grid: int = GRID) -> Callable[[Tensor], Tensor]:
        return of_volumes(self._interpolant.fit(self._frames[sequence].numpy(), self._times))


def read_interpolant(written: str) -> Interpolant:
    """The interpolant that `model_dump_json` wrote; ValueError if there is none of its name."""
    fields = json.loads(written)
    name = fields.pop("name")
    return named(name, fields if "+" in name else {name: fields})
