"""What is filled: the intervals between two frames in which a cell is known, or a mother and then her daughters."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import pairwise

from study.filling.recording import Cell

REACH = 3
"""Frames before and after an interval that rules with longer memory are given."""


@dataclass(frozen=True)
class Segment:
    """One interval of one cell; of a mother and the daughters that are there at its end."""

    before: tuple[int, ...]
    """Labels at `start`."""
    after: tuple[int, ...]
    """Labels at `end`: others than before where a cell divides, or goes on under another label."""
    start: int
    end: int
    """Frame numbers."""
    earlier: tuple[int, ...] = ()
    """Frames before `start` in which `before` is known, rising, at most `REACH` with it."""
    later: tuple[int, ...] = ()
    """Frames after `end` in which all of `after` are known."""

    @property
    def divides(self) -> bool:
        return len(self.after) > 1

    @property
    def label(self) -> int:
        """That of the cell, or of the mother."""
        return self.before[0]

    def frames(self, wide: bool) -> list[tuple[tuple[int, ...], int]]:
        """(labels, frame) that a rule is given: both ends, or what surrounds them too."""
        earlier, later = (self.earlier, self.later) if wide else ((), ())
        return [(self.before, n) for n in (*earlier, self.start)] + [(self.after, n) for n in (self.end, *later)]

    def at(self, number: int, cells: Mapping[int, Cell]) -> tuple[int, ...]:
        """The labels that it is made of in a frame between its ends, as far as all of them are known there."""
        for labels in (self.before, self.after):
            if all(number in cells[label].frames for label in labels):
                return labels
        return ()


def segments(cells: Mapping[int, Cell], hidden: Collection[int] = ()) -> list[Segment]:
    """All intervals, without those frames that are hidden."""
    known = {label: [n for n in cell.frames if n not in hidden] for label, cell in cells.items()}
    found = []
    for label, frames in known.items():
        for place, (start, end) in enumerate(pairwise(frames)):
            earlier, later = frames[max(0, place - REACH + 1) : place], frames[place + 2 : place + 1 + REACH]
            found.append(Segment((label,), (label,), start, end, tuple(earlier), tuple(later)))
    for mother, daughters in _families(cells, known).items():
        found += _divisions(mother, daughters, known)
    return sorted(found, key=lambda segment: (segment.start, segment.label))


def _families(cells: Mapping[int, Cell], known: Mapping[int, list[int]]) -> dict[int, list[int]]:
    """Mother → daughters, where both are known somewhere."""
    families: dict[int, list[int]] = {}
    for label, cell in cells.items():
        if cell.parent in cells and known[cell.parent] and known[label]:
            families.setdefault(cell.parent, []).append(label)
    return families


def _divisions(mother: int, daughters: list[int], known: Mapping[int, list[int]]) -> list[Segment]:
    """From the mother's last frame to the first of her daughters, together where that is the same."""
    last, found = known[mother][-1], []
    for first in sorted({known[daughter][0] for daughter in daughters}):
        after = tuple(daughter for daughter in daughters if known[daughter][0] == first)
        if first > last:
            common = [n for n in known[after[0]][1:] if all(n in known[other] for other in after)]
            earlier, later = known[mother][-REACH:-1], common[: REACH - 1]
            found.append(Segment((mother,), after, last, first, tuple(earlier), tuple(later)))
    return found
