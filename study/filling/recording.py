"""A recording as cells over time: which frames are measured, where each cell is known, and its shape there."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from study.errors import Mistake
from trainables.shapes.bad_data import BadData
from trainables.shapes.preparation import DROPPED
from trainables.shapes.readers.base import Frame, Reader
from trainables.shapes.readers.labels import LabelReader

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trainables.shapes.readers.base import Box, Listing, Recorded, Track

MOST = 10_000
"""Frames that are written, at most."""
ALONE = 1
"""The label of a shape whose recording has none: signed distances of one shape."""


@dataclass(frozen=True)
class Cell:
    """One label of the recording."""

    label: int
    frames: tuple[int, ...]
    """Numbers of the frames in which its shape is known, rising."""
    parent: int
    """The label that it came from; 0 if there is none."""


@dataclass(frozen=True)
class Shape:
    """A cell in one frame, cut out of the volume; masks take a bit a voxel."""

    offset: tuple[int, ...]
    size: tuple[int, ...]
    border: bool
    values: NDArray[Any]
    """Packed bits, or signed distances `(z, y, x)`."""

    @classmethod
    def of(cls, frame: Frame) -> Shape:
        values = frame.values
        return cls(frame.offset, values.shape, frame.border, np.packbits(values) if values.dtype == bool else values)

    def mask(self) -> NDArray[np.bool_]:
        """True inside, `(z, y, x)`."""
        if self.values.dtype != np.uint8:
            inside: NDArray[np.bool_] = self.values < 0
            return inside
        return np.unpackbits(self.values, count=math.prod(self.size)).reshape(self.size).astype(bool)

    def frame(self) -> Frame:
        """As a reader gives it."""
        values = self.mask() if self.values.dtype == np.uint8 else self.values
        return Frame(0, values, self.offset, self.border)


@dataclass(eq=False, kw_only=True)
class Recording:
    """Cells on one voxel grid."""

    name: str
    reader: Reader
    shape: tuple[int, ...]
    """Voxels along z, y, x; in the plane along y, x, and so are all `(z, y, x)` of this room."""
    voxel: tuple[float, ...]
    """Sizes along the same axes, µm."""
    measured: tuple[int, ...]
    """Numbers of the frames in which something is labelled, rising."""
    unmeasured: tuple[int, ...] = ()
    """Numbers between the first and the last of these, of which nothing is labelled."""
    cells: dict[int, Cell] = field(default_factory=dict)
    shapes: dict[tuple[int, int], Shape] = field(default_factory=dict)
    """(label, frame) → its shape."""
    times: dict[int, float] = field(default_factory=dict)
    """Frame → when it was taken."""
    seconds: float | None = None
    """In the unit of time; none where that is not known."""
    notes: list[str] = field(default_factory=list)
    largest: int = ALONE
    """The largest label in any frame."""
    source: Recorded | None = None
    """The sequence of signed distances that it is; none for labels."""

    @property
    def kind(self) -> type[np.unsignedinteger[Any]]:
        """Of arrays that hold every label."""
        return np.uint32 if self.largest <= np.iinfo(np.uint32).max else np.uint64

    def frame(self, number: int) -> NDArray[Any]:
        """A measured frame `(z, y, x)`: its labels as they are, all of them."""
        if isinstance(self.reader, LabelReader):
            labels: NDArray[Any] = self.reader.frame(number)
            return labels
        return np.where(self.shapes[ALONE, number].mask(), ALONE, 0)

    def together(self, labels: Iterable[int], number: int) -> Frame:
        """The union of some cells in one frame, all of which are known there."""
        found = [self.shapes[label, number] for label in labels]
        if len(found) == 1:
            return found[0].frame()
        low = np.min([shape.offset for shape in found], axis=0)
        high = np.max([np.add(shape.offset, shape.size) for shape in found], axis=0)
        union = np.zeros(high - low, dtype=bool)
        for shape in found:
            place = tuple(slice(o, o + n) for o, n in zip(np.subtract(shape.offset, low), shape.size, strict=True))
            union[place] |= shape.mask()
        return Frame(number, union, tuple(int(o) for o in low), any(shape.border for shape in found))

    def roots(self) -> dict[int, int]:
        """Label → the first ancestor that is known."""
        found: dict[int, int] = {}
        for label in self.cells:
            root, seen = label, {label}
            while (parent := self.cells[root].parent) in self.cells and parent not in seen:
                root = parent
                seen.add(root)
            found[label] = root
        return found


def of_labels(reader: LabelReader, listing: Listing) -> Recording:
    """The recording of a reader of labels; BadData if a frame cannot be read or a cell cannot be used."""
    scan = reader.scan()
    tracks = {track.label: track for recorded in listing.usable for track in recorded.tracks}
    cells = {label: _cell(track, scan.present(label), tracks) for label, track in tracks.items()}
    measured = tuple(number for number, boxes in scan.boxes.items() if boxes)
    recording = Recording(
        name=reader.path.resolve().name,
        reader=reader,
        shape=scan.shape,
        voxel=reader.voxel_size(),
        seconds=reader.seconds(),
        measured=measured,
        unmeasured=_between(measured),
        cells={label: cell for label, cell in cells.items() if cell.frames},
        notes=[*listing.notes],
        largest=max((label for boxes in scan.boxes.values() for label in boxes), default=ALONE),
    )
    dropped: dict[int, dict[int, float]] = {}
    for number in measured:
        boxes = {label: box for label, box in scan.boxes[number].items() if label in recording.cells}
        for label, frame in _cut(reader, number, boxes).items():
            if number in recording.cells[label].frames:
                recording.shapes[label, number] = Shape.of(frame)
                dropped.setdefault(label, {})[number] = frame.dropped
    _check_pieces(recording, reader, dropped)
    recording.times = {number: reader.time(number) for number in measured}
    return recording


def of_distances(reader: Reader, recorded: Recorded) -> Recording:
    """The recording of a sequence of signed distances."""
    recording = Recording(
        name=recorded.label,
        reader=reader,
        shape=recorded.shape,
        voxel=reader.voxel_size(),
        seconds=reader.seconds(),
        measured=recorded.frames,
        unmeasured=_between(recorded.frames),
        cells={ALONE: Cell(ALONE, recorded.frames, 0)},
        times=dict(zip(recorded.frames, recorded.times(), strict=True)),
        source=recorded,
    )
    for frame in recorded.read():
        recording.shapes[ALONE, frame.number] = Shape.of(frame)
    return recording


def _cell(track: Track, present: list[int], tracks: dict[int, Track]) -> Cell:
    known = tuple(number for number in present if track.begin <= number <= track.end)
    return Cell(track.label, known, track.parent if track.parent in tracks else 0)


def _between(measured: tuple[int, ...]) -> tuple[int, ...]:
    """Numbers that are left out; none where they are so many that they count something else than frames."""
    if not measured or measured[-1] - measured[0] > MOST:
        return ()
    return tuple(number for number in range(measured[0], measured[-1]) if number not in set(measured))


def _cut(reader: LabelReader, number: int, boxes: dict[int, Box]) -> dict[int, Frame]:
    """Every label of a frame by itself; the frame is read once."""
    if not boxes:
        return {}
    volume = reader.frame(number)
    return {label: reader.cut(number, volume, {label: box}) for label, box in boxes.items()}


def _check_pieces(recording: Recording, reader: LabelReader, dropped: dict[int, dict[int, float]]) -> None:
    """Tell what is left out as a stray piece; BadData if that is much, and nobody has said that it should be."""
    for label, shares in dropped.items():
        much = [number for number, share in shares.items() if share > DROPPED]
        if len(much) > 1 and not reader.drops_pieces():
            raise BadData(
                f"{reader.where(much[0])}: label {label} is in several pieces, of which all but the largest, up to "
                f"{max(shares.values()):.0%} of its voxels, would be left out in {len(much)} frames; keep them as one "
                "shape with --pieces all, make cells of them with --pieces split, or leave them out with --pieces "
                "largest"
            )
    worst = max(((share, label, n) for label, s in dropped.items() for n, share in s.items()), default=(0.0, 0, 0))
    if worst[0] > 0:
        recording.notes.append(
            f"at most {worst[0]:.1%} of a shape is left out as a stray piece (label {worst[1]}, frame {worst[2]})"
        )


def refuse_nothing(recording: Recording) -> None:
    """Mistake if there are no two frames to fill between."""
    if len(recording.measured) < 2:
        raise Mistake(
            f"{recording.reader.path}: only {len(recording.measured)} frame has a label in it, and between two is what "
            "can be filled; give a recording of two labelled frames or more"
        )
