"""Trained models read back from their files: f(x, y[, z], t), whatever network was trained.

A file names what reads it (`trainables.stable_names`). Nothing is unpickled.
"""

from __future__ import annotations

import importlib
import inspect
import io
import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trainables.files import read
from trainables.shapes.sequence import LOWER, UPPER, trilinear
from trainables.stable_names import reader_name, reader_place

if TYPE_CHECKING:
    from trainables.shapes.sequence import ShapeSequence

GRID = 64
"""Points along an axis of the grid on which what stands beside a network is exact, if nobody says which."""


class SavedModel(ABC):
    """The networks of all replicates, as a confirmed trial keeps them."""

    sequences: list[ShapeSequence]
    """What the networks were trained on."""
    replicates: int
    """How many replicates were trained."""

    @abstractmethod
    def __init__(self, saved: dict[str, Any]) -> None:
        """Read what `saved` wrote."""

    @abstractmethod
    def field(self, replicate: int, sequence: int, grid: int = GRID) -> Callable[[Tensor], Tensor]:
        """The function (P, d + 1) → (P,): x, y[, z] in domain units, t in [0, 1] → signed distance, inside negative.

        `sequence` is the index among `sequences`. A model that is added to an interpolant of the shown frames has that
        on `grid_points(grid)`, once for every time that is asked for, and trilinear between these points.
        """

    @classmethod
    def saved(cls, **parts: Any) -> dict[str, Any]:
        """What a trainable gives to be kept: `parts`, of strings, numbers, tensors, lists and dicts of these."""
        return {"reader": reader_name(f"{cls.__module__}:{cls.__name__}")} | parts


def of_volumes(volume: Callable[[float], NDArray[np.float32]]) -> Callable[[Tensor], Tensor]:
    """A field, (P, d + 1) → (P,), of what gives the volume `(n, …)` of a time: linear between the points of its
    grid, along each axis; beyond the domain the distance to it is added."""
    kept = lru_cache(maxsize=4)(lambda time: torch.from_numpy(volume(time)))

    def sdf(points: Tensor) -> Tensor:
        values = torch.empty_like(points[:, 0])
        for time in points[:, -1].unique().tolist():
            here = points[:, -1] == time
            places = points[here, :-1]
            values[here] = trilinear(kept(time), places) + (places - places.clamp(LOWER, UPPER)).norm(dim=-1)
        return values

    return sdf


def open_model(path: str) -> SavedModel:
    """The model in a file, path or URI. Raises FileNotFoundError if there is none, ValueError if it holds no function
    of place and time."""
    content = read(path)
    if content is None:
        raise FileNotFoundError(path)
    try:
        state = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:  # what torch raises on a file that is not its own is of many kinds
        raise ValueError(f"{path}: not a file of weights, or torn") from error
    if not isinstance(state, dict):
        raise ValueError(f"{path}: no model of a shape sequence")
    return of_state(state, path)


def packed(state: dict[str, Any]) -> bytes:
    """The content of a file that `open_model` reads."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return buffer.getvalue()


def of_state(state: dict[str, Any], path: str = "what is kept") -> SavedModel:
    """The model of what a trainable gives to be kept; ValueError, naming `path`, if it holds none."""
    return _reader(path, state.get("reader", ""))({name: part for name, part in state.items() if name != "reader"})


def load(path: str, replicate: int = 0, sequence: int = 0) -> Callable[[NDArray], NDArray]:
    """`SavedModel.field` of the model in a file, as a function of arrays: (P, d + 1) → (P,).

    Raises FileNotFoundError if there is no such file.
    """
    field = open_model(path).field(replicate, sequence)
    return lambda points: field(torch.as_tensor(np.asarray(points, dtype=np.float32))).numpy()


def _reader(path: str, name: object) -> type[SavedModel]:
    """The class that a file names, if it is one of this package's."""
    place = reader_place(name) if isinstance(name, str) else ""
    if match := re.fullmatch(r"(trainables(?:\.\w+)+):(\w+)", place):
        try:
            reader = getattr(importlib.import_module(match[1]), match[2], None)
        except ModuleNotFoundError:
            reader = None
        if isinstance(reader, type) and issubclass(reader, SavedModel) and not inspect.isabstract(reader):
            return reader
    raise ValueError(f"{path}: no model of a shape sequence that this version reads")
