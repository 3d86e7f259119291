"""Labels of a recording on the shapes that a model makes of it: the user's numbers, from frame to frame.

At a time at which the recording has a frame the labels are its own. Between frames they are those of the nearest one,
of two that are equally near the earlier: moved so that its centre is that of the shape, and each voxel of the shape
gets the label that is nearest to it. So daughters that still touch are told apart as they are tracked, and whether a
model's shape comes apart, and when, does not change what it is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from study.exporting.lineage import Track, pieces

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from study.exporting.group import Member


class KeptLabels:
    """The tracks of one sequence of a recording, under its own numbers, from its shapes in the order of time."""

    def __init__(self, member: Member) -> None:
        self._member = member
        self.tracks: dict[int, Track] = {}

    def label(self, inside: NDArray, time_index: int, time: float) -> tuple[NDArray, int, int]:
        """The shape at the next time as labels of the same shape, in how many parts it is, and how many
        fragments were left out."""
        parts, count, fragments = pieces(inside)
        labels = self._nearest(parts > 0, time)
        self._enter(labels, time_index)
        return labels, count, fragments

    def measured(self, labels: NDArray, time_index: int) -> tuple[NDArray, int, int]:
        """The same of the recording's own labels at the next time: they stay as they are."""
        self._enter(labels, time_index)
        _, count, fragments = pieces(labels > 0)
        return labels, count, fragments

    def absent(self) -> None:
        """The sequence is not there at this time."""

    def _enter(self, labels: NDArray, time_index: int) -> None:
        assert self._member.source is not None
        parents = {label: parent for label, _, _, parent in self._member.source.tracks}
        for label in np.unique(labels[labels > 0]).tolist():
            if label in self.tracks:
                self.tracks[label].end = time_index
            else:
                parent = parents.get(label, 0)
                ended = parent in self.tracks and self.tracks[parent].end < time_index
                self.tracks[label] = Track(label, time_index, time_index, parent if ended else 0)

    def _nearest(self, inside: NDArray, time: float) -> NDArray:
        """For each voxel inside the label that is nearest to it in the nearest frame, moved onto the shape."""
        member = self._member
        assert member.source is not None
        away = np.abs(member.source.times - time).round(9)  # of two that are equally near the first is taken
        known = member.labels_of_frame(int(away.argmin()))
        found = np.zeros(inside.shape, dtype=known.dtype)
        here = np.unique(known[known > 0])
        if len(here) == 1 or not inside.any():
            found[inside] = here[0] if len(here) else 0
            return found
        by = np.subtract(ndimage.center_of_mass(inside), ndimage.center_of_mass(known > 0))
        box = ndimage.find_objects((known > 0).astype(np.uint8))[0]
        places = ndimage.distance_transform_edt(
            known[box] == 0, sampling=member.space.voxel, return_distances=False, return_indices=True
        )
        voxels = np.argwhere(inside)
        low = [side.start for side in box]
        moved = np.rint(voxels - by - low).astype(int).clip(0, np.subtract(known[box].shape, 1))
        nearest = places[:, *moved.T]
        found[inside] = known[box][tuple(nearest)]
        return found
