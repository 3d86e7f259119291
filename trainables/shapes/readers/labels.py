"""What the readers of label volumes share: a track, or a mother with its daughters, becomes a sequence of masks."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import Field, PrivateAttr

from trainables.shapes.bad_data import BadData
from trainables.shapes.readers.base import Box, Frame, Listing, Reader, Recorded, Track, long_enough

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


@dataclass
class Scan:
    """Where every label of a recording is."""

    shape: tuple[int, int, int]
    boxes: dict[int, dict[int, Box]] = field(default_factory=dict)
    """Frame → label → its box."""
    filled: dict[int, int] = field(default_factory=dict)
    """Label → a frame whose whole volume it fills."""

    def present(self, label: int) -> list[int]:
        """Frames in which a label is."""
        return [number for number, boxes in self.boxes.items() if label in boxes]


class LabelReader(Reader):
    """Frames of integer labels (z, y, x), 0 outside every cell, one number a cell."""

    largest_component: bool = Field(True, description="keep the largest connected part of each label in each frame")
    _scan: Scan | None = PrivateAttr(None)

    @abstractmethod
    def numbers(self) -> list[int]:
        """Frame numbers, consecutive."""

    @abstractmethod
    def labels(self, number: int) -> Array:
        """One frame `(z, y, x)`, integers; raises BadData."""

    @abstractmethod
    def where(self, number: int) -> str:
        """File and frame, for sentences."""

    def table(self) -> list[Track]:
        """The tracks: by default every label, from the first to the last frame in which it is."""
        scan = self.scan()
        frames = {label: scan.present(label) for boxes in scan.boxes.values() for label in boxes}
        return [Track(label, frames[label][0], frames[label][-1], 0) for label in sorted(frames)]

    def frame(self, number: int) -> Array:
        """`labels(number)`, checked for being a volume of labels; raises BadData."""
        labels = self.labels(number)
        if labels.ndim != 3:
            raise BadData(f"{self.where(number)}: {labels.ndim} axes {labels.shape}; a frame is a volume (z, y, x)")
        if labels.dtype.kind not in "ui":
            raise BadData(f"{self.where(number)}: values of type {labels.dtype}, but labels are integers; give labels")
        if labels.size and labels.min() < 0:
            raise BadData(f"{self.where(number)}: label {labels.min()}, but labels are not negative; give labels")
        return labels

    def scan(self) -> Scan:
        """Where the labels are, found once; raises BadData if a frame cannot be read or differs in size."""
        from scipy.ndimage import find_objects

        if self._scan is not None:
            return self._scan
        numbers = self.numbers()
        scan: Scan | None = None
        for number in numbers:
            labels = self.frame(number)
            if scan is None:
                scan = Scan(labels.shape)
            if labels.shape != scan.shape:
                raise BadData(
                    f"{self.where(number)}: {labels.shape} voxels, but {self.where(numbers[0])} has {scan.shape}; "
                    "all frames must be of one size"
                )
            found = enumerate(find_objects(labels.astype("int32", copy=False)), start=1)
            boxes = {label: _box(slices) for label, slices in found if slices is not None}
            scan.boxes[number] = boxes
            for label, box in boxes.items():
                whole = all(b == (0, n) for b, n in zip(box, scan.shape, strict=True))
                if whole and (labels == label).all():
                    scan.filled.setdefault(label, number)
        assert scan is not None
        self._scan = scan
        return scan

    def sequences(
        self, tracks: list[int] | None = None, minimum_frames: int | None = None, daughters: bool = True
    ) -> Listing:
        scan, table = self.scan(), {track.label: track for track in self.table()}
        families = {label: _family(track, table) if daughters else (track,) for label, track in table.items()}
        if tracks is None:
            roots = [label for label, track in table.items() if not daughters or not track.parent]
            spans = {label: _end(families[label]) - table[label].begin + 1 for label in roots}
            chosen = long_enough(spans, len(scan.boxes), minimum_frames, self.path)
        else:
            if missing := [number for number in tracks if number not in table]:
                raise BadData(
                    f"{self.path}: there is no track {missing[0]}; choose among {', '.join(map(str, sorted(table)))}"
                )
            chosen = tracks
        listing = Listing([])
        for label in chosen:
            family = families[label]
            name = f"{'track' if len(family) == 1 else 'lineage'}-{label:02d}"
            if problem := self._problem(family, scan):
                listing.bad[name] = problem
            else:
                frames = tuple(range(family[0].begin, _end(family) + 1))
                listing.usable.append(Recorded(self, name, frames, scan.shape, family))
        if tracks is None:
            for number, boxes in scan.boxes.items():
                for label in sorted(set(boxes) - set(table)):
                    listing.bad.setdefault(
                        f"track-{label:02d}",
                        f"{self.where(number)}: label {label} is in the image but not in the list of tracks; "
                        "list it or set its voxels to 0",
                    )
        return listing

    def _problem(self, family: tuple[Track, ...], scan: Scan) -> str | None:
        """Why a sequence cannot be used, as a sentence."""
        first, last = min(scan.boxes), max(scan.boxes)
        for label, begin, end, _ in family:
            if not (present := scan.present(label)):
                return f"{self.path}: track {label} is in the list of tracks but in no image; take it off the list"
            if begin < first or end > last:
                return (
                    f"{self.path}: the list of tracks says that track {label} lasts from frame {begin} to {end}, but "
                    f"the images are {first} to {last}; correct its row or add the images"
                )
            for number in range(begin, end + 1):
                if number not in present:
                    gap = present[0] < number < present[-1]
                    return (
                        f"{self.where(number)}: track {label} has an empty mask, "
                        f"{'a gap between' if gap else 'though it is listed for'} frames {begin} and {end}; "
                        "label it there or correct the track's first and last frame"
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
        begin, end = family[0].begin, _end(family)
        if begin == end:
            return f"{self.where(begin)}: track {family[0].label} has one frame only; a sequence needs two or more"
        for number in range(begin, end + 1):
            if not any(track.begin <= number <= track.end for track in family):
                return (
                    f"{self.where(number)}: a gap, the mask of track {family[0].label} and its daughters is empty; "
                    "label it there or take the parent off the daughters' rows"
                )
        return None

    def read(self, sequence: Recorded, frames: tuple[int, ...]) -> Iterator[Frame]:
        scan = self.scan()
        labels = {track.label for track in sequence.tracks}
        for number in frames:
            here = {label: scan.boxes[number][label] for label in sorted(labels & set(scan.boxes[number]))}
            yield self._cut(number, here, scan.shape)

    def _cut(self, number: int, boxes: dict[int, Box], shape: tuple[int, int, int]) -> Frame:
        import numpy as np

        volume = self.frame(number)
        lower = tuple(min(box[axis][0] for box in boxes.values()) for axis in range(3))
        upper = tuple(max(box[axis][1] for box in boxes.values()) for axis in range(3))
        crop = volume[tuple(slice(a, b) for a, b in zip(lower, upper, strict=True))]
        parts = [crop == label for label in boxes]
        total = sum(int(part.sum()) for part in parts)
        if self.largest_component:
            parts = [_largest(part) for part in parts]
        mask = np.logical_or.reduce(parts)
        lines = [mask.any(axis=tuple({0, 1, 2} - {axis})) for axis in range(3)]
        border = any(
            (a == 0 and line[0]) or (b == n and line[-1])
            for line, a, b, n in zip(lines, lower, upper, shape, strict=True)
        )
        dropped = 1 - sum(int(part.sum()) for part in parts) / total
        return Frame(number, mask, (lower[0], lower[1], lower[2]), bool(border), dropped)


def _box(slices: tuple[slice, ...]) -> Box:
    z, y, x = ((int(s.start), int(s.stop)) for s in slices)
    return z, y, x


def _end(family: tuple[Track, ...]) -> int:
    return max(track.end for track in family)


def _family(mother: Track, table: dict[int, Track]) -> tuple[Track, ...]:
    """A track and its descendants, the track first."""
    family = [mother]
    for track in family:
        family += [other for other in table.values() if other.parent == track.label]
    return tuple(family)


def _largest(mask: Array) -> Array:
    """The largest part of a mask connected through faces, edges and corners; the first of equals."""
    import numpy as np
    from scipy.ndimage import label

    parts, count = label(mask, structure=np.ones((3, 3, 3)))
    return mask if count <= 1 else parts == 1 + int(np.argmax(np.bincount(parts.ravel())[1:]))
