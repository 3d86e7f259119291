"""Plain label images, volumes or planes, without a table of tracks: TIFF files, one TIFF file with time, or PNG files
of planes.

Labels are consistent over time: a cell has one number in all its frames. Without a table no mother is known.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field, PrivateAttr

from trainables.shapes.readers.base import Sizes
from trainables.shapes.readers.frame_files import frame_files
from trainables.shapes.readers.labels import LabelReader
from trainables.shapes.readers.pictures import SUFFIXES as PICTURES
from trainables.shapes.readers.pictures import read_picture
from trainables.shapes.readers.tiff import SUFFIXES, frames_in, read_frame, read_volume
from trainables.shapes.readers.tiff_time import interval_in
from trainables.shapes.readers.tiff_voxel import voxel_of

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


class LabelStack(LabelReader):
    """A folder of label TIFFs, or of PNGs, one a frame by their numbers; a TIFF (t, z, y, x) or (t, y, x)."""

    name: ClassVar[str] = "label-stack"
    accepts: ClassVar[str] = (
        "a folder of label TIFFs, or PNGs of planes, one a frame; a label TIFF with the axes (t, z, y, x) or (t, y, x)"
    )

    layout: str | None = Field(
        None,
        pattern="^[TZYXC]{2,5}$",
        description="what the axes of a TIFF are, where its own names are wrong: TZYX, say",
    )
    _files: dict[int, Path] | None = PrivateAttr(None)

    @classmethod
    def written(cls, labels: Array, folder: Path) -> list[Path]:
        import tifffile

        (folder / "tiffs").mkdir(parents=True)
        for number, frame in enumerate(labels):
            tifffile.imwrite(folder / "tiffs" / f"t{number}.tif", frame)
        tifffile.imwrite(folder / "labels.tif", labels, compression="zlib")
        depth = {"spacing": 2.0} if labels.ndim == 4 else {}
        metadata = {"axes": f"T{'ZYX'[1 - labels.ndim :]}", "unit": "um"} | depth
        tifffile.imwrite(folder / "imagej.tif", labels, imagej=True, resolution=(4.0, 5.0), metadata=metadata)
        return [folder / name for name in ("tiffs", "labels.tif", "imagej.tif")]

    @classmethod
    def recognises(cls, path: Path) -> bool:
        if path.is_dir():
            tables = any((path / name).exists() for name in ("man_track.txt", "res_track.txt"))
            return not tables and any(file.suffix.lower() in (*SUFFIXES, *PICTURES) for file in path.iterdir())
        return path.suffix.lower() in SUFFIXES

    def _frames(self) -> dict[int, Path]:
        """Frame number → file, of a folder."""
        if self._files is None:
            found = frame_files(self.path, SUFFIXES) if self.path.is_dir() else {}
            self._files = found or (frame_files(self.path, PICTURES) if self.path.is_dir() else {})
        return self._files

    def _first(self) -> Path | None:
        """A TIFF, whose metadata say something; none of pictures."""
        first = next(iter(self._frames().values())) if self.path.is_dir() else self.path
        return first if first.suffix.lower() in SUFFIXES else None

    def numbers(self) -> list[int]:
        if self.path.is_dir():
            return list(self._frames())
        return list(range(frames_in(self.path, self.layout)))

    def labels(self, number: int) -> Array:
        if self.path.is_dir():
            file = self._frames()[number]
            return read_picture(file) if file.suffix.lower() in PICTURES else read_volume(file, self.layout)
        return read_frame(self.path, number, self.layout)

    def where(self, number: int) -> str:
        return f"{self._frames().get(number, self.path)} (frame {number})"

    def said_voxel(self) -> tuple[Sizes, str] | None:
        if self.path.is_dir():
            return voxel_of(self.path, self._first())
        return voxel_of(self.path.parent, self.path)

    def said_interval(self) -> tuple[float, str] | None:
        first = self._first()
        return None if first is None else interval_in(first)
