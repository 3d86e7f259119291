"""What a recording has in the frames of a sequence, on its own voxels; kept in the sequence's prepared file.

Beside the arrays of `prepared` the `.npz` has, for frame i of the sequence,

    voxels_i      (z, y, x)   the place of each voxel's label in the metadata's `labels`; 0 outside the shape

and its metadata have `labels`, of which the first is 0, and `corners`: for each frame the voxel of the volume at which
`voxels_i` begins. A shape that the recording does not label, but gives by its distances, has the labels 0 and 1.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from trainables.shapes.readers.base import Frame

    Array = np.ndarray[Any, Any]

_SMALL = 256
"""Labels that one byte tells apart."""


@dataclass(frozen=True, eq=False)
class Measured:
    """The labels of a sequence's frames."""

    labels: tuple[int, ...]
    """By their place; the first is 0."""
    corners: tuple[tuple[int, ...], ...]
    voxels: tuple[Array, ...]
    """Of each frame, places `(z, y, x)`."""

    @classmethod
    def of(cls, frames: Sequence[tuple[tuple[int, ...], Array]]) -> Measured:
        """From the corner and the labels `(z, y, x)` of each frame."""
        import numpy as np

        labels = np.unique(np.concatenate([[0], *(np.unique(values) for _, values in frames)]))
        kind = np.uint8 if len(labels) <= _SMALL else np.uint32
        places = tuple(np.searchsorted(labels, values).astype(kind) for _, values in frames)
        return cls(tuple(int(label) for label in labels), tuple(corner for corner, _ in frames), places)

    def frame(self, index: int) -> Array:
        """The labels `(z, y, x)` of a frame, uint32 where they fit."""
        import numpy as np

        kind = np.uint32 if self.labels[-1] <= np.iinfo(np.uint32).max else np.uint64
        found: Array = np.array(self.labels, dtype=kind)[self.voxels[index]]
        return found

    def arrays(self) -> dict[str, Array]:
        """What the file has of it."""
        return {f"voxels_{index}": values for index, values in enumerate(self.voxels)}

    def metadata(self) -> dict[str, Any]:
        return {"labels": list(self.labels), "corners": [list(corner) for corner in self.corners]}


def labelled(frame: Frame) -> tuple[tuple[int, ...], Array]:
    """A frame's corner and labels; 1 where a shape without labels is."""

    if frame.labels is not None:
        return frame.offset, frame.labels
    inside = frame.values if frame.values.dtype == bool else frame.values < 0
    first, last = extent(inside)
    corner = tuple(start + int(begin) for start, begin in zip(frame.offset, first, strict=True))
    return corner, inside[tuple(slice(begin, end + 1) for begin, end in zip(first, last, strict=True))].astype("uint8")


def extent(inside: Array) -> tuple[Array, Array]:
    """Index of the first and of the last voxel that is true along each axis; some voxel must be."""
    import numpy as np

    along = [
        np.flatnonzero(np.moveaxis(inside, axis, 0).reshape(inside.shape[axis], -1).any(1))
        for axis in range(inside.ndim)
    ]
    return np.array([line[0] for line in along]), np.array([line[-1] for line in along])


def measured(url: str, metadata: dict[str, Any]) -> Measured | None:
    """Of the prepared file at a path or URI, which has these metadata; none in files of earlier versions."""
    if "corners" not in metadata:
        return None
    corners = tuple(tuple(int(index) for index in corner) for corner in metadata["corners"])
    return Measured(tuple(metadata["labels"]), corners, _voxels(url, len(corners)))


@lru_cache(maxsize=8)
def _voxels(url: str, count: int) -> tuple[Array, ...]:
    import numpy as np

    from trainables.files import read
    from trainables.shapes.bad_data import BadData

    content = read(url)
    if content is None:
        raise BadData(f"{url}: there is no such prepared file; prepare the recording again")
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        return tuple(file[f"voxels_{index}"] for index in range(count))
