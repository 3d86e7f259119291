"""Plain label volumes without a table of tracks: TIFF files, one 4D TIFF file, or an array in an `.npz` file.

Labels are consistent over time: a cell has one number in all its frames. Without a table no mother is known.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import PrivateAttr

from trainables.shapes.bad_data import BadData
from trainables.shapes.readers.base import Triple
from trainables.shapes.readers.labels import LabelReader
from trainables.shapes.readers.tiff import SUFFIXES, read_volume, shape_of, voxel_beside, voxel_in

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

KEY = "labels"


class LabelStack(LabelReader):
    """A folder of label TIFFs, one a frame in the order of their numbers; a TIFF (t, z, y, x); an `.npz` of one."""

    name: ClassVar[str] = "label-stack"
    accepts: ClassVar[str] = (
        "a folder of label TIFFs, one a frame; a label TIFF with the axes (t, z, y, x); an .npz file with such an "
        f"array under the key {KEY!r}"
    )

    _array: Any = PrivateAttr(None)

    @classmethod
    def recognises(cls, path: Path) -> bool:
        if path.is_dir():
            tables = any((path / name).exists() for name in ("man_track.txt", "res_track.txt"))
            return not tables and bool(_tiffs(path))
        return path.suffix.lower() in (*SUFFIXES, ".npz")

    def numbers(self) -> list[int]:
        if self.path.is_dir():
            return list(range(len(_tiffs(self.path))))
        shape = shape_of(self.path) if self.path.suffix.lower() in SUFFIXES else self._from_npz().shape
        if len(shape) != 4:
            raise BadData(f"{self.path}: {len(shape)} axes {shape}; one file must have four: t, z, y, x")
        return list(range(shape[0]))

    def labels(self, number: int) -> Array:
        if self.path.is_dir():
            return read_volume(_tiffs(self.path)[number])
        if self.path.suffix.lower() in SUFFIXES:
            return read_volume(self.path, number)
        return self._from_npz()[number]

    def where(self, number: int) -> str:
        files = _tiffs(self.path) if self.path.is_dir() else []
        return f"{files[number] if number < len(files) else self.path} (frame {number})"

    def voxel_size(self) -> Triple:
        folder = self.path if self.path.is_dir() else self.path.parent
        first = _tiffs(self.path)[0] if self.path.is_dir() else self.path
        in_file = voxel_in(first) if first.suffix.lower() in SUFFIXES else None
        return self.voxel or voxel_beside(folder) or in_file or (1.0, 1.0, 1.0)

    def _from_npz(self) -> Array:
        import numpy as np

        if self._array is None:
            try:
                with np.load(self.path, allow_pickle=False) as file:
                    if KEY not in file.files:
                        keys = ", ".join(file.files) or "nothing"
                        raise BadData(
                            f"{self.path}: it has no array {KEY!r}, but {keys}; store the labels under {KEY!r}"
                        )
                    self._array = file[KEY]
            except BadData:
                raise
            except Exception as error:  # zip, header and pickle errors are of many kinds
                raise BadData(
                    f"{self.path}: cannot be read as .npz of plain arrays ({error}); save it again with np.savez"
                ) from None
        return self._array


def _tiffs(folder: Path) -> list[Path]:
    """TIFF files of a folder in the order of the numbers in their names."""
    files = [file for file in folder.iterdir() if file.suffix.lower() in SUFFIXES and not file.name.startswith(".")]
    return sorted(files, key=lambda file: [(int(n), "") if n.isdecimal() else (-1, n) for n in _words(file.name)])


def _words(name: str) -> list[str]:
    return [word for word in re.split(r"(\d+)", name) if word]
