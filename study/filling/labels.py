"""The filled recording as label images in the layout of the Cell Tracking Challenge, and a table of its frames.

man_trackTTT.tif   (z, y, x) labels, as the recording numbers them; what is measured is as it was
man_track.txt      a row `label begin end parent` for each label
frames.csv         a row for each label in each frame: what it is, and how far off it may be
times.txt          when the frames are, where they are not evenly apart
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from study.exporting import label_tiff
from study.filling.expected import NOTHING, Expected
from study.filling.frames import Filler, Found
from study.filling.moments import Moment
from trainables.shapes.readers.frame_times import even, write_beside

if TYPE_CHECKING:
    from numpy.typing import NDArray

COLUMNS = {
    "frame": "number in the files' names",
    "time": "in the recording's unit: frame numbers, or those of --times",
    "seconds": "the same, where the recording says how long a frame takes, frame 0 being at 0; else empty",
    "source_frame": "number of the recording's frame at this time; empty between frames",
    "measured": "whether the recording has labels at this time: then these are unchanged",
    "label": "of the cell, as in the recording",
    "track": "the cell's first known ancestor, by which errors are told",
    "rule": "by which the cell's place was found; empty where it is measured",
    "volume": "µm³; in the plane the area, µm²",
    "nearest": "number of the nearest measured frame of the recording",
    "distance": "to that frame, in the unit of time",
    "expected_error": "mean distance of the surface from the true one that is to be expected, µm",
    "expected_low": "lower end of its 80 % interval, µm",
    "expected_high": "upper end, µm",
    "expected_by": "hidden frames: known at this distance; hidden frames further away: inferred; nothing hidden",
}


@dataclass
class Filled:
    """The frames one after the other, and what is known of them."""

    filler: Filler
    moments: Sequence[Moment]
    expected: Expected | None
    only: bool
    """Whether cells that were not chosen are left out of measured frames."""
    modelled: bool = False
    """Whether measured frames are the model's too."""
    rows: list[dict[str, Any]] = field(default_factory=list)
    kept: dict[int, Any] = field(default_factory=dict)
    """Frame → its labels, of those that are wanted for pictures."""
    tracks: dict[int, list[int]] = field(default_factory=dict)
    """Label → the frames in which it is."""

    def frames(self, keep: Sequence[int] = ()) -> Iterator[tuple[Moment, NDArray[Any]]]:
        """Each frame's labels, in the order of time; the table grows with them."""
        for moment in self.moments:
            labels, parts = self._frame(moment)
            self._enter(moment, labels, parts)
            if moment.index in keep:
                self.kept[moment.index] = labels
            yield moment, labels

    def _frame(self, moment: Moment) -> tuple[NDArray[Any], list[Found]]:
        if not moment.measured:
            return self.filler.frame(moment.time)
        assert moment.frame is not None
        recording = self.filler.recording
        if self.modelled:
            return self.filler.measured(moment.frame), []
        labels = recording.frame(moment.frame)
        if self.only:
            labels = np.where(np.isin(labels, list(recording.cells)), labels, 0)
        return labels.astype(recording.kind), []

    def _enter(self, moment: Moment, labels: NDArray[Any], parts: list[Found]) -> None:
        recording, roots = self.filler.recording, self.filler.roots
        size = float(np.prod(recording.voxel))
        found, counts = np.unique(labels, return_counts=True)
        made = {int(label): part for part in parts for label in np.unique(part.labels[part.inside])}
        nearest = min(recording.measured, key=lambda n: abs(recording.times[n] - moment.time))
        for label, count in zip(found.tolist(), counts.tolist(), strict=True):
            if not label:
                continue
            self.tracks.setdefault(label, []).append(moment.index)
            row = {
                "frame": moment.index, "time": moment.time, "seconds": self._seconds(moment),
                "source_frame": moment.frame, "measured": moment.measured,
                "label": label, "track": roots.get(label, label), "volume": count * size,
            }  # fmt: skip
            if moment.measured:
                row |= {"rule": None, "nearest": moment.frame, "distance": 0.0} | dict.fromkeys(NOTHING)
            else:
                row |= self._between(moment, made.get(label), nearest, f"track-{roots.get(label, label):02d}")
            self.rows.append(row)

    @property
    def kind(self) -> type[np.unsignedinteger[Any]]:
        """Of an image that holds every label."""
        return label_tiff.kind_of(self.filler.recording.largest)

    def _seconds(self, moment: Moment) -> float | None:
        unit = self.filler.recording.seconds
        return None if unit is None else moment.time * unit

    @property
    def interval(self) -> float | None:
        """Seconds from frame number to frame number; none where they are not known, or not even."""
        unit, first, last = self.filler.recording.seconds, self.moments[0], self.moments[-1]
        if unit is None or first is last or not even({moment.index: moment.time for moment in self.moments}):
            return None
        return (last.time - first.time) / (last.index - first.index) * unit

    def _between(self, moment: Moment, part: Found | None, nearest: int, sequence: str) -> dict[str, Any]:
        times = self.filler.recording.times
        if part is not None:
            ends = part.segment.start, part.segment.end
            nearest = min(ends, key=lambda n: abs(times[n] - moment.time))
        distance = abs(times[nearest] - moment.time)
        told = NOTHING if self.expected is None else self.expected.columns(distance, sequence)
        return {"rule": part and part.rule, "nearest": nearest, "distance": distance, **told}

    def table(self) -> list[tuple[int, int, int, int]]:
        """Rows `label begin end parent` of all labels that are somewhere, by label."""
        cells = self.filler.recording.cells
        found = []
        for label, frames in sorted(self.tracks.items()):
            parent = cells[label].parent if label in cells else 0
            if parent not in self.tracks or self.tracks[parent][-1] >= frames[0]:
                parent = 0
            found.append((label, frames[0], frames[-1], parent))
        return found


def columns(unit: str) -> dict[str, str]:
    """What the columns are, in a unit of length."""
    return {name: said.replace("µm", unit) for name, said in COLUMNS.items()}


def write(
    filled: Filled, folder: Path, keep: Sequence[int], advance: Callable[[], None],
    also: Callable[[Moment, NDArray[Any]], None] = lambda moment, labels: None,
) -> None:  # fmt: skip
    """All frames, the table of tracks and that of frames, into a folder that is there and empty.

    `also` is called with each frame and its labels, when its rows are there.
    """
    digits = max(3, len(str(max(moment.index for moment in filled.moments))))
    recording = filled.filler.recording
    for moment, labels in filled.frames(keep):
        image = labels.astype(filled.kind)
        path = folder / f"man_track{moment.index:0{digits}d}.tif"
        label_tiff.write(path, image, recording.voxel, recording.reader.unit, filled.interval)
        also(moment, labels)
        advance()
    write_beside(folder, {moment.index: moment.time for moment in filled.moments}, recording.seconds)
    (folder / "man_track.txt").write_text(
        "".join(f"{a} {b} {c} {d}\n" for a, b, c, d in filled.table()), encoding="utf-8"
    )
    with open(folder / "frames.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(COLUMNS))
        writer.writeheader()
        writer.writerows(filled.rows)
