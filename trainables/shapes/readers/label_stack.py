"""Plain label images, volumes or planes, without a table of tracks: TIFF files, one TIFF file with time, or PNG files
of planes.

Labels are consistent over time: a cell has one number in all its frames. Without a table no mother is known.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field, PrivateAttr

from trainables.shapes.bad_data import BadData
from trainables.shapes.readers.base import Sizes
from trainables.shapes.readers.frame_files import FrameFiles, frame_files
from trainables.shapes.readers.labels import LabelReader
from trainables.shapes.readers.pictures import SUFFIXES as PICTURES
from trainables.shapes.readers.pictures import read_picture
from trainables.shapes.readers.tiff import SUFFIXES, frames_in, has_time, read_frame, read_volume
from trainables.shapes.readers.tiff_time import interval_in
from trainables.shapes.readers.tiff_voxel import voxel_of

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


class LabelStack(LabelReader):
    """A folder of label TIFFs, or of PNGs, one a frame by their numbers; a TIFF (t, z, y, x) or (t, y, x)."""

    name: ClassVar[str] = "label-stack"
    accepts: ClassVar[str] = (
        "a folder of label TIFFs, or PNGs of planes, one a frame, or one a plane (t001_z01.tif); a label TIFF with the "
        "axes (t, z, y, x) or (t, y, x)"
    )

    layout: str | None = Field(
        None,
        pattern="^[TZYXC]{2,5}$",
        description="what the axes of a TIFF are, where its own names are wrong: TZYX, say",
    )
    _files: FrameFiles | None = PrivateAttr(None)

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

    @classmethod
    def whole(cls, file: Path) -> bool:
        try:
            return has_time(file)
        except BadData:  # told when it is read
            return True

    def _frames(self) -> FrameFiles:
        """Of a folder: TIFFs, where there are some; of a file none."""
        if self._files is None:
            found = frame_files(self.path, SUFFIXES) if self.path.is_dir() else FrameFiles()
            pictures = self.path.is_dir() and not found.files
            self._files = frame_files(self.path, PICTURES) if pictures else found
        return self._files

    def _first(self) -> Path | None:
        """A TIFF, whose metadata say something; none of pictures."""
        first = next(iter(self._frames().files.values()))[0] if self.path.is_dir() else self.path
        return first if first.suffix.lower() in SUFFIXES else None

    def numbers(self) -> list[int]:
        if self.path.is_dir():
            return list(self._frames().files)
        return list(range(frames_in(self.path, self.layout)))

    def _refuse_planes(self, first: Array) -> Array:
        """A frame; BadData if it is a plane, and the number in the names counts planes, or a volume alone."""
        if first.ndim == 2 and self._frames().counts_depth:
            name = next(iter(self._frames().files.values()))[0].name
            raise BadData(
                f"{self.path}: by their names, such as {name}, its files are the planes of one volume, and a recording "
                "has several; name the folder in which each frame has a folder of planes, or, if these are frames, "
                "call them t0, t1, …"
            )
        if first.ndim == 3 and len(self._frames().files) == 1:
            file = next(iter(self._frames().files.values()))[0]
            raise BadData(
                f"{self.path}: one frame only, {file.name}, and a recording has two or more; if its {len(first)} "
                f"planes are frames, name the file itself, {file}"
            )
        return first

    def labels(self, number: int) -> Array:
        if not self.path.is_dir():
            return read_frame(self.path, number, self.layout)
        found = [self._image(file) for file in self._frames().files[number]]
        return self._volume(found, number) if self._frames().planes else self._refuse_planes(found[0])

    def _image(self, file: Path) -> Array:
        return read_picture(file) if file.suffix.lower() in PICTURES else read_volume(file, self.layout)

    def _volume(self, planes: list[Array], number: int) -> Array:
        """Planes `(y, x)` on each other; raises BadData if they are none, or differ in size."""
        import numpy as np

        files = self._frames().files[number]
        for file, plane in zip(files, planes, strict=True):
            if plane.ndim != 2 or plane.shape != planes[0].shape:
                raise BadData(f"{file}: {plane.shape} voxels, but it is one of the planes of a volume, all of one size")
        return np.stack(planes)

    def remarks(self) -> list[str]:
        return list(self._frames().notes)

    def where(self, number: int) -> str:
        files = self._frames().files.get(number, (self.path,))
        return f"{files[0]} (frame {number})"

    def said_voxel(self) -> tuple[Sizes, str] | None:
        """Files of planes do not say how far these are apart."""
        if self.path.is_dir():
            return voxel_of(self.path, None if self._frames().planes else self._first())
        return voxel_of(self.path.parent, self.path)

    def said_interval(self) -> tuple[float, str] | None:
        if (said := self._frames().said_interval()) is not None:
            return said
        first = self._first()
        return None if first is None else interval_in(first)

    def said_times(self) -> tuple[dict[int, float], str] | None:
        return self._frames().said_times()
