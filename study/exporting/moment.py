"""A group at one time: labels, signed distances, meshes, and the row of `spread.csv` of every sequence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from study.exporting.ensemble import Volume
from study.exporting.group import Group, Member
from study.exporting.kept_labels import KeptLabels
from study.exporting.label_tiff import kind_of
from study.exporting.lineage import Labels, Lineage, Track
from study.exporting.mesh import Mesh, surface
from study.exporting.uncertainty import WIDTH, displacement, distances, looked_at, on_lattice
from trainables.metrics.volumes import dice
from trainables.shapes.sequence import UPPER

if TYPE_CHECKING:
    from numpy.typing import NDArray

COLUMNS = {
    "sequence": "its label",
    "time_index": "number of the exported time",
    "time": "in 0 … 1",
    "frame": "number of the source's frame at this time; empty between frames",
    "moment": "when, in the recording's unit of time: frame numbers, or times of --times",
    "seconds": "the same, where the recording says how long a frame takes, frame 0 being at 0",
    "shown": "whether the model was shown the shape at this time",
    "measured": "whether what is exported is the recording's frame, unchanged",
    "labels": "of the exported shape, with blanks between them",
    "volume": "of the exported shape, fragments left out, unit³; in the plane its area, unit²",
    "volume_mean": "mean over the replicates, likewise",
    "volume_sd": "standard deviation over the replicates, likewise",
    "components": "parts of the exported shape that do not touch",
    "fragments": "parts too small to count",
    "disagreement": "mean over the replicates of 1 − Dice to their median shape",
    "surface_sd": "standard deviation over the replicates of the SDF, mean over the voxels at the surface, unit",
    "uncertainty": "calibrated standard deviation of the surface's place, mean over the surface, unit",
    "within_two": "share of the surface within two of its uncertainties of the true surface, where that is known",
    "dice": "Dice of the model's shape and the true shape, where that is known",
}


@dataclass(frozen=True, eq=False)
class Part:
    """One sequence at the group's time."""

    member: Member
    time: float
    """The sequence's own time."""
    volume: Volume
    """On the voxels of the member's box."""
    labels: NDArray
    """Whole numbers, on the same voxels; 0 outside."""
    mesh: Mesh | None
    """In domain coordinates; None if no format asked for it."""
    row: dict[str, Any]
    recorded: NDArray | None = None
    """Signed distances of the recording's frame on the same voxels, where it is what is exported."""

    @property
    def sdf(self) -> NDArray:
        """Signed distances of the exported shape, in domain units, on the same voxels; NaN outside the domain."""
        return self.volume.value if self.recorded is None else self.recorded

    def uncertainty(self) -> NDArray:
        """Calibrated, in domain units, on the same voxels; of a movie whose distances are exact everywhere."""
        return on_lattice(self.member.ensemble, self.volume, self.member.points_at(self.time))


@dataclass(frozen=True, eq=False)
class Moment:
    """All sequences of a group that are there at one of its times."""

    index: int
    time: float
    parts: list[Part]


