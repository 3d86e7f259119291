"""Which axis of a four-dimensional HDF5 volume is time, and how a frame becomes (z, y, x).

The published recordings are written by MATLAB, `h5create` of [T rows columns planes], which h5py sees in reverse:

    time-last     (z, x, y, t), as published: frame t in (z, y, x) is `content[..., t].swapaxes(1, 2)`
    time-first    (t, z, y, x), as h5py writes a stack of volumes

A file says which it is by its chunks, where each is one whole frame, or by its shape: by the one axis that is not as
long as the three others, which are those of a cube, or an axis too short for space. Where neither says it, or they
disagree, the user must.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from trainables.shapes.bad_data import BadData

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

Layout = Literal["time-last", "time-first"]
Shape = tuple[int, ...]

SMALLEST = 3
"""Voxels along each axis of space, at least."""


def layout_of(shape: Shape, chunks: Shape | None, where: Path | str) -> Layout:
    """The layout of a dataset of four axes and these chunks (None: not chunked); raises BadData where it is open."""
    said = {layout for layout in (_by_chunks(shape, chunks), _by_lengths(shape)) if layout}
    if len(said) == 1:
        return said.pop()
    frames = {"time-last": shape[3], "time-first": shape[0]}
    meant = " or ".join(f"--layout {layout} ({count} frames)" for layout, count in frames.items())
    raise BadData(f"{where}: neither shape {shape} nor chunks {chunks} say which axis is time; say it with {meant}")


def frames_and_volume(shape: Shape, layout: Layout) -> tuple[int, tuple[int, int, int]]:
    """Number of frames, and the shape (z, y, x) of each."""
    if layout == "time-first":
        return shape[0], (shape[1], shape[2], shape[3])
    return shape[3], (shape[0], shape[2], shape[1])


def frame_of(dataset: Any, number: int, layout: Layout) -> Array:
    """Frame `number` of an HDF5 dataset as (z, y, x), float32; nothing else is read."""
    values = dataset[number] if layout == "time-first" else dataset[..., number].swapaxes(1, 2)
    found: Array = values.astype("float32", copy=False)
    return found


def _by_chunks(shape: Shape, chunks: Shape | None) -> Layout | None:
    if chunks is None:
        return None
    first, last = chunks == (1, *shape[1:]), chunks == (*shape[:3], 1)
    if first == last:
        return None
    return "time-first" if first else "time-last"


def _by_lengths(shape: Shape) -> Layout | None:
    first = len(set(shape[1:])) == 1 or shape[0] < SMALLEST
    last = len(set(shape[:3])) == 1 or shape[3] < SMALLEST
    if first == last:
        return None
    return "time-first" if first else "time-last"
