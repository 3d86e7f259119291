"""Labels over time: components of consecutive times are linked by overlap, and a shape that divides gets daughters.

As in the Cell Tracking Challenge: a label is at every time from its begin to its end, and a daughter begins at the time
after its parent's end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

if TYPE_CHECKING:
    from numpy.typing import NDArray

FRAGMENT = 0.02
"""A component smaller than this share of the largest one is a fragment, and gets no label."""
_LARGEST = np.iinfo(np.uint16).max


@dataclass
class Track:
    """A line of `man_track.txt`."""

    label: int
    begin: int
    end: int
    parent: int
    """0 if there is none."""


class Labels:
    """Numbers that no two tracks of an image share."""

    def __init__(self, reserved: set[int]) -> None:
        self._reserved = {label for label in reserved if 0 < label <= _LARGEST}
        self._next = max(self._reserved, default=0) + 1

    def take(self, wanted: int = 0) -> int:
        """`wanted`, if it was reserved and is not yet taken, else a new number."""
        if wanted in self._reserved:
            self._reserved.remove(wanted)
            return wanted
        self._next += 1
        if self._next - 1 > _LARGEST:
            raise OverflowError(f"more than {_LARGEST} tracks do not fit an image of 16 bits")
        return self._next - 1


class Lineage:
    """The tracks of one sequence, from its shapes in the order of time."""

    def __init__(self, labels: Labels, first: int = 0) -> None:
        self._labels, self._first = labels, first
        self._before: NDArray | None = None
        self.tracks: dict[int, Track] = {}

    def label(self, inside: NDArray, time_index: int, time: float = 0.0) -> tuple[NDArray, int, int]:
        """The shape at the next time as labels of the same shape, uint32, how many there are, and how many
        fragments were left out."""
        parts, count, fragments = pieces(inside)
        labels = np.zeros(inside.shape, dtype=np.uint32)
        links = self._links(parts, count)
        for parent in dict.fromkeys(links):
            mine = [piece for piece, link in enumerate(links, start=1) if link == parent]
            if parent and len(mine) == 1:
                labels[parts == mine[0]] = parent
                self.tracks[parent].end = time_index
                continue
            for piece in mine:
                new = self._labels.take(self._first if not self.tracks else 0)
                labels[parts == piece] = new
                self.tracks[new] = Track(new, time_index, time_index, parent)
        self._before = labels
        return labels, count, fragments

    def absent(self) -> None:
        """The sequence is not there at this time: nothing is linked across it."""
        self._before = None

    def _links(self, parts: NDArray, count: int) -> list[int]:
        """For each piece the label before that it overlaps most, 0 if none."""
        if self._before is None:
            return [0] * count
        both = (parts > 0) & (self._before > 0)
        found = []
        for piece in range(1, count + 1):
            overlap = np.bincount(self._before[both & (parts == piece)])
            found.append(int(overlap.argmax()) if overlap.size else 0)
        return found


def pieces(inside: NDArray) -> tuple[NDArray, int, int]:
    """Components (voxels that share a face) that are no fragments, numbered from 1 by falling size; their number, and
    that of the fragments."""
    parts, count = ndimage.label(inside)
    sizes = np.bincount(parts.ravel(), minlength=count + 1)[1:]
    ranked = np.argsort(-sizes, kind="stable")
    kept = int((sizes >= FRAGMENT * sizes.max(initial=0)).sum()) if count else 0
    number = np.zeros(count + 1, dtype=np.int32)
    number[1 + ranked[:kept]] = np.arange(1, kept + 1)
    return number[parts], kept, count - kept
