"""Labels, or signed distances, in MATLAB's files; see `mat_files` for what the axes are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field, PrivateAttr

from trainables.shapes.bad_data import BadData
from trainables.shapes.readers import mat_files
from trainables.shapes.readers.base import Frame, Listing, Reader, Recorded, Sizes
from trainables.shapes.readers.frame_files import FrameFiles, frame_files
from trainables.shapes.readers.labels import LabelReader
from trainables.shapes.readers.sdf_volumes import fault_of
from trainables.shapes.readers.tiff_axes import arranged, named, order_of
from trainables.shapes.readers.tiff_voxel import voxel_of

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_LAYOUT: Any = Field(None, pattern="^[TZYXC]{2,6}$", description="what the axes are, as MATLAB's size tells them: YXZT")


class MatLabels(LabelReader):
    """A .mat file of labels, or a folder with one a frame."""

    name: ClassVar[str] = "mat-labels"
    accepts: ClassVar[str] = (
        "a .mat file with one array of labels, or of signed distances, with --layout YXZT, say, or a folder of .mat "
        "files with the labels of a frame each"
    )

    layout: str | None = _LAYOUT
    _frames: Any = PrivateAttr(None)
    _named: FrameFiles | None = PrivateAttr(None)

    @classmethod
    def written(cls, labels: Array, folder: Path) -> list[Path]:
        """Of versions 5 and 7.3, each with a text that names the axes."""
        import h5py
        import numpy as np
        from scipy.io import savemat

        folder.mkdir(parents=True)
        axes = "YXZT" if labels.ndim == 4 else "YXT"
        turned = np.moveaxis(labels, range(labels.ndim), [labels.ndim - 1, *([2] if labels.ndim == 4 else []), 0, 1])
        savemat(folder / "old.mat", {"labels": turned, "axes": axes}, do_compression=True)
        with h5py.File(folder / "new.mat", "w", userblock_size=512) as file:
            file["labels"] = turned.T
            text = np.array([[ord(letter)] for letter in axes], "uint16")
            file.create_dataset("axes", data=text).attrs["MATLAB_class"] = np.bytes_("char")
        return [folder / "old.mat", folder / "new.mat"]

    @classmethod
    def recognises(cls, path: Path) -> bool:
        if path.is_dir():
            return any(_is_mat(file) and not file.name.startswith(".") for file in path.iterdir())
        return _is_mat(path) and not _are_distances(path)

    @classmethod
    def whole(cls, file: Path) -> bool:
        return True

    def numbers(self) -> list[int]:
        return list(self._names().files if self.path.is_dir() else range(len(self._all())))

    def labels(self, number: int) -> Array:
        found: Array = self._frame(number) if self.path.is_dir() else self._all()[number]
        return found

    def _frame(self, number: int) -> Array:
        file = self._names().files[number][0]
        return _arranged(file, self.layout, False)

    def where(self, number: int) -> str:
        return f"{self._names().files.get(number, (self.path,))[0]} (frame {number})"

    def said_voxel(self) -> tuple[Sizes, str] | None:
        return voxel_of(self.path if self.path.is_dir() else self.path.parent, None)

    def said_interval(self) -> tuple[float, str] | None:
        return self._names().said_interval()

    def said_times(self) -> tuple[dict[int, float], str] | None:
        return self._names().said_times()

    def remarks(self) -> list[str]:
        first = next(iter(self._names().files.values()), (self.path,))[0]
        return [*self._names().notes, *_unread(first, self.path.is_dir())]

    def _names(self) -> FrameFiles:
        """Of a folder; of a file none."""
        if self._named is None:
            self._named = frame_files(self.path, (mat_files.SUFFIX,)) if self.path.is_dir() else FrameFiles()
            if self._named.planes:
                raise BadData(f"{self.path}: a plane a file; put the planes of a volume into one array")
        return self._named

    def _all(self) -> Array:
        if self._frames is None:
            self._frames = _arranged(self.path, self.layout, True)
        frames: Array = self._frames
        return frames


class MatDistances(Reader):
    """A .mat file of signed distances: one sequence."""

    name: ClassVar[str] = "mat-distances"
    accepts: ClassVar[str] = "a .mat file of signed distances, inside negative"

    layout: str | None = _LAYOUT
    _frames: Any = PrivateAttr(None)

    @classmethod
    def written(cls, labels: Array, folder: Path) -> list[Path]:
        import numpy as np
        from scipy.io import savemat

        folder.mkdir(parents=True)
        fields = np.where(labels > 0, -0.3, 0.3).transpose(2, 3, 1, 0)
        savemat(folder / "distances.mat", {"sdf": fields, "axes": "YXZT"})
        return [folder / "distances.mat"]

    @classmethod
    def recognises(cls, path: Path) -> bool:
        return _is_mat(path) and _are_distances(path)

    def voxel_size(self) -> Sizes:
        said = self.said_voxel()
        return self.fitted(said and said[0], 3)

    def said_voxel(self) -> tuple[Sizes, str] | None:
        return voxel_of(self.path.parent, None)

    def sequences(
        self, tracks: list[int] | None = None, minimum_frames: int | None = None, daughters: bool = True
    ) -> Listing:
        if missing := [number for number in tracks or [] if number != 1]:
            raise BadData(f"{self.path}: there is no track {missing[0]}; there is 1, numbered from 1")
        frames = self._all()
        if frames.ndim != 4 or len(frames) < 2:
            raise BadData(
                f"{self.path}: its distances have the axes {frames.shape}, first time; give two volumes or more"
            )
        if len(frames) < (minimum_frames or 2):
            raise BadData(f"{self.path}: no track spans {minimum_frames} frames; the longest spans {len(frames)}")
        listing = Listing([], notes=_unread(self.path))
        if fault := fault_of((f"{self.path} (frame {number})", values) for number, values in enumerate(frames)):
            listing.bad[self.path.stem] = fault
        else:
            listing.usable.append(Recorded(self, self.path.stem, tuple(range(len(frames))), frames.shape[1:]))
        return listing

    def read(self, sequence: Recorded, frames: tuple[int, ...]) -> Iterator[Frame]:
        for number in frames:
            values = self._all()[number].astype("float32")
            inside = values < 0
            sides = [inside.take(end, axis=axis) for axis in range(3) for end in (0, -1)]
            yield Frame(number, values, (0, 0, 0), any(bool(side.any()) for side in sides))

    def _all(self) -> Array:
        if self._frames is None:
            self._frames = _arranged(self.path, self.layout, True)
        frames: Array = self._frames
        return frames


def _is_mat(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() == mat_files.SUFFIX


def _are_distances(path: Path) -> bool:
    """Whether the values of a file are floating point, and some negative, as no labels are."""
    try:
        array = mat_files.held_in(path).array
    except BadData:  # told when it is read
        return False
    return array.dtype.kind == "f" and bool((array < 0).any())


def _arranged(file: Path, layout: str | None, time: bool) -> Array:
    """The array of a file with the axes t, z, y, x, or t, y, x; without `time`, of one frame, z, y, x, or y, x. Raises
    BadData where nobody says what its axes are."""
    held = mat_files.held_in(file, _AXES[time])
    shape = held.array.shape
    said = layout or (held.axes or "").strip().upper() or (None if time or len(shape) > 2 else "YX")
    if said is None:
        raise BadData(
            f"{file}: {held.name!r} has the size {' x '.join(map(str, shape))}, and nothing says which axis is which; "
            f"say it in this order, as {_meant(shape, time) or '--layout with a letter for each'}"
        )
    if time != ("T" in said) or not set(said) <= set("TZYXC"):
        letters = "T, Z, Y, X, one of them T" if time else "Z, Y, X: a file of a folder is one frame"
        raise BadData(f"{file}: the axes of {held.name!r} are called {said}; name them by {letters}")
    order = order_of(named("Q" * len(shape), said, file), shape, time, file)
    return arranged(held.array, order)


_AXES = {True: 3, False: 2}
"""Of a recording, and of one frame: how many there are at least."""


def _meant(shape: tuple[int, ...], time: bool) -> str:
    """What the user may mean, for a sentence."""
    if not time:
        return " or ".join(f"--layout {axes} ({shape[axes.index('Z')]} planes)" for axes in ("YXZ", "ZYX"))
    guesses = ("YXZT", "TZYX") if len(shape) == 4 else ("YXT", "TYX") if len(shape) == 3 else ()
    return " or ".join(f"--layout {axes} ({shape[axes.index('T')]} frames)" for axes in guesses)


def _unread(file: Path, frame: bool = False) -> list[str]:
    unread = mat_files.held_in(file, _AXES[not frame]).unread
    return [f"arrays that are not read: {', '.join(unread)}"] if unread else []
