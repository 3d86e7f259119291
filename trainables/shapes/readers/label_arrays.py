"""Labels in NumPy's files: one array (t, z, y, x), an array a frame, or what Cellpose saves; see `numpy_files`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field, PrivateAttr

from trainables.shapes.bad_data import BadData
from trainables.shapes.readers.base import Sizes
from trainables.shapes.readers.frame_files import FrameFiles, frame_files
from trainables.shapes.readers.labels import LabelReader
from trainables.shapes.readers.numpy_files import KEY, SEGMENTED, SUFFIXES, Held, held_in
from trainables.shapes.readers.tiff import SUFFIXES as TIFF
from trainables.shapes.readers.tiff_axes import arranged, named, order_of
from trainables.shapes.readers.tiff_voxel import voxel_of

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_TABLES = ("man_track.txt", "res_track.txt")


class LabelArrays(LabelReader):
    """An `.npy` or `.npz` file, or a folder of them, one a frame; beside TIFFs only Cellpose's are taken."""

    name: ClassVar[str] = "label-arrays"
    accepts: ClassVar[str] = (
        "an .npy or .npz file of labels with the axes (t, z, y, x) or (t, y, x), alone or under the key "
        f"{KEY!r}, an .npz file with an array a frame, or a folder of such files or of Cellpose's _seg.npy, one a frame"
    )

    layout: str | None = Field(
        None, pattern="^[TZYXC]{2,5}$", description="what the axes of an array are, where not t, z, y, x: ZTYX, say"
    )
    _held: dict[int, Array] | None = PrivateAttr(None)
    """Frame → array, of a file; read once."""
    _named: FrameFiles | None = PrivateAttr(None)
    _read: Held | None = PrivateAttr(None)

    @classmethod
    def written(cls, labels: Array, folder: Path) -> list[Path]:
        import numpy as np

        folder.mkdir(parents=True)
        np.save(folder / "labels.npy", labels)
        np.savez_compressed(folder / "labels.npz", labels=labels)
        np.savez(folder / "frames.npz", *labels)
        for name, ending in (("frames", ".npy"), ("cellpose", "_seg.npy")):
            (folder / name).mkdir()
            for number, frame in enumerate(labels):
                held = frame if name == "frames" else np.array({"masks": frame, "filename": "a.tif"}, dtype=object)
                np.save(folder / name / f"t{number}{ending}", held)
        return [folder / name for name in ("labels.npy", "labels.npz", "frames.npz", "frames", "cellpose")]

    @classmethod
    def recognises(cls, path: Path) -> bool:
        if not path.is_dir():
            return path.suffix.lower() in SUFFIXES
        names = [file.name.lower() for file in path.iterdir()]
        other = any(name.endswith(TIFF) or name in _TABLES for name in names)
        return any(name.endswith(SEGMENTED if other else SUFFIXES) for name in names)

    @classmethod
    def whole(cls, file: Path) -> bool:
        try:
            frames = held_in(file).frames
        except BadData:  # told when it is read
            return True
        return len(frames) > 1 or sum(length > 1 for length in next(iter(frames.values())).shape) > 3

    def numbers(self) -> list[int]:
        return list(self._frame_files() if self.path.is_dir() else self._content())

    def labels(self, number: int) -> Array:
        if not self.path.is_dir():
            return self._content()[number]
        file = self._frame_files()[number]
        held = held_in(file).frames
        if len(held) > 1:
            raise BadData(f"{file}: {len(held)} arrays, but a file of a folder is one frame; keep one array in it")
        return self._arranged(next(iter(held.values())), False, self.where(number))

    def where(self, number: int) -> str:
        return f"{self._frame_files().get(number, self.path)} (frame {number})"

    def said_voxel(self) -> tuple[Sizes, str] | None:
        beside = voxel_of(self.path if self.path.is_dir() else self.path.parent, None)
        said = self._first().voxel
        return beside or (None if said is None else (said[0], f"array {said[1]!r}"))

    def remarks(self) -> list[str]:
        notes = [*self._names().notes]
        if unread := self._first().unread:
            notes.append(f"arrays that are not read: {', '.join(unread)}")
        return notes

    def _first(self) -> Held:
        """What the file, or the first of a folder, holds."""
        if self._read is None:
            self._read = held_in(next(iter(self._frame_files().values()), self.path))
        return self._read

    def said_interval(self) -> tuple[float, str] | None:
        return self._names().said_interval()

    def said_times(self) -> tuple[dict[int, float], str] | None:
        return self._names().said_times()

    def _names(self) -> FrameFiles:
        """Of a folder; of a file none."""
        if self._named is None:
            found = self.path.is_dir() and any(f.name.lower().endswith(SEGMENTED) for f in self.path.iterdir())
            endings = (SEGMENTED,) if found else SUFFIXES
            self._named = frame_files(self.path, endings) if self.path.is_dir() else FrameFiles()
            if self._named.planes:
                raise BadData(f"{self.path}: a plane a file; put the planes of a volume into one array")
        return self._named

    def _frame_files(self) -> dict[int, Path]:
        """Frame number → file, of a folder."""
        return {number: files[0] for number, files in self._names().files.items()}

    def _content(self) -> dict[int, Array]:
        """Frame number → array of labels, of a file."""
        if self._held is None:
            held = self._first().frames
            if len(held) == 1:
                whole = self._arranged(next(iter(held.values())), True, self.path)
                self._held = dict(enumerate(whole))
            else:
                self._held = {n: self._arranged(one, False, self.path) for n, one in held.items()}
        return self._held

    def _arranged(self, values: Array, time: bool, where: Path | str) -> Array:
        if self.layout is None and values.ndim > 3 and values.shape[-1] == 1:  # a channel, for no volume is so thin
            values = values[..., 0]
        axes = named("Q" * values.ndim, self.layout, where)
        return arranged(values, order_of(axes, values.shape, time, where))
