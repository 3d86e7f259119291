"""Shown frames of recorded sequences, kept in the file of an anchored model, so that it needs no other file.

A formula is kept as its description. Of a recording, the frames that were shown are packed without loss: neighbouring
distances differ little, so that differences along the last axis, high bytes apart from low ones, take a quarter of the
room.
"""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
import torch
from torch import Tensor

from trainables.autodecoder.anchor import Base
from trainables.shapes.sampled import Sampled
from trainables.shapes.sequence import ShapeSequence, grid_points, trilinear


def kept(anchor: str, sequences: list[ShapeSequence], shown: list[float]) -> dict[str, Any]:
    """What `bases` needs beside the sequences' descriptions."""
    frames = [
        _packed(np.stack([s.frame(time) for time in shown])) if isinstance(s, Sampled) else None for s in sequences
    ]
    return {"anchor": anchor, "shown": list(shown), "frames": frames}


def bases(saved: dict[str, Any], sequences: list[ShapeSequence]) -> list[Base]:
    """The base of each sequence, from what `kept` gave."""
    anchor, shown = saved["anchor"], saved["shown"]
    return [
        Base.of(anchor, sequence, shown) if packed is None else _recorded(anchor, shown, packed)
        for sequence, packed in zip(sequences, saved["frames"], strict=True)
    ]


def _recorded(anchor: str, shown: list[float], packed: dict[str, Any]) -> Base:
    volumes = _unpacked(packed)

    dimension = volumes[0].ndim

    def frames(n: int) -> Tensor:
        points = grid_points(n, dimension=dimension)
        return torch.stack([trilinear(volume.float(), points) for volume in volumes])

    return Base(anchor, shown, frames, dimension=dimension)


def _packed(frames: np.ndarray[Any, Any]) -> dict[str, Any]:
    """Frames `(F, n, …)` of any floating-point type."""
    size = frames.dtype.itemsize
    numbers = np.ascontiguousarray(frames).view(f"i{size}")
    differences = np.diff(numbers, axis=-1, prepend=numbers.dtype.type(0))  # wraps around, and back
    planes = differences.view(np.uint8).reshape(-1, size).T
    content = torch.frombuffer(bytearray(zlib.compress(planes.tobytes())), dtype=torch.uint8)
    return {"shape": list(frames.shape), "type": frames.dtype.str, "content": content}


def _unpacked(packed: dict[str, Any]) -> Tensor:
    kind = np.dtype(packed["type"])
    planes = np.frombuffer(zlib.decompress(packed["content"].numpy().tobytes()), dtype=np.uint8)
    differences = np.ascontiguousarray(planes.reshape(kind.itemsize, -1).T).view(f"i{kind.itemsize}")
    numbers = np.cumsum(differences.reshape(packed["shape"]), axis=-1, dtype=f"i{kind.itemsize}")
    return torch.from_numpy(numbers.view(kind))
