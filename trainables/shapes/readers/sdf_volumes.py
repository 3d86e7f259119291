"""Signed distance volumes in HDF5: key `sdf_vid`, four axes (see `sdf_layout`), inside negative, read frame by frame.

Under another key they are taken where nothing else in the file can be meant: one dataset of four axes, floating point.

The layout of the published C. elegans cells (Wiesner 2024), 30 × 256³. Their distances are divided by a maximum and
clamped, so only the place of the surface and the signs are used here; `trainables.shapes.preparation` makes distances
again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from trainables.shapes.bad_data import BadData
from trainables.shapes.readers.base import Frame, Listing, Reader, Recorded, Sizes, long_enough
from trainables.shapes.readers.sdf_layout import SMALLEST, Layout, frame_of, frames_and_volume, layout_of
from trainables.shapes.readers.size import refuse_huge

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

KEY = "sdf_vid"
_SUFFIXES = (".h5", ".hdf5", ".hdf")
_TOLD = 6
_FRAMES = 1_000_000
"""Frames of the longest recording; nobody took more, and a file of some kilobytes may say so."""
"""Datasets of a file that are named where none can be used."""


@dataclass(frozen=True)
class Stored:
    """How a file holds its frames."""

    key: str
    layout: Layout
    count: int
    shape: tuple[int, int, int]
    """Of a frame, (z, y, x)."""


class SdfVolumes(Reader):
    """An HDF5 file is one sequence; a folder of them is one recording, whose tracks are numbered from 1 by name."""

    name: ClassVar[str] = "sdf-volumes"
    accepts: ClassVar[str] = f"an HDF5 file with {KEY!r} (z, x, y, t), inside negative, or a folder of such files"

    layout: Layout | None = Field(None, description="which axis is time, where the file does not say it")

    @classmethod
    def written(cls, labels: Array, folder: Path) -> list[Path]:
        """As published: axes (z, x, y, t), a chunk a frame; of another scale than a distance, as those are."""
        import h5py
        import numpy as np

        fields = np.where(labels > 0, np.float32(-0.3), np.float32(0.3)).transpose(1, 3, 2, 0)
        folder.mkdir(parents=True, exist_ok=True)
        with h5py.File(folder / "volumes.h5", "w") as file:
            file.create_dataset(KEY, data=fields, chunks=(*fields.shape[:3], 1))
        return [folder / "volumes.h5", folder]

    @classmethod
    def recognises(cls, path: Path) -> bool:
        return bool(_files(path))

    def voxel_size(self) -> Sizes:
        return self.fitted(None, 3)

    def sequences(
        self, tracks: list[int] | None = None, minimum_frames: int | None = None, daughters: bool = True
    ) -> Listing:
        """As every reader; a file is looked at only as far as its shape, its values when it is read."""
        files = dict(enumerate(_files(self.path), start=1))
        if missing := [number for number in tracks or [] if number not in files]:
            raise BadData(f"{self.path}: there is no track {missing[0]}; there are {len(files)}, numbered from 1")
        listing, stored = Listing([]), {}
        for number, file in files.items():
            if tracks is not None and number not in tracks:
                continue
            try:
                stored[number] = _stored(file, self.layout)
            except BadData as error:
                listing.bad[file.stem] = str(error)
        spans = {number: held.count for number, held in stored.items()}
        chosen = list(spans)
        if tracks is None and spans:
            chosen = long_enough(spans, max(spans.values()), minimum_frames, self.path)
        for number in chosen:
            file, held = files[number], stored[number]
            notes = () if held.key == KEY else (f"{file.stem}: read from {held.key!r}, for there is no {KEY!r}",)
            frames = tuple(range(held.count))
            recorded = Recorded(self, file.stem, frames, held.shape, source=file.name, notes=notes)
            if problem := _problem(file, held):
                listing.bad[recorded.label] = problem
            else:
                listing.usable.append(recorded)
        return listing

    def read(self, sequence: Recorded, frames: tuple[int, ...]) -> Iterator[Frame]:
        file = self.path / sequence.source if self.path.is_dir() else self.path
        for number, values in _frames(file, _stored(file, self.layout), frames):
            inside = values < 0
            sides = [inside.take(end, axis=axis) for axis in range(3) for end in (0, -1)]
            yield Frame(number, values, (0, 0, 0), any(bool(side.any()) for side in sides))


def _files(path: Path) -> list[Path]:
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    return [file for file in files if file.is_file() and file.suffix.lower() in _SUFFIXES]


def _stored(file: Path, given: Layout | None) -> Stored:
    """How a file holds its frames; raises BadData."""
    import h5py

    try:
        with h5py.File(file, "r") as content:
            dataset = _dataset(content, file)
            key = dataset.name.removeprefix("/")
            shape, kind = tuple(int(n) for n in dataset.shape), dataset.dtype
            chunks = dataset.chunks
    except OSError as error:
        raise BadData(f"{file}: cannot be read as HDF5 ({error}); the file is damaged, copy it again") from None
    if len(shape) != 4:
        raise BadData(f"{file}: {key!r} has the shape {shape}; it must have four axes, one of them time")
    if kind.kind != "f":
        raise BadData(f"{file}: {key!r} has values of type {kind}; signed distances are floating point")
    layout = given or layout_of(shape, chunks, file)
    stored = Stored(key, layout, *frames_and_volume(shape, layout))
    if min(stored.shape) < SMALLEST:
        raise BadData(
            f"{file}: {key!r} has the shape {shape}, {layout}, so that a frame has {stored.shape} voxels (z, y, x); "
            f"it needs {SMALLEST} or more along each axis"
        )
    refuse_huge(stored.shape, kind.itemsize, f"{file}: {key!r}, a frame")
    if stored.count > _FRAMES:
        raise BadData(f"{file}: {key!r} has {stored.count} frames, more than {_FRAMES}; store fewer")
    if stored.count < 2:
        raise BadData(f"{file}: {key!r} has one frame only; a sequence needs two or more")
    return stored


def _dataset(content: Any, file: Path) -> Any:
    """The dataset of the distances; raises BadData with what there is instead."""
    import h5py

    found: dict[str, Any] = {}

    def look(name: str, held: Any) -> None:
        if isinstance(held, h5py.Dataset):
            found[name] = held

    content.visititems(look)
    volumes = [name for name, held in found.items() if held.dtype.kind == "f" and len(held.shape) == 4]
    if KEY in found or len(volumes) == 1:
        return found[KEY if KEY in found else volumes[0]]
    there = ", ".join(f"{name} {held.shape} of {held.dtype}" for name, held in list(found.items())[:_TOLD])
    more = f" and {len(found) - _TOLD} more" if len(found) > _TOLD else ""
    raise BadData(f"{file}: it has no dataset {KEY!r}, but {there or 'nothing'}{more}; store the volumes under {KEY!r}")


def _frames(file: Path, stored: Stored, frames: tuple[int, ...]) -> Iterator[tuple[int, Array]]:
    """Frames as float32, one in memory at a time."""
    import h5py

    with h5py.File(file, "r") as content:
        dataset = content[stored.key]
        for number in frames:
            try:
                values = frame_of(dataset, number, stored.layout)
            except OSError as error:
                raise BadData(f"{file} (frame {number}): {_unread(dataset, error)}") from None
            yield number, values


def _unread(dataset: Any, error: OSError) -> str:
    """Why a dataset's values cannot be read, and what to do: a filter that is not installed, or a damaged file."""
    import h5py

    steps = dataset.id.get_create_plist()
    for code, _, _, name in (steps.get_filter(index) for index in range(steps.get_nfilters())):
        if not h5py.h5z.filter_avail(code):
            called = name.decode(errors="replace") or "without a name"
            return f"compressed by the HDF5 filter {called!r} (number {code}), not installed; write it again with gzip"
    return f"cannot be read ({error}); the file is damaged, copy it again"


