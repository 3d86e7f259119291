"""The file of a prepared shape sequence: signed distances on the domain's grid, and the way back to the recording.

An `.npz` of plain arrays, read without pickle, here of a recording in space; in the plane there is no z, n × n, 2 for
3 and 3 for 4:

    sdf           (F, n, n, n)  on `grid_points(n)`, axes x, y, z; domain units, negative inside
    times         (F,)          from 0 to 1
    frames        (F,)          frame numbers of the source
    affine        (4, 4)        domain (x, y, z, 1) → voxel index (z, y, x, 1) of the source
    places        (F, d)        where the domain follows its shape: voxels z, y, x that are added in each frame
    source_shape  (3,)          voxels of the source, z, y, x
    voxel         (3,)          size of a voxel, z, y, x
    metadata      ()            JSON: label, source, reader, unit, border, beyond, dropped, dropped_in,
                                tracks, division, moments, seconds, labels, corners

and what the recording has in each frame, see `measured`.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from trainables.shapes.bad_data import BadData

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_ARRAYS = {"sdf": (3, 4), "times": (1,), "frames": (1,), "affine": (2,), "source_shape": (1,), "voxel": (1,)}
"""Axes that an array may have."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """What a prepared file holds; see the module."""

    sdf: Array
    times: Array
    frames: Array
    affine: Array
    source_shape: Array
    voxel: Array
    metadata: dict[str, Any]
    """`label`; `source`, its name without folder; `reader`; `unit` of `voxel`; `border`, the frames in which the shape
    touches a face of the volume; `beyond`, those in which it reaches beyond the domain (not in older files); `dropped`,
    the largest fraction of a frame's voxels that was left out, and `dropped_in` that frame (not in older files);
    `tracks`, a list of [label, begin, end, parent]; `division`, halfway between the two frames at which one cell first
    becomes two, or none; `moments`, when the frames were taken, in the recording's unit of time, and `seconds`, how
    many that unit takes, or none (neither in older files)."""
    places: Array | None = None
    """None where the domain is at rest, and in older files."""
    kept: dict[str, Array] = field(default_factory=dict)
    """Arrays of `measured`, of a sequence that is being prepared: they are not loaded with the others."""

    @property
    def dimension(self) -> int:
        """d, of the shape."""
        return self.sdf.ndim - 1

    @property
    def units_per_length(self) -> float:
        """Domain units per `unit` of the source: the one scale of the whole sequence."""
        return float(1 / (self.affine[0, self.dimension - 1] * self.voxel[0]))

    def to_bytes(self) -> bytes:
        """The file's content; equal sequences give equal bytes."""
        import numpy as np

        arrays = {name: getattr(self, name) for name in _ARRAYS} | self.kept
        arrays |= {} if self.places is None else {"places": self.places}
        arrays["metadata"] = np.array(json.dumps(self.metadata, sort_keys=True, ensure_ascii=False))
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **arrays)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes, where: str = "prepared file") -> Prepared:
        """The reverse of `to_bytes`; raises BadData, naming `where`, if it is not such a file."""
        import numpy as np

        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as file:
                arrays = {name: file[name] for name in (*_ARRAYS, "metadata")}
                places = file.get("places")
            metadata = json.loads(str(arrays.pop("metadata")))
        except Exception as error:  # zip, header, pickle and JSON errors are of many kinds
            raise BadData(f"{where}: not a prepared shape sequence ({error}); prepare the recording again") from None
        fit = all(array.ndim in _ARRAYS[name] for name, array in arrays.items())
        lengths = {len(arrays[name]) for name in ("sdf", "times", "frames")} if fit else set()
        axes = {len(arrays["voxel"]), len(arrays["affine"]) - 1, arrays["sdf"].ndim - 1} if fit else set()
        fit &= places is None or not fit or places.shape == (len(arrays["frames"]), len(arrays["voxel"]))
        if not fit or len(lengths) > 1 or len(axes) > 1 or "label" not in metadata:
            raise BadData(f"{where}: the arrays of a prepared shape sequence disagree; prepare the recording again")
        return cls(**arrays, metadata=metadata, places=places)


def load(url: str) -> Prepared:
    """The prepared file at a path or URI, read again only when it has changed; raises BadData."""
    import fsspec

    filesystem, path = fsspec.core.url_to_fs(url)
    try:
        version = filesystem.ukey(path)
    except FileNotFoundError:
        raise BadData(f"{url}: there is no such prepared file; prepare the recording again") from None
    return _load(url, version)


@lru_cache(maxsize=32)
def _load(url: str, version: str) -> Prepared:
    from trainables.files import read

    content = read(url)
    if content is None:
        raise BadData(f"{url}: there is no such prepared file; prepare the recording again")
    return Prepared.from_bytes(content, url)
