"""What the readers of label volumes share: a track, or a mother with its daughters, becomes a sequence of masks.

A frame in which a track is listed, or goes on later, but is not labelled is one in which its shape is not known: it is
left out of the sequence, whose times need not be even.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field, PrivateAttr

from trainables.shapes.bad_data import BadData
from trainables.shapes.readers import linking
from trainables.shapes.readers.base import AXES, Box, Frame, Listing, Reader, Recorded, Sizes, Track, long_enough
from trainables.shapes.readers.flattening import FEW_PLANES, flattened
from trainables.shapes.readers.label_values import refuse_intensities, whole_numbers
from trainables.shapes.readers.packed_frames import PackedFrames
from trainables.shapes.readers.pieces import Pieces, largest, split
from trainables.shapes.readers.scan import Scan, step_between
from trainables.shapes.readers.track_table import Table, unread_tracks

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


_NARROW = 4
"""Times that an axis is shorter than those before it which may be one of time."""


class LabelReader(Reader):
    """Frames of integer labels (z, y, x), or (y, x), 0 outside every cell, one number a cell."""

    has_table: ClassVar[bool] = False
    """Whether a table says which labels are one cell: then nothing is linked."""

    pieces: Pieces | None = Field(
        None, description="of a label in several pieces; none for the largest where it is nearly everything"
    )
    link: bool = Field(False, description="number cells by their overlap from frame to frame, whatever their labels")
    flat: bool = Field(False, description="take a stack of planes as it is seen along z, in the plane")
    _packed: PackedFrames = PrivateAttr(default_factory=PackedFrames)
    _scan: Scan | None = PrivateAttr(None)
    _linker: linking.Linker | None = PrivateAttr(None)
    _covered: float = PrivateAttr(0.0)
    """Of a frame that is seen along z, the largest share of pixels with several cells."""

    @abstractmethod
    def numbers(self) -> list[int]:
        """Frame numbers, rising."""

    @abstractmethod
    def labels(self, number: int) -> Array:
        """One frame `(z, y, x)`, whole numbers; raises BadData."""

    @abstractmethod
    def where(self, number: int) -> str:
        """File and frame, for sentences."""

    def remarks(self) -> list[str]:
        """What must be told of how the files were read, after they were."""
        return []

    def drops_pieces(self) -> bool:
        return self.pieces == "largest"

    def voxel_size(self) -> Sizes:
        if self.flat and self.voxel and len(self.voxel) == 3:
            return self.voxel[1:]
        said = None if self.voxel else self.said_voxel()
        return self.fitted(said and said[0], len(self.scan().shape))

    def table(self) -> Table:
        """The tracks: by default every label, from the first to the last frame in which it is."""
        scan = self.scan()
        if self._linker is not None:
            return Table({track.label: track for track in self._linker.tracks})
        frames = {label: scan.present(label) for boxes in scan.boxes.values() for label in boxes}
        return Table({label: Track(label, frames[label][0], frames[label][-1], 0) for label in sorted(frames)})

    def frame(self, number: int) -> Array:
        """`labels(number)`, checked for being a volume of labels, with the numbers of their cells; raises BadData."""
        labels = self._checked(number)
        return labels if self._linker is None else linking.apply(self._linker.numbers[number], labels)

    def _checked(self, number: int) -> Array:
        """The frame as its file has it, once it has been looked at: read once, unless there is no room to keep it."""
        return self._packed.get(number, self._anew)

    def _anew(self, number: int) -> Array:
        labels = whole_numbers(self.labels(number), self.where(number))
        if self.flat:
            labels = self._seen_along_z(labels, number)
        return split(labels) if self.pieces == "split" else labels

    def _seen_along_z(self, labels: Array, number: int) -> Array:
        if labels.ndim == 2:
            raise BadData(f"{self.where(number)}: its frames have the axes {AXES[2]} already; leave --flat out")
        found, several = flattened(labels)
        self._covered = max(self._covered, several)
        return found

    def scan(self) -> Scan:
        """Where the labels are, found once; raises BadData if a frame cannot be read or differs in size."""
        if self._scan is None:
            linker = linking.Linker() if self.link or self.pieces == "split" else None
            self._scan = self._scanned(linker)
            self._linker = linker
        return self._scan

    def _scanned(self, linker: linking.Linker | None) -> Scan:
        numbers = self.numbers()
        if not numbers:
            raise BadData(f"{self.path}: there is no frame in it; give a recording of two or more")
        scan: Scan | None = None
        last: tuple[int, Array] | None = None
        for number in numbers:
            labels = self._checked(number)
            if scan is None:
                if not labels.size:
                    raise BadData(f"{self.where(number)}: {labels.shape} voxels, so none; give a recording with some")
                scan = Scan(labels.shape)
                refuse_intensities(labels, self.where(number))
            if labels.shape != scan.shape:
                raise BadData(
                    f"{self.where(number)}: {labels.shape} voxels, but {self.where(numbers[0])} has {scan.shape}; "
                    "all frames must be of one size"
                )
            labels = labels if linker is None else linker.follow(number, labels)
            scan.add(number, labels)
            if not scan.boxes[number]:
                continue
            if last is not None:
                scan.steps.append(step_between(last, (number, labels)))
            last = number, labels
        assert scan is not None
        return scan

    def sequences(
        self, tracks: list[int] | None = None, minimum_frames: int | None = None, daughters: bool = True
    ) -> Listing:
        if self.has_table and (self.link or self.pieces == "split"):
            flag = "--link" if self.link else "--pieces split"
            raise BadData(f"{self.path}: its table says which labels are one cell, nothing is linked; leave {flag} out")
        scan, table = self.scan(), self.table()
        known = table.tracks
        self._refuse_untracked(scan)
        born = _born(known) if daughters else {}
        if tracks is None:
            spans = {
                label: len([n for n in scan.boxes if known[label].begin <= n <= _end(_family(track, born))])
                for label, track in known.items()
                if not daughters or not track.parent
            }
            chosen = [] if table.bad and not spans else long_enough(spans, len(scan.boxes), minimum_frames, self.path)
            unused = {label: _range(_family(known[label], born)) for label in spans if label not in chosen}
        else:
            if missing := [number for number in tracks if number not in known and number not in table.bad]:
                raise BadData(
                    f"{self.path}: there is no track {missing[0]}; choose among {', '.join(map(str, sorted(known)))}"
                )
            chosen, unused = [number for number in tracks if number in known], {}
        listing = Listing([], notes=[*table.notes, *self._doubts(scan)], unused=unused, overlap=_least_overlap(scan))
        for label, sentence in table.bad.items():
            if tracks is None or label in tracks:
                listing.bad[_name(label)] = sentence
        for label in chosen:
            self._list(listing, _family(known[label], born), scan)
        if tracks is None:
            self._list_foreign(listing, table, scan)
        return listing

    def _refuse_untracked(self, scan: Scan) -> None:
        if not self.has_table and linking.not_tracked(scan.steps):
            frame, label, better = linking.renumbered(scan.steps)[0]
            raise BadData(
                f"{self.where(frame)}: numbers do not follow cells from frame to frame, label {label} lies where label "
                f"{better} is now; track them first, or have them numbered by their overlap with --link"
            )

    def _doubts(self, scan: Scan) -> list[str]:
        """What must be told of stacks that are hardly volumes, and of labels that change their number."""
        told = [*self.remarks(), *self._flatness(scan.shape)]
        told += self._time_last(scan)
        told += [] if self.has_table else unread_tracks(self.path)
        if not self.has_table and (changed := linking.renumbered(scan.steps)):
            said = ", ".join(f"{label} is {better} in frame {frame}" for frame, label, better in changed[:3])
            told.append(f"{len(changed)} label(s) fit another number better than their own in the next frame: {said}")
        if not self.has_table and self._linker is None and (ended := linking.taken_over(scan.steps)):
            said = ", ".join(
                f"{' and '.join(map(str, born))} where {label} was, in frame {n}" for n, label, born in ended[:3]
            )
            more = f" and {len(ended) - 3} more" if len(ended) > 3 else ""
            told.append(
                f"labels begin where another ends ({said}{more}), and are taken for other cells, with nothing between "
                "them; if one became the others, a man_track.txt beside the images says so, a row label begin end "
                "parent each, or --link finds it"
            )
        return told

    def _time_last(self, scan: Scan) -> list[str]:
        """A doubt where no axis has a name, and the last is much shorter than those before, as one of time may be."""
        frames, (*before, last) = len(scan.boxes), scan.shape
        if "layout" not in type(self).model_fields or getattr(self, "layout", None) is not None:
            return []
        if self.said_voxel() is not None or last * _NARROW > min(frames, *before[-1:]):
            return []
        axes, narrow = "YXT" if len(scan.shape) == 2 else "ZYXT", f"its frames are only {last} wide along x"
        return [f"{narrow}, and there are {frames}: if time comes last, say --layout {axes}"]

    def _flatness(self, shape: tuple[int, ...]) -> list[str]:
        if self.flat and self._covered:
            share = f"in up to {self._covered:.1%} of a frame's labelled pixels"
            return [f"seen along z, where {share} several cells lie above each other: that with most planes is taken"]
        if self.flat:
            return ["seen along z, where no two cells lie above each other"]
        if len(shape) == 3 and shape[0] <= FEW_PLANES:
            hardly = f"it has {shape[0]} planes: along z a shape is hardly known"
            return [f"{hardly}; --flat takes it in the plane, each cell as it is seen along z"]
        return []

    def _list(self, listing: Listing, family: tuple[Track, ...], scan: Scan) -> None:
        """Put a family into a listing, as usable or as bad."""
        name = _name(family[0].label, len(family) > 1)
        frames = _known(family, scan)
        if problem := self._problem(family, frames, scan):
            listing.bad[name] = problem
            return
        begin, end = _range(family)
        gaps = [number for number in self.expected() if begin <= number <= end and number not in frames]
        notes = [f"{name}: not wholly labelled in {_frames(gaps)}, left out"] if gaps else []
        listing.usable.append(Recorded(self, name, tuple(frames), scan.shape, family, notes=tuple(notes)))

    def expected(self) -> list[int]:
        """The frames that a reader of the recording expects: its own, unless a table counts frames without image."""
        return self.numbers()

    def _list_foreign(self, listing: Listing, table: Table, scan: Scan) -> None:
        """Labels of the images that the table does not know are bad."""
        for number, boxes in scan.boxes.items():
            for label in sorted(set(boxes) - set(table.tracks)):
                listing.bad.setdefault(
                    _name(label),
                    f"{self.where(number)}: label {label} is in the image but not in the list of tracks; "
                    "list it or set its voxels to 0",
                )

    def _problem(self, family: tuple[Track, ...], frames: list[int], scan: Scan) -> str | None:
        """Why a sequence cannot be used, as a sentence."""
        first, last = min([*scan.boxes, *self.expected()]), max([*scan.boxes, *self.expected()])
        for label, begin, end, _ in family:
            if not (present := scan.present(label)):
                return f"{self.path}: track {label} is in the list of tracks but in no image; take it off the list"
            if begin < first or end > last:
                return (
                    f"{self.path}: the list of tracks says that track {label} lasts from frame {begin} to {end}, but "
                    f"the images are {first} to {last}; correct its row or add the images"
                )
            if outside := [number for number in present if not begin <= number <= end]:
                return (
                    f"{self.where(outside[0])}: label {label} is in the image, but its track lasts from frame {begin} "
                    f"to {end}; correct the list of tracks or the labels"
                )
            if label in scan.filled:
                return (
                    f"{self.where(scan.filled[label])}: the mask of track {label} fills the whole volume, it has no "
                    "surface; correct the labels"
                )
        if len(frames) < 2:
            where = self.where(frames[0]) if frames else self.path
            return f"{where}: track {family[0].label} has one frame only; a sequence needs two or more"
        return None

    def read(self, sequence: Recorded, frames: tuple[int, ...]) -> Iterator[Frame]:
        scan = self.scan()
        labels = {track.label for track in sequence.tracks}
        for number in frames:
            here = {label: scan.boxes[number][label] for label in sorted(labels & set(scan.boxes[number]))}
            yield self.cut(number, self.frame(number), here)

    def cut(self, number: int, volume: Array, boxes: dict[int, Box]) -> Frame:
        """The union of some labels in one frame, `volume` being `frame(number)` and `boxes` theirs in it."""
        import numpy as np

        shape = volume.shape
        axes = range(len(shape))
        lower = tuple(min(box[axis][0] for box in boxes.values()) for axis in axes)
        upper = tuple(max(box[axis][1] for box in boxes.values()) for axis in axes)
        crop = volume[tuple(slice(a, b) for a, b in zip(lower, upper, strict=True))]
        parts = [crop == label for label in boxes]
        labels = np.where(np.logical_or.reduce(parts), crop, 0)
        total = sum(int(part.sum()) for part in parts)
        if self.pieces in (None, "largest"):
            parts = [largest(part) for part in parts]
        mask = np.logical_or.reduce(parts)
        lines = [mask.any(axis=tuple(set(axes) - {axis})) for axis in axes]
        border = any(
            (a == 0 and line[0]) or (b == n and line[-1])
            for line, a, b, n in zip(lines, lower, upper, shape, strict=True)
        )
        dropped = 1 - sum(int(part.sum()) for part in parts) / total
        return Frame(number, mask, lower, bool(border), dropped, labels)


def _name(label: int, divides: bool = False) -> str:
    return f"{'lineage' if divides else 'track'}-{label:02d}"


def _end(family: tuple[Track, ...]) -> int:
    return max(track.end for track in family)


def _range(family: tuple[Track, ...]) -> tuple[int, int]:
    return family[0].begin, _end(family)


def _born(known: dict[int, Track]) -> dict[int, list[Track]]:
    """A mother's label → her daughters."""
    born: dict[int, list[Track]] = {}
    for track in known.values():
        born.setdefault(track.parent, []).append(track)
    return born


def _family(mother: Track, born: dict[int, list[Track]]) -> tuple[Track, ...]:
    """A track and its descendants, the track first."""
    family = [mother]
    for member in family:
        family += born.get(member.label, [])
    return tuple(family)


def _known(family: tuple[Track, ...], scan: Scan) -> list[int]:
    """Frames in which everything of a family that lives then is labelled."""
    found = []
    for number, boxes in scan.boxes.items():
        alive = [track.label for track in family if track.begin <= number <= track.end]
        if alive and all(label in boxes for label in alive):
            found.append(number)
    return found


def _frames(numbers: list[int]) -> str:
    """Frame numbers in words, the first few."""
    more = f" and {len(numbers) - 6} more" if len(numbers) > 6 else ""
    return f"frame{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers[:6]))}{more}"


def _least_overlap(scan: Scan) -> tuple[float, int, int] | None:
    """The smallest overlap of a label with itself in the next frame, that label, and the frame; none if none stays."""
    found = [
        (step.overlap(label, label), label, step.after)
        for step in scan.steps
        for label in step.sizes[0]
        if label in step.sizes[1]
    ]
    return min(found, default=None)
