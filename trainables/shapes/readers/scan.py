"""One pass over the frames of labels: where every label is, and how it overlaps those of the frame before."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from trainables.shapes.readers.base import Box
from trainables.shapes.readers.label_values import dense

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_TABLE = 1 << 22
"""Cells of the largest table of pairs of labels that is counted directly."""


@dataclass(frozen=True)
class Step:
    """Overlaps between two consecutive frames, in voxels."""

    before: int
    after: int
    sizes: tuple[dict[int, int], dict[int, int]]
    """Label → its voxels, in both frames."""
    shared: dict[tuple[int, int], int]
    """(label before, label after) → voxels that are both."""

    def overlap(self, first: int, second: int) -> float:
        """Voxels shared by a label before and one after, over those of the smaller."""
        return self.shared.get((first, second), 0) / min(self.sizes[0][first], self.sizes[1][second])

    def agreement(self, first: int, second: int) -> float:
        """Voxels shared over those of both together (intersection over union)."""
        both = self.shared.get((first, second), 0)
        return both / (self.sizes[0][first] + self.sizes[1][second] - both)


@dataclass
class Scan:
    """Where every label of a recording is."""

    shape: tuple[int, ...]
    boxes: dict[int, dict[int, Box]] = field(default_factory=dict)
    """Frame → label → its box."""
    filled: dict[int, int] = field(default_factory=dict)
    """Label → a frame whose whole volume it fills."""
    steps: list[Step] = field(default_factory=list)
    """Between consecutive frames in which something is labelled."""

    def present(self, label: int) -> list[int]:
        """Frames in which a label is."""
        return [number for number, boxes in self.boxes.items() if label in boxes]

    def add(self, number: int, labels: Array) -> None:
        """Take in the next frame, `(z, y, x)` or `(y, x)` integers."""
        from scipy.ndimage import find_objects

        found, places = dense(labels)
        boxes = {int(found[i]): box_of(s) for i, s in enumerate(find_objects(places), start=1) if s is not None}
        self.boxes[number] = boxes
        for label, box in boxes.items():
            whole = all(b == (0, n) for b, n in zip(box, self.shape, strict=True))
            if whole and (labels == label).all():
                self.filled.setdefault(label, number)


def step_between(before: tuple[int, Array], after: tuple[int, Array]) -> Step:
    """The overlaps of two frames, each a number and its labels."""
    import numpy as np

    (first, old), (second, new) = before, after
    (old_labels, old), (new_labels, new) = dense(old), dense(new)
    sizes = []
    for labels, places in ((old_labels, old), (new_labels, new)):
        counts = np.bincount(places.ravel(), minlength=len(labels))
        sizes.append({int(labels[i]): int(counts[i]) for i in np.flatnonzero(counts) if i})
    both = (old > 0) & (new > 0)
    pairs = old[both].astype("int64") * len(new_labels) + new[both]
    if len(old_labels) * len(new_labels) < _TABLE:
        counts = np.bincount(pairs)
        codes = np.flatnonzero(counts)
        counts = counts[codes]
    else:
        codes, counts = np.unique(pairs, return_counts=True)
    shared = {
        (int(old_labels[code // len(new_labels)]), int(new_labels[code % len(new_labels)])): int(count)
        for code, count in zip(codes, counts, strict=True)
    }
    return Step(first, second, (sizes[0], sizes[1]), shared)


def box_of(slices: tuple[slice, ...]) -> Box:
    """The box of what `find_objects` gives."""
    return tuple((int(s.start), int(s.stop)) for s in slices)
