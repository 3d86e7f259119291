"""Signed distance volumes in HDF5: key `sdf_vid`, `(T, z, y, x)`, inside negative, read frame by frame.

The layout of the C. elegans cells of seed 000, 30 × 256³. Their distances are divided by a maximum and clamped, so only
the place of the surface and the signs are used here; `trainables.shapes.preparation` makes distances again.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from trainables.shapes.bad_data import BadData
from trainables.shapes.readers.base import Frame, Listing, Reader, Recorded, Triple, long_enough

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

KEY = "sdf_vid"
_SUFFIXES = (".h5", ".hdf5", ".hdf")


class SdfVolumes(Reader):
    """An HDF5 file is one sequence; a folder of them is one recording, whose tracks are numbered from 1 by name."""

    name: ClassVar[str] = "sdf-volumes"
    accepts: ClassVar[str] = f"an HDF5 file with {KEY!r} (t, z, y, x), inside negative, or a folder of such files"

    @classmethod
    def recognises(cls, path: Path) -> bool:
        return bool(_files(path))

    def voxel_size(self) -> Triple:
        return self.voxel or (1.0, 1.0, 1.0)

    def sequences(
        self, tracks: list[int] | None = None, minimum_frames: int | None = None, daughters: bool = True
    ) -> Listing:
        """As every reader; a file is looked at only as far as its shape, its values when it is read."""
        files = dict(enumerate(_files(self.path), start=1))
        if missing := [number for number in tracks or [] if number not in files]:
            raise BadData(f"{self.path}: there is no track {missing[0]}; there are {len(files)}, numbered from 1")
        listing, shapes = Listing([]), {}
        for number, file in files.items():
            if tracks is not None and number not in tracks:
                continue
            try:
                shapes[number] = _shape(file)
            except BadData as error:
                listing.bad[file.stem] = str(error)
        spans = {number: shape[0] for number, shape in shapes.items()}
        chosen = list(spans)
        if tracks is None and spans:
            chosen = long_enough(spans, max(spans.values()), minimum_frames, self.path)
        for number in chosen:
            count, *shape = shapes[number]
            file = files[number]
            recorded = Recorded(self, file.stem, tuple(range(count)), (shape[0], shape[1], shape[2]), source=file.name)
            if problem := _problem(file):
                listing.bad[recorded.label] = problem
            else:
                listing.usable.append(recorded)
        return listing

    def read(self, sequence: Recorded, frames: tuple[int, ...]) -> Iterator[Frame]:
        file = self.path / sequence.source if self.path.is_dir() else self.path
        for number, values in _frames(file, frames):
            inside = values < 0
            sides = [inside.take(end, axis=axis) for axis in range(3) for end in (0, -1)]
            yield Frame(number, values, (0, 0, 0), any(bool(side.any()) for side in sides))


def _files(path: Path) -> list[Path]:
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    return [file for file in files if file.is_file() and file.suffix.lower() in _SUFFIXES]


def _shape(file: Path) -> tuple[int, ...]:
    """Shape (T, z, y, x) of a file's volumes; raises BadData."""
    import h5py

    try:
        with h5py.File(file, "r") as content:
            dataset = content.get(KEY)
            if not isinstance(dataset, h5py.Dataset):
                keys = ", ".join(content) or "nothing"
                raise BadData(f"{file}: it has no dataset {KEY!r}, but {keys}; store the volumes under {KEY!r}")
            shape, kind = tuple(int(n) for n in dataset.shape), dataset.dtype
    except OSError as error:
        raise BadData(f"{file}: cannot be read as HDF5 ({error}); the file is damaged, copy it again") from None
    if len(shape) != 4 or min(shape[1:]) < 3:
        raise BadData(
            f"{file}: {KEY!r} has the shape {shape}; it must be (t, z, y, x), three voxels or more along each"
        )
    if kind.kind != "f":
        raise BadData(f"{file}: {KEY!r} has values of type {kind}; signed distances are floating point")
    if shape[0] < 2:
        raise BadData(f"{file}: {KEY!r} has one frame only; a sequence needs two or more")
    return shape


def _frames(file: Path, frames: tuple[int, ...]) -> Iterator[tuple[int, Array]]:
    """Frames as float32, one in memory at a time."""
    import h5py

    with h5py.File(file, "r") as content:
        for number in frames:
            try:
                values = content[KEY][number].astype("float32", copy=False)
            except OSError as error:
                raise BadData(
                    f"{file} (frame {number}): cannot be read ({error}); the file is damaged, copy it again"
                ) from None
            yield number, values


def _problem(file: Path) -> str | None:
    """Why the values of a file cannot be used, as a sentence; every frame is looked at."""
    import numpy as np

    try:
        for number, values in _frames(file, tuple(range(_shape(file)[0]))):
            if not np.isfinite(values).all():
                return f"{file} (frame {number}): it has values that are not finite (NaN); mend or leave out the file"
            lowest, highest = float(values.min()), float(values.max())
            if lowest >= 0:
                return f"{file} (frame {number}): no value is negative, the shape is empty; inside must be negative"
            if highest < 0:
                return f"{file} (frame {number}): every value is negative, the shape fills the volume; mend the file"
    except BadData as error:
        return str(error)
    return None
