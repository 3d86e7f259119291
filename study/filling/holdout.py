"""Frames of the recording that are hidden from a rule, and how far off it is there.

Every second measured frame is hidden, once the odd ones and once the even ones, so that each frame between the first
and the last is hidden once, with both its neighbours shown. Wider gaps tell how the error grows with the distance to
shown frames.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.tables.order import spread
from study.filling import rules
from study.filling.lattice import Cube, Field, extent, field_of, spacing
from study.filling.recording import Recording
from study.filling.segments import Segment, segments
from trainables.interpolants import named
from trainables.metrics.surfaces import Surface, surface, surface_distances
from trainables.metrics.volumes import dice

if TYPE_CHECKING:
    from trainables.interpolants import Interpolant

LEAST = 4
"""Measured frames from which on some can be hidden."""
MOST = 120
"""Hidden shapes on which rules are compared, evenly taken from all."""
WIDER = (3, 4)
"""Gaps, in frames, that are tried with the chosen rule alone, and of each …"""
MOST_WIDER = 40
"""… as many hidden shapes at most."""


@dataclass(frozen=True)
class Hidden:
    """One shape to be guessed."""

    pattern: str
    """Which frames are hidden: `every-2-odd`, …"""
    segment: Segment
    """Between shown frames."""
    number: int
    """The hidden frame."""
    truth: tuple[int, ...]
    """Labels that the shape is made of there."""


def patterns(measured: Sequence[int], gap: int) -> dict[str, set[int]]:
    """Name → hidden frames: of every `gap` frames one stays, and the first and the last do."""
    inner = list(measured[1:-1])
    kept = {offset: set(measured[offset::gap]) for offset in range(gap)}
    found = {f"gap-{gap}-{offset}": set(inner) - kept[offset] for offset in range(gap)}
    return {name: hidden for name, hidden in found.items() if hidden}


def tasks(recording: Recording, gap: int, most: int) -> list[Hidden]:
    """Hidden shapes with a gap of `gap` frames around them, evenly taken from all, by cell and time."""
    found = []
    for name, hidden in patterns(recording.measured, gap).items():
        for segment in segments(recording.cells, hidden):
            within = [n for n in sorted(hidden) if segment.start < n < segment.end]
            if len(within) != gap - 1:
                continue
            for number in within:
                if truth := segment.at(number, recording.cells):
                    found.append(Hidden(name, segment, number, truth))
    return spread(sorted(found, key=lambda task: (task.segment.label, task.number)), most)


class Fields:
    """Signed distances of a recording's shapes, computed when they are first wanted."""

    def __init__(
        self, recording: Recording, points: int, kept: int = 4096, interpolants: Mapping[str, Interpolant] | None = None
    ) -> None:
        """`points` along a cube's edge, at most, of a cell that does not move; `interpolants` are rules that are not as
        their names have them."""
        self.recording, self.points = recording, points
        self._interpolants = interpolants or {}
        self._roots = recording.roots()
        self.of = lru_cache(maxsize=kept)(self._of)
        self.spacing = lru_cache(maxsize=None)(self._spacing)

    def _spacing(self, root: int) -> float:
        """Of all cells of a family."""
        recording = self.recording
        labels = [label for label, ancestor in self._roots.items() if ancestor == root]
        shapes = [recording.shapes[label, number] for label in labels for number in recording.cells[label].frames]
        return spacing([extent(shape.frame(), recording.voxel) for shape in shapes], recording.voxel, self.points)

    def h(self, label: int) -> float:
        """The spacing of the lattice of a cell's family."""
        return self.spacing(self._roots[label])

    def _of(self, labels: tuple[int, ...], number: int) -> Field:
        return field_of(self.recording.together(labels, number), self.recording.voxel, self.h(labels[0]))

    def between(self, rule: str, segment: Segment) -> rules.Between:
        """The rule's field over a segment."""
        frames = segment.frames(rules.wide(rule))
        times = [self.recording.times[number] for _, number in frames]
        inner = next(place for place, (_, number) in enumerate(frames) if number == segment.start)
        fields = [self.of(labels, number) for labels, number in frames]
        interpolant = self._interpolants.get(rule) or named(rule)
        return rules.fitted(interpolant, fields, times, self.h(segment.label), inner, self.points)


Paths = Callable[[str, Segment], rules.Path]
"""Candidate, interval → how it goes there."""


def scores(
    candidate: str, fields: Fields, hidden: Sequence[Hidden], paths: Paths | None = None
) -> Iterator[dict[str, Any]]:
    """A row for every hidden shape: how far a rule, or what goes by `paths`, is off. Lengths in µm."""
    recording = fields.recording
    roots = recording.roots()
    fit = lru_cache(maxsize=4)(paths or fields.between)
    for task in hidden:
        segment, time = task.segment, recording.times[task.number]
        path = fit(candidate, segment)
        ends = recording.times[segment.start], recording.times[segment.end]
        true = fields.of(task.truth, task.number)
        chamfer, hausdorff, overlap, empty = _compared(path(time), path.cube(time), true, fields.h(segment.label))
        yield {
            "sequence": f"track-{roots[segment.label]:02d}",
            "label": segment.label,
            "pattern": task.pattern,
            "time_index": task.number,
            "time": time,
            "gap": ends[1] - ends[0],
            "distance": min(time - ends[0], ends[1] - time),
            "divides": segment.divides,
            "chamfer": chamfer,
            "hausdorff": hausdorff,
            "dice": overlap,
            "empty": empty,
            "notes": "; ".join(path.notes),
        }


def _compared(found: np.ndarray[Any, Any], cube: Cube, true: Field, h: float) -> tuple[float, float, float, bool]:
    """Chamfer, Hausdorff, Dice on the cube, and whether nothing was found."""
    predicted = _placed(surface(found, cube.h), cube.low * cube.h)
    known = _placed(surface(true.values, h), true.low * h)
    chamfer, hausdorff = surface_distances(predicted, known)
    step = max(1, round(cube.h / h))
    inside = cube.embedded(true.coarser(step)) < 0
    return chamfer, hausdorff, dice(found < 0, inside), not predicted


def _placed(found: Surface, first: np.ndarray[Any, Any]) -> Surface:
    return Surface(found.vertices + first, found.faces) if found else found