def _problem(file: Path, stored: Stored) -> str | None:
    """Why the values of a file cannot be used, as a sentence; every frame is looked at."""
    frames = _frames(file, stored, tuple(range(stored.count)))
    return fault_of((f"{file} (frame {number})", values) for number, values in frames)


def fault_of(frames: Iterable[tuple[str, Array]]) -> str | None:
    """Why one of some frames `(z, y, x)`, each with its place, is no field of signed distances; none if all are."""
    import numpy as np

    try:
        for where, values in frames:
            if not np.isfinite(values).all():
                return f"{where}: it has values that are not finite (NaN); mend or leave out the file"
            if not (inside := values < 0).any():
                return f"{where}: no value is negative{_range(values)}, the shape is empty; inside must be negative"
            if inside.all():
                return f"{where}: every value is negative{_range(values)}, the shape fills the volume; mend the file"
            if (corners := int(inside[np.ix_(*3 * ((0, -1),))].sum())) > 4:
                return (
                    f"{where}: {corners} of the 8 corners and {inside.mean():.0%} of the volume are inside; if the "
                    "sign is reversed, store the values with the other one, for inside is negative here"
                )
    except BadData as error:
        return str(error)
    return None


def _range(values: Array) -> str:
    return f" ({values.min():g} to {values.max():g})"