class Movie:
    """A group's moments in the order of time; its tracks grow with them."""

    def __init__(self, group: Group, everywhere: bool, meshes: int | None, model_frames: bool = False) -> None:
        """`everywhere`: distances are exact in the whole domain; `meshes`: points along an axis of their grid;
        `model_frames`: the model's shapes at times of the recording's frames, too, which are unchanged else."""
        self.group, self.everywhere, self.meshes, self.model_frames = group, everywhere, meshes, model_frames
        roots = {m.source.root_label for m in group.members if m.source is not None}
        labels = Labels(roots)
        self._lineages = [_lineage(member, labels) for member in group.members]

    @property
    def kind(self) -> type[np.unsignedinteger[Any]]:
        """Of an image that holds every label."""
        own = [m.source.measured.labels[-1] for m in self.group.members if m.source and m.source.measured]
        return kind_of(max([*own, *(track.label for track in self.tracks)], default=0))

    @property
    def tracks(self) -> list[Track]:
        """The tracks so far, by label."""
        return sorted((t for lineage in self._lineages for t in lineage.tracks.values()), key=lambda t: t.label)

    def tracks_of(self, member: Member) -> list[Track]:
        """One sequence's tracks so far."""
        return list(self._lineages[self.group.members.index(member)].tracks.values())

    def moments(self) -> Iterator[Moment]:
        """One moment after the other; each is computed when it is asked for."""
        for index, time in enumerate(self.group.times):
            there: list[tuple[int, float, Volume, NDArray | None]] = []
            for place, member in enumerate(self.group.members):
                own = self.group.clock(member, time)
                if own is None:
                    self._lineages[place].absent()
                else:
                    known = None if self.model_frames else member.measured(own)
                    there.append(
                        (place, own, member.ensemble.volume(member.points_at(own), own, self.everywhere), known)
                    )
            insides = _apart([(self.group.members[p], volume, known) for p, _, volume, known in there], self.group)
            parts = [
                self._part(index, time, place, own, volume, inside, known)
                for (place, own, volume, known), inside in zip(there, insides, strict=True)
            ]
            yield Moment(index, time, parts)

    def _part(
        self, index: int, time: float, place: int, own: float, volume: Volume, inside: NDArray, known: NDArray | None
    ) -> Part:
        member, lineage = self.group.members[place], self._lineages[place]
        if known is not None and isinstance(lineage, KeptLabels):
            labels, components, fragments = lineage.measured(known, index)
        else:
            labels, components, fragments = lineage.label(inside, index, own)
        size, truth = member.space.voxel_volume, member.truth(own)
        volumes = volume.insides.reshape(len(volume.insides), -1).sum(axis=1) * size
        row = {
            "sequence": member.label,
            "time_index": index,
            "time": time,
            "frame": member.frame(own),
            **_when(member, own),
            "shown": member.is_shown(own),
            "measured": known is not None,
            "labels": " ".join(str(label) for label in np.unique(labels[labels > 0])),
            "volume": float((labels > 0).sum() * size),
            "volume_mean": float(volumes.mean()),
            "volume_sd": float(volumes.std(ddof=1)) if len(volumes) > 1 else float("nan"),
            "components": components,
            "fragments": fragments,
            "disagreement": volume.disagreement(),
            "surface_sd": volume.surface_deviation() * member.space.scale,
            **_uncertain(member, own, known=truth is not None),
            "dice": float("nan") if truth is None else dice(labels > 0 if known is None else volume.inside, truth),
        }
        mesh = None if self.meshes is None else self._mesh(member, own, volume, self.meshes, known is not None)
        recorded = None if known is None else _recorded(member, own, labels > 0)
        return Part(member, own, volume, labels, mesh, row, recorded)

    def _mesh(self, member: Member, time: float, volume: Volume, n: int, recorded: bool) -> Mesh:
        if recorded:
            return surface(member.sequence.sdf(member.sequence.grid(n), time).numpy())
        if member.source is None:  # its voxels are the grid of the domain, as z, y, x
            return surface(volume.value.T)
        return surface(member.ensemble.volume(member.sequence.grid(n).numpy(), time).value)


def _uncertain(member: Member, time: float, known: bool) -> dict[str, float]:
    """How sure the place of the surface is, and where the true one is known, whether that was right."""
    nothing = {"uncertainty": float("nan"), "within_two": float("nan")}
    if len(member.ensemble.fields) < 2:
        return nothing
    points = looked_at(member.ensemble, time)
    if not len(points):
        return nothing
    own = member.ensemble.factor * displacement(member.ensemble, points, time)
    within = (distances(member.sequence, points, time) <= WIDTH * own).mean() if known else float("nan")
    return {"uncertainty": float(own.mean()) * member.space.scale, "within_two": float(within)}


def _lineage(member: Member, labels: Labels) -> Lineage | KeptLabels:
    """The recording's own labels where it has some that are kept."""
    if member.source is not None and member.source.measured is not None and member.source.tracks:
        return KeptLabels(member)
    return Lineage(labels, member.source.root_label if member.source else 0)


def _when(member: Member, time: float) -> dict[str, float | None]:
    if member.source is None:
        return {"moment": None, "seconds": None}
    moment, unit = member.source.moment(time), member.source.seconds
    return {"moment": moment, "seconds": None if unit is None else moment * unit}


def _recorded(member: Member, time: float, inside: NDArray) -> NDArray:
    """Signed distances of a frame of the recording, as it was prepared, with the signs that its voxels have."""
    import torch

    points = member.points_at(time)
    found: NDArray = member.sequence.sdf(torch.from_numpy(points), time).numpy()
    least = np.float32(1e-6)
    signed = np.where(inside, np.minimum(found, -least), np.maximum(found, least))
    outside = (np.abs(points) > UPPER + 1e-5).any(axis=-1) & ~inside
    return np.where(outside, np.nan, signed).astype(np.float32)


def _apart(volumes: list[tuple[Member, Volume, NDArray | None]], group: Group) -> list[NDArray]:
    """The exported shapes on their boxes; a voxel inside several goes to the one in which it lies deepest, and none
    takes one from a frame of the recording."""
    if len(volumes) == 1:
        _, volume, known = volumes[0]
        return [volume.inside if known is None else known > 0]
    deepest = np.zeros(group.space.shape, dtype=np.float32)
    owner = np.full(group.space.shape, -1, dtype=np.int32)
    for number, (member, volume, known) in enumerate(volumes):
        if known is None:
            depth = np.where(volume.inside, volume.value * member.space.scale, np.inf)
        else:
            depth = np.where(known > 0, -np.inf, np.inf)
        claim = depth < deepest[member.box]
        deepest[member.box][claim] = depth[claim]
        owner[member.box][claim] = number
    return [owner[member.box] == number for number, (member, *_) in enumerate(volumes)]
