"""Sequences that share one picture: those of one source volume, or one analytic sequence alone.

Times of a group go from 0 to 1. Sequences of one source that begin or end at different frames are each at their own
time when the group's clock is at a frame, and absent outside their frames.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import numpy as np

from study.errors import Mistake
from study.exporting.choice import SAME, Choice
from study.exporting.space import Box, Source, Space, domain_space, source

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from study.exporting.ensemble import Ensemble
    from trainables.saved_model import SavedModel
    from trainables.shapes.measured import Measured
    from trainables.shapes.sequence import ShapeSequence


@dataclass(frozen=True, eq=False)
class Member:
    """One sequence of a group."""

    label: str
    sequence: ShapeSequence
    ensemble: Ensemble
    space: Space
    box: Box
    points: NDArray
    """Domain coordinates of the voxels of the box, `(nz, ny, nx, 3)`, or `(ny, nx, 2)`, where the domain is at rest."""
    source: Source | None
    shown: list[float]
    """Times, of the sequence, that the model was shown."""

    def points_at(self, time: float) -> NDArray:
        """Domain coordinates of the voxels of the box at this time of the sequence."""
        if self.source is None or self.source.places is None:
            return self.points
        return self.space.points(self.box, self.source.place(time))

    def physical(self, points: NDArray, time: float) -> NDArray:
        """Domain coordinates `(V, d)` x, y, z at this time of the sequence → physical positions x, y, z."""
        return self.space.physical(points, None if self.source is None else self.source.place(time))

    def is_shown(self, time: float) -> bool:
        return any(abs(time - shown) < SAME for shown in self.shown)

    def frame(self, time: float) -> int | None:
        """The frame of the source at this time of the sequence, None between frames and without a source."""
        if self.source is None:
            return None
        nearest = int(np.abs(self.source.times - time).argmin())
        return int(self.source.frames[nearest]) if abs(self.source.times[nearest] - time) < SAME else None

    def is_known(self, time: float) -> bool:
        """Whether the true shape is known at this time of the sequence."""
        return self.source is None or self.frame(time) is not None

    def labels_of_frame(self, index: int) -> NDArray:
        """What the recording has in a frame of the sequence, on the voxels of the box, uint32, 0 outside the sequence.

        Of a member whose recording is kept.
        """
        assert self.source is not None
        assert self.source.measured is not None
        values, corner = self.source.measured.frame(index), self.source.measured.corners[index]
        found = np.zeros([side.stop - side.start for side in self.box], dtype=values.dtype)
        low = [c - side.start for c, side in zip(corner, self.box, strict=True)]
        found[tuple(slice(a, a + n) for a, n in zip(low, values.shape, strict=True))] = values
        return found

    def measured(self, time: float) -> NDArray | None:
        """What the recording has at this time of the sequence, on the voxels of the box; none between its frames."""
        if self.source is None or self.source.measured is None or self.frame(time) is None:
            return None
        return self.labels_of_frame(int(np.abs(self.source.times - time).argmin()))

    def truth(self, time: float) -> NDArray | None:
        """Where the true shape is, on the voxels of the box; None where the source has no frame."""
        import torch

        if not self.is_known(time):
            return None
        points = self.points_at(time)
        inside: NDArray = (self.sequence.sdf(torch.from_numpy(points), time) < 0).numpy()
        return inside & (np.abs(points) <= 3 + 1e-5).all(axis=-1)


@dataclass(frozen=True, eq=False)
class Group:
    """Sequences on one voxel grid."""

    name: str
    """For files and folders."""
    members: list[Member]
    times: list[float]

    @property
    def space(self) -> Space:
        """The voxel grid (its `affine` is that of the first member)."""
        return self.members[0].space

    def clock(self, member: Member, time: float) -> float | None:
        """The member's own time at the group's `time`; None if it is not there."""
        if member.source is None or len(self.members) == 1:
            return time
        frames = [m.source.frames for m in self.members if m.source is not None]
        first, last = min(f[0] for f in frames), max(f[-1] for f in frames)
        frame, own = first + time * (last - first), member.source.frames
        if not own[0] - SAME <= frame <= own[-1] + SAME:
            return None
        return float(np.clip(np.interp(frame, own, member.source.times), 0, 1))

    def frame_axis(self) -> NDArray:
        """The times as frame numbers of the source where there is one, else as they are: `(T,)`."""
        first_source = self.members[0].source
        if first_source is None:
            return np.asarray(self.times)
        if len(self.members) == 1:
            return np.interp(self.times, first_source.times, first_source.frames)
        frames = [m.source.frames for m in self.members if m.source is not None]
        first, last = min(f[0] for f in frames), max(f[-1] for f in frames)
        return first + np.asarray(self.times) * (last - first)

    @property
    def seconds(self) -> float | None:
        """From frame to frame of the source; none where it does not say that."""
        return None if self.members[0].source is None else self.members[0].source.seconds

    def time_of(self, frame: float) -> float:
        """The group's time at a frame of the source, which need not be whole; beyond [0, 1] outside its frames.

        Of a group with a source.
        """
        frames = [m.source.frames for m in self.members if m.source is not None]
        first, last = min(f[0] for f in frames), max(f[-1] for f in frames)
        if len(frames) == 1 and first <= frame <= last:  # its frames need not be even
            return float(np.interp(frame, frames[0], self.members[0].source.times))  # type: ignore[union-attr]
        return float((frame - first) / (last - first))

    def interval(self) -> float | None:
        """Seconds from each time to the next; none where they are not known, or not even."""
        steps = np.diff(self.frame_axis())
        if self.seconds is None or not len(steps) or np.ptp(steps) > 1e-6 * steps.max():
            return None
        return float(steps[0] * self.seconds)


def groups(
    choice: Choice,
    model: SavedModel,
    labels: Sequence[str],
    times: list[float],
    grid: int,
    replicate: int | None,
) -> list[Group]:
    """The sequences `labels` of a model, grouped by source.

    Diverged replicates are left out; Mistake if none is left, or if the exported one is among them.
    """
    found: dict[object, list[Member]] = {}
    own = [sequence.label for sequence in model.sequences]
    for label in labels:
        member = _member(choice, model, own.index(label), label, grid, replicate)
        key: object = label
        if member.source is not None:
            key = (member.source.name, member.space.shape, member.space.voxel)
        found.setdefault(key, []).append(member)
    names: list[str] = []
    for members in found.values():
        first = members[0]
        together = first.source is not None and len(members) > 1
        name = slug(PurePosixPath(first.source.name).stem if first.source and together else first.label)
        names.append(name if name not in names else f"{name}-{len(names)}")
    return [Group(name, members, times) for name, members in zip(names, found.values(), strict=True)]


def _member(choice: Choice, model: SavedModel, index: int, label: str, grid: int, replicate: int | None) -> Member:
    from study.exporting.ensemble import Ensemble

    sequence = model.sequences[index]
    lost = choice.diverged(label)
    alive = [r for r in range(model.replicates) if r not in lost]
    if not alive or (replicate is not None and replicate not in alive):
        who = "every replicate" if not alive else f"replicate {replicate}"
        raise Mistake(f"sequence {label} of trial {choice.trial}: {who} has diverged; export another")
    if choice.deterministic:  # one is the mean of all, and there is nothing in which they could differ
        alive, replicate = alive[:1], None
    fields = [model.field(r, index, grid) for r in alive]
    recording = source(sequence)
    space = domain_space(grid, sequence.dimension) if recording is None else recording.space
    box = space.box(None if recording is None else recording.places)
    if recording is not None and recording.measured is not None:
        box = _with_frames(box, recording.measured)
    if any(side.stop <= side.start for side in box):
        raise Mistake(f"sequence {label}: its place lies outside the volume of its source; prepare it again")
    ensemble = Ensemble(fields, None if replicate is None else alive.index(replicate), sequence.dimension)
    return Member(label, sequence, ensemble, space, box, space.points(box), recording, choice.shown(label))


def _with_frames(box: Box, known: Measured) -> Box:
    """The box and what the recording has in its frames, which may lie beyond the domain."""
    low, high = np.array([side.start for side in box]), np.array([side.stop for side in box])
    for corner, values in zip(known.corners, known.voxels, strict=True):
        low, high = np.minimum(low, corner), np.maximum(high, np.add(corner, values.shape))
    return tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))


def slug(text: str) -> str:
    """`text` as a file's name, with room for an ending; of a long one the beginning, and a digest."""
    name = re.sub(r"[^A-Za-z0-9.+=-]+", "_", text).strip("._") or "sequence"
    if len(name) <= LONGEST:
        return name
    return f"{name[: LONGEST - 9]}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


LONGEST = 120
"""Letters of a sequence's name that go into the name of a file."""
