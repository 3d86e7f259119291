"""New frames: every cell that is known before and after, where its rule has it, with its own label.

A voxel that several cells claim is that of the one in which it lies deepest. Where a mother becomes several, the label
is that of the nearest measured frame: hers until halfway, and from then on each voxel belongs to the daughter in which
it lies deepest when the daughters, as they are tracked in the frame after, are moved with the whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import ndimage

from study.design.methods import WITHOUT_CHOICE
from study.filling.holdout import Fields
from study.filling.lattice import Cube, Field
from study.filling.moments import Moment
from study.filling.recording import Recording
from study.filling.rules import Path, fine, is_network
from study.filling.segments import Segment, segments

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from study.filling.networks import Trained
    from trainables.interpolants import Interpolant

_KEPT = 2048
"""Fields of shapes that are held at once."""


@dataclass(frozen=True, eq=False)
class Found:
    """One cell, or a mother about to part, at a time between two frames."""

    segment: Segment
    box: tuple[slice, ...]
    """Voxels of the volume."""
    depth: NDArray[np.float32]
    """Signed distance of its surface on these voxels, µm."""
    labels: NDArray[Any]
    """Label of each of these voxels if it is inside."""
    rule: str

    @property
    def inside(self) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = self.depth < 0
        return found


@dataclass(eq=False)
class Filler:
    """The frames between those of a recording, by the chosen rules."""

    recording: Recording
    rules: Mapping[str, str]
    """`whole` and `divides` → the rule."""
    times: Sequence[float]
    """Of the new frames."""
    trained: Trained | None = None
    """Networks of the chosen method, where it has some."""
    interpolants: Mapping[str, Interpolant] = field(default_factory=dict)
    """Rules that are not as their names have them."""
    notes: list[str] = field(default_factory=list)
    """What a rule could not do, and what was done instead."""

    def __post_init__(self) -> None:
        self._segments = segments(self.recording.cells)
        cubes = sum(len(self.there(time)) for time in self.times)
        used = {self.rules["divides" if segment.divides else "whole"] for segment in self._segments}
        points = fine(used, cubes, len(self.recording.shape))
        self._fields = Fields(self.recording, points, _KEPT, self.interpolants)
        self._path = lru_cache(maxsize=64)(self._between)
        self.roots = self.recording.roots()

    def _between(self, name: str, segment: Segment) -> Path:
        if self.trained is not None and is_network(name):
            return self.trained.between(name, segment)
        return self._fields.between(name, segment)

    def measured(self, number: int) -> NDArray[Any]:
        """A measured frame as the rules' fields have it, `(z, y, x)`, which they hit."""
        labels = np.zeros(self.recording.shape, dtype=self.recording.kind)
        deepest = np.zeros(self.recording.shape, dtype=np.float32)
        for label, cell in self.recording.cells.items():
            if number in cell.frames:
                held = self._fields.of((label,), number)
                cube = Cube.around([held], self._fields.h(label))
                box, depth = cube.cut(cube.embedded(held), self.recording.voxel, self.recording.shape)
                claim = depth < deepest[box]
                deepest[box][claim] = depth[claim]
                labels[box][claim] = label
        return labels

    def there(self, time: float) -> list[Segment]:
        """The intervals in which a time lies."""
        times = self.recording.times
        return [s for s in self._segments if times[s.start] < time < times[s.end]]

    def roots_at(self, moment: Moment) -> list[int]:
        """The families that are there."""
        if moment.measured:
            return [self.roots[label] for label, cell in self.recording.cells.items() if moment.frame in cell.frames]
        return [self.roots[segment.label] for segment in self.there(moment.time)]

    def surface(self, moment: Moment, root: int) -> tuple[NDArray[np.float32], Cube]:
        """The field of a family, µm, on a cube of its own."""
        if moment.frame is not None and moment.measured:
            cells = self.recording.cells
            here = [label for label in cells if self.roots[label] == root and moment.frame in cells[label].frames]
            held = [self._fields.of(tuple(here), moment.frame)]
            cube = Cube.around(held, self._fields.h(root))
            return cube.embedded(held[0]), cube
        parts = [segment for segment in self.there(moment.time) if self.roots[segment.label] == root]
        paths = [self._path(self.rules["divides" if s.divides else "whole"], s) for s in parts]
        cubes = [path.cube(moment.time) for path in paths]
        fields = [
            Field(cube.low, path(moment.time)) for path, cube in zip(paths, cubes, strict=True) if cube.h == cubes[0].h
        ]
        cube = Cube.around(fields, cubes[0].h)
        return np.min([cube.embedded(field) for field in fields], axis=0), cube

    def cells(self, time: float) -> list[Found]:
        """Everything that is there at a time between measured frames."""
        return [self._found(segment, time) for segment in self.there(time)]

    def frame(self, time: float) -> tuple[NDArray[Any], list[Found]]:
        """The labels `(z, y, x)`, and what they are made of."""
        labels = np.zeros(self.recording.shape, dtype=self.recording.kind)
        deepest = np.zeros(self.recording.shape, dtype=np.float32)
        parts = self.cells(time)
        for part in parts:
            claim = part.depth < deepest[part.box]
            deepest[part.box][claim] = part.depth[claim]
            labels[part.box][claim] = part.labels[claim]
        return labels, parts

    def _found(self, segment: Segment, time: float) -> Found:
        kind = "divides" if segment.divides else "whole"
        for rule in dict.fromkeys((self.rules[kind], WITHOUT_CHOICE[kind], WITHOUT_CHOICE["whole"])):
            path = self._path(rule, segment)
            values = path(time)
            if (values < 0).any():
                break
            self._note(f"{rule} loses label {segment.label} between frames {segment.start} and {segment.end}")
        for note in path.notes:
            self._note(f"label {segment.label}, frames {segment.start} to {segment.end}: {note}")
        cube = path.cube(time)
        box, depth = cube.cut(values, self.recording.voxel, self.recording.shape)
        if depth.size and not (depth < 0).any():  # thinner than a voxel: it has one, if its place is in the volume
            depth.ravel()[int(depth.argmin())] = -1e-3 * min(self.recording.voxel)
        return Found(segment, box, depth, self._labels(segment, time, cube, values, depth), rule)

    def _note(self, note: str) -> None:
        if note not in self.notes:
            self.notes.append(note)

    def _labels(
        self, segment: Segment, time: float, cube: Cube, values: NDArray[np.float32], depth: NDArray[Any]
    ) -> NDArray[Any]:
        times = self.recording.times
        before = time - times[segment.start] <= times[segment.end] - time
        own = segment.before if before else segment.after
        labels = np.full(depth.shape, own[0], dtype=self.recording.kind)
        if len(own) == 1:
            return labels
        daughters = self._moved(segment, cube, values)
        nearest = np.argmin([cube.cut(d, self.recording.voxel, self.recording.shape)[1] for d in daughters], axis=0)
        return np.asarray(own, dtype=self.recording.kind)[nearest]

    def _moved(self, segment: Segment, cube: Cube, values: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """The daughters' fields as they are at the end, moved by what the whole is away from its place there."""
        step = max(1, round(cube.h / self._fields.h(segment.label)))
        ends = [cube.embedded(self._fields.of((label,), segment.end).coarser(step)) for label in segment.after]
        whole = np.min(ends, axis=0) < 0
        by = np.subtract(ndimage.center_of_mass(values < 0), ndimage.center_of_mass(whole)) if whole.any() else 0.0
        return [ndimage.shift(end, by, order=1, mode="nearest") for end in ends]
