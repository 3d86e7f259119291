"""Whether numbers follow cells from frame to frame, and numbers that do, by overlap.

Between two frames labels are paired so that the sum of their intersections over unions is largest
(`scipy.optimize.linear_sum_assignment`), pairs of less than `LEAST` are none. A label without a partner of which half
lies in one that has a partner is its daughter, if half of that partner lies in it too: then the mother ends there. What
overlaps nothing begins anew. A package for it (laptrack) closes gaps and links cells that move further than their size,
but wants all frames in memory at once, networkx and scikit-learn; where cells overlap themselves it finds the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainables.shapes.readers.base import Track
from trainables.shapes.readers.scan import Step, step_between

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

LEAST = 0.1
"""Intersection over union of labels that may be one cell."""
INSIDE = 0.5
"""Share of a daughter that lies in her mother."""
BETTER = 0.3
"""A label that agrees with another number so well, and better than with itself, has been renumbered."""
TOLERATED = 0.2
"""Share of renumbered labels that may be chance, or mistakes of a tracker."""


def renumbered(steps: list[Step]) -> list[tuple[int, int, int]]:
    """(frame, label, the number that fits better) for each label that changes its number though both numbers go on.

    A mother whose number ends, or a cell that takes a new number, is none: nothing contradicts that.
    """
    found = []
    for step in steps:
        for first, second in step.shared:
            other = first != second and (first in step.sizes[1] or second in step.sizes[0])
            itself = step.agreement(first, first) if first in step.sizes[1] else 0.0
            if other and step.agreement(first, second) > max(BETTER, itself):
                found.append((step.after, first, second))
    return found


def not_tracked(steps: list[Step]) -> bool:
    """Whether numbers do not follow cells: more than `TOLERATED` of the labels have been renumbered."""
    total = sum(len(step.sizes[0]) for step in steps)
    return bool(total) and len(renumbered(steps)) > TOLERATED * total


def taken_over(steps: list[Step]) -> list[tuple[int, int, list[int]]]:
    """(frame, label, those that begin there where it was) for each label that is in no frame from this one on."""
    last = {label: step.after for step in steps for label in step.sizes[1]}
    known: set[int] = set()
    found = []
    for step in steps:
        known |= set(step.sizes[0])
        heirs: dict[int, list[int]] = {}
        for label in sorted(set(step.sizes[1]) - known):
            mother = _mother(step, label)
            if mother is not None and last.get(mother, step.before) < step.after:
                heirs.setdefault(mother, []).append(label)
        found += [(step.after, label, born) for label, born in sorted(heirs.items())]
    return found


class Linker:
    """Gives cells numbers of their own, from 1, frame after frame."""

    def __init__(self) -> None:
        self.numbers: dict[int, dict[int, int]] = {}
        """Frame → label of the source → number of the cell."""
        self._tracks: dict[int, Track] = {}
        self._last: tuple[int, Array] | None = None

    @property
    def tracks(self) -> list[Track]:
        return list(self._tracks.values())

    def follow(self, number: int, labels: Array) -> Array:
        """The next frame with its cells' numbers."""
        step = step_between(self._last or (number, labels[:0]), (number, labels)) if self._last else None
        if step is None:
            present = sorted(int(label) for label in _labels(labels))
            self.numbers[number] = {label: self._begin(number) for label in present}
        else:
            self.numbers[number] = self._link(step)
        if self.numbers[number]:
            self._last = (number, labels)
        return apply(self.numbers[number], labels)

    def _begin(self, number: int, parent: int = 0) -> int:
        new = len(self._tracks) + 1
        self._tracks[new] = Track(new, number, number, parent)
        return new

    def _link(self, step: Step) -> dict[int, int]:
        known = self.numbers[step.before]
        partner = _partners(step)
        mothers = {label: mother for label in step.sizes[1] if (mother := _mother(step, label)) is not None}
        divided = {
            mother
            for label, mother in mothers.items()
            if partner.get(label) is None
            and any(other != label and mothers.get(other) == mother for other, own in partner.items() if own == mother)
        }
        found = {}
        for label in sorted(step.sizes[1]):
            before = partner.get(label)
            if (mother := mothers.get(label)) in divided and before in (None, mother):
                found[label] = self._begin(step.after, known[mother])
            elif before is not None:
                found[label] = known[before]
                self._tracks[known[before]] = self._tracks[known[before]]._replace(end=step.after)
            else:
                found[label] = self._begin(step.after)
        return found


def apply(numbers: dict[int, int], labels: Array) -> Array:
    """Labels with the numbers of their cells."""
    import numpy as np

    old = np.array(sorted(numbers), dtype=labels.dtype)
    new = np.array([0, *(numbers[int(label)] for label in old)], dtype="int32")
    found: Array = new[np.where(labels > 0, np.searchsorted(old, labels) + 1, 0)]
    return found


def _labels(labels: Array) -> Array:
    import numpy as np

    found: Array = np.unique(labels)
    return found[found > 0]


def _partners(step: Step) -> dict[int, int]:
    """Label after → label before, for those that are one cell."""
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    before, after = sorted(step.sizes[0]), sorted(step.sizes[1])
    rows, columns = ({label: i for i, label in enumerate(labels)} for labels in (before, after))
    agreement = np.zeros((len(before), len(after)))
    for first, second in step.shared:
        agreement[rows[first], columns[second]] = step.agreement(first, second)
    pairs = zip(*linear_sum_assignment(agreement, maximize=True), strict=True)
    return {after[j]: before[i] for i, j in pairs if agreement[i, j] >= LEAST}


def _mother(step: Step, label: int) -> int | None:
    """The label before in which at least `INSIDE` of a label lies."""
    inside = {first: count for (first, second), count in step.shared.items() if second == label}
    mother = max(inside, key=inside.__getitem__, default=None)
    return mother if mother is not None and inside[mother] >= INSIDE * step.sizes[1][label] else None
