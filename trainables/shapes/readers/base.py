"""What a reader of recordings is, and how the reader of a path is found.

Arrays of a recording have the axes (z, y, x), or (y, x) where it has no depth: then every `(z, y, x)` below is
`(y, x)`. Voxel sizes have the same order. A box is (first, last + 1) along each axis, in voxels.
"""

from __future__ import annotations

import sys
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from pydantic import Field, ValidationError, field_validator

from trainables.configuration import Plugin
from trainables.plugins import plugins
from trainables.shapes.bad_data import BadData
from trainables.shapes.odd_files import refuse_odd
from trainables.shapes.readers.frame_files import named_as_masks

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

Sizes = tuple[float, ...]
"""Of a voxel, (z, y, x) or (y, x), µm."""
Box = tuple[tuple[int, int], ...]
AXES = {2: "y, x", 3: "z, y, x"}
"""Of a frame, by how many there are."""
_FOREIGN = (
    *(".lif", ".lof", ".xlef", ".czi", ".zvi", ".nd2", ".oib", ".oif", ".oir", ".vsi", ".ims", ".lsm", ".dv", ".stk"),
    *(".nii", ".nii.gz", ".nrrd", ".nhdr", ".mha", ".mhd", ".dcm", ".klb"),
)
"""Of files of microscopes and of programs for volumes, which are not read."""
_PACKED = (".gz", ".bz2", ".xz", ".zip", ".7z", ".rar", ".tar", ".tgz", ".zst")


class Track(NamedTuple):
    """One row of `man_track.txt`: a label, its first and last frame, and the label it came from (0: none)."""

    label: int
    begin: int
    end: int
    parent: int


@dataclass(frozen=True)
class Frame:
    """One frame of one sequence, cut out of the volume."""

    number: int
    """In the source."""
    values: Array
    """(z, y, x): boolean, true inside; or floating point, a signed distance of any scale, negative inside."""
    offset: tuple[int, ...]
    """Voxel of the volume at which `values` begins."""
    border: bool
    """Whether the shape touches a face of the volume."""
    dropped: float = 0.0
    """Fraction of the labelled voxels that was left out, not being connected to the rest."""
    labels: Array | None = None
    """(z, y, x): what the recording has there, 0 outside its cells, with pieces that `values` leaves out; none where
    it has no labels."""


@dataclass(frozen=True)
class Recorded:
    """A shape sequence found in a recording; `read` it frame by frame."""

    reader: Reader
    label: str
    """Its name in tables."""
    frames: tuple[int, ...]
    """Frame numbers of the source, rising: those in which the shape is known."""
    shape: tuple[int, ...]
    """Of the volume, voxels."""
    tracks: tuple[Track, ...] = ()
    """The tracks whose union it is; none for recordings without tracks."""
    source: str = ""
    """File that holds it, where a recording has several."""
    notes: tuple[str, ...] = ()
    """What must be told of it."""

    def read(self, count: int | None = None) -> Iterator[Frame]:
        """Its first `count` frames, or all, one at a time in order; raises BadData."""
        return self.reader.read(self, self.frames[:count])

    def times(self) -> list[float]:
        """When its frames were taken, in the recording's unit of time: their numbers, where nothing else is known."""
        return [self.reader.time(number) for number in self.frames]


@dataclass(frozen=True)
class Listing:
    """The sequences of a recording, and those that were asked for and cannot be used."""

    usable: list[Recorded]
    bad: dict[str, str] = field(default_factory=dict)
    """Label → the sentence that says why it cannot be used."""
    notes: list[str] = field(default_factory=list)
    """What must be told of the recording."""
    unused: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Track → its first and last frame, for those that are not listed since they are too short."""
    overlap: tuple[float, int, int] | None = None
    """The smallest overlap of a label with itself in the next frame, over the smaller of both; that label and frame."""

    def all_usable(self) -> list[Recorded]:
        """The sequences; raises BadData with the first reason if there is a bad one."""
        for sentence in self.bad.values():
            raise BadData(sentence)
        return self.usable


class Reader(Plugin):
    """A recording in one format. A new format is a new file in this folder."""

    accepts: ClassVar[str]
    """What is read, as part of a sentence."""

    path: Path = Field(description="file or folder of the recording")
    voxel: Sizes | None = Field(
        None, description="size of a voxel (z, y, x), or (y, x), in µm; none for what the files say, or 1"
    )

    times: dict[int, float] | None = Field(None, description="frame number → when it was taken, in any unit")

    @field_validator("voxel")
    @classmethod
    def _positive(cls, value: Sizes | None) -> Sizes | None:
        if value is not None and (len(value) not in AXES or min(value) <= 0):
            raise ValueError(f"a voxel has three sizes (z, y, x) or two (y, x), all positive, not {value}")
        return value

    @classmethod
    @abstractmethod
    def written(cls, labels: Array, folder: Path) -> list[Path]:
        """Write a recording in every layout that this reader reads, for its contract test: the paths to open.

        labels: `(t, z, y, x)` uint16, 0 outside. A format without labels holds the shape that all of them make.
        """

    @classmethod
    @abstractmethod
    def recognises(cls, path: Path) -> bool:
        """Whether a path that exists looks like this format; what is wrong inside is told when it is read."""

    @classmethod
    def whole(cls, file: Path) -> bool:
        """Whether a file that is recognised is a recording also where it lies alone in a folder, and not one frame."""
        return True

    @abstractmethod
    def voxel_size(self) -> Sizes:
        """Size of a voxel (z, y, x) in µm: the option, else what the files say, else 1; one for each axis of a frame.

        Raises BadData if the option has more or fewer.
        """

    def said_voxel(self) -> tuple[Sizes, str] | None:
        """What the files say of the size of a voxel, µm (z, y, x), and where they say it; none if they do not."""
        return None

    @property
    def unit(self) -> str:
        """Of the voxel size: `µm`, or `voxel` where nobody says how large one is."""
        return "voxel" if self.voxel is None and self.said_voxel() is None else "µm"

    def said_interval(self) -> tuple[float, str] | None:
        """What the files say of the time from frame to frame, seconds, and where they say it; none if they do not."""
        return None

    def said_times(self) -> tuple[dict[int, float], str] | None:
        """Frame number → seconds from the first frame, and where the files say it, where frames are not evenly apart;
        none if they do not."""
        return None

    def known_times(self) -> dict[int, float] | None:
        """Frame number → when it was taken: the option, else what the files say; none where it is the number."""
        said = self.said_times() if self.times is None else None
        return self.times if said is None else said[0]

    def seconds(self) -> float | None:
        """How long the unit of time is: that from frame number to frame number, or a second; none where the files do
        not say it, or `--times` says in a unit of its own when they were taken."""
        if self.times is not None:
            return None
        if self.said_times() is not None:
            return 1.0
        said = self.said_interval()
        return None if said is None else said[0]

    def fitted(self, said: Sizes | None, axes: int) -> Sizes:
        """Sizes for frames of so many axes: the option, else what is `said`, of which those along y and x are enough
        in the plane, else 1. Raises BadData as `voxel_size` does."""
        if self.voxel is not None and len(self.voxel) != axes:
            given = ",".join(f"{size:g}" for size in self.voxel)
            raise BadData(
                f"{self.path}: --voxel {given} has {len(self.voxel)} sizes, but its frames have the axes "
                f"{AXES[axes]}; give {axes}"
            )
        sizes = self.voxel or said
        return (1.0,) * axes if sizes is None or len(sizes) < axes else sizes[-axes:]

    def drops_pieces(self) -> bool:
        """Whether the user wants smaller pieces of a label to be left out, however large."""
        return False

    def time(self, number: int) -> float:
        """When a frame was taken; raises BadData."""
        known = self.known_times()
        if known is None:
            return float(number)
        if number not in known:
            raise BadData(f"{self.path} (frame {number}): --times does not say when it was taken; add it there")
        return known[number]

    @abstractmethod
    def sequences(
        self, tracks: list[int] | None = None, minimum_frames: int | None = None, daughters: bool = True
    ) -> Listing:
        """The sequences with these track numbers, or else those of at least `minimum_frames` frames.

        Without either those that span the whole recording; if there are none, the longest. With `daughters` a track
        that divides is one sequence with its descendants; without, every track is alone. Raises BadData if a file
        cannot be read, a track number is not there, or nothing is long enough.
        """

    @abstractmethod
    def read(self, sequence: Recorded, frames: tuple[int, ...]) -> Iterator[Frame]:
        """These frames of a sequence, one at a time; raises BadData."""


def available() -> dict[str, type[Reader]]:
    """Every reader of this folder, and of other installed packages, by name."""
    return plugins(sys.modules[__package__], Reader, "readers")  # type: ignore[type-abstract]


def open_recording(path: str | Path, voxel: Sizes | None = None, **options: Any) -> Reader:
    """The reader of a file or folder, with options of its own (None: not given).

    Raises BadData if there is nothing there, nothing that a reader recognises, a file that is none, or the reader has
    no such option.
    """
    place = Path(path)
    if not place.exists():
        raise BadData(f"{path}: there is no such file or folder; name one that exists")
    refuse_odd(place)
    place = _alone(place) or place
    given = {name: value for name, value in options.items() if value is not None}
    for reader in available().values():
        if reader.recognises(place):
            if foreign := set(given) - set(reader.model_fields):
                raise BadData(
                    f"{path}: read as {reader.name}, which has no option {min(foreign)}; leave --{min(foreign)} out"
                )
            try:
                return reader(path=place, voxel=voxel, **given)
            except ValidationError as error:
                fault = error.errors()[0]
                if (option := str(fault["loc"][0])) not in given:
                    raise
                raise BadData(
                    f"{path}: --{option} {given[option]}: {fault['msg']}, for it is read as {reader.name}"
                ) from None
    raise BadData(f"{path}: {_not_recognised(place)}")


def _alone(folder: Path) -> Path | None:
    """The one file in a folder that a reader takes by itself, or of two the one that is called masks, if the folder is
    no recording for another reason."""
    if not folder.is_dir():
        return None
    readers = list(available().values())
    holder = next((reader for reader in readers if reader.recognises(folder)), None)
    found: list[Path] = []
    for file in sorted(folder.iterdir()):
        if not file.name.startswith(".") and file.is_file() and any(reader.recognises(file) for reader in readers):
            found.append(file)
        if len(found) > 2:
            return None
    if len(found) == 2:
        found = [file for file in found if named_as_masks(file.name)]
    if len(found) != 1 or (holder is not None and not holder.recognises(found[0])):
        return None
    taken = next(reader for reader in readers if reader.recognises(found[0]))
    return found[0] if taken.whole(found[0]) else None


def _not_recognised(place: Path) -> str:
    """What is wrong with a path that no reader takes, and what to give."""
    for depth in ("*", "*/*", "*/*/*"):
        for child in sorted(place.glob(depth), key=_masks_first) if place.is_dir() else []:
            if _recognised(child):
                return f"not a recording itself, but {child.relative_to(place)} in it may be one; name {child}"
    if (foreign := next((ending for ending in map(_foreign, _files(place)) if ending), None)) is not None:
        return (
            f"files {foreign} are not read; save the labels of its cells as TIFF (in Fiji: File, Save As, Tiff), or as "
            "OME-Zarr, and name that"
        )
    if place.is_file() and place.suffix.lower() in _PACKED:
        return "a packed file; unpack it, and name what was in it"
    if place.is_file() and _recognised(place.parent):
        return f"one file of a recording, or none; the folder that it is in may be one: name {place.parent}"
    return f"not a recording that can be read; give one of: {'; '.join(r.accepts for r in available().values())}"


def _masks_first(path: Path) -> tuple[bool, Path]:
    return not named_as_masks(path.name), path


def _files(place: Path) -> list[Path]:
    return [place] if place.is_file() else sorted(place.iterdir())


def _foreign(file: Path) -> str | None:
    """How the name of a file ends that is of a kind which is not read; none for others."""
    return next((ending for ending in sorted(_FOREIGN, key=len)[::-1] if file.name.lower().endswith(ending)), None)


def _recognised(path: Path) -> bool:
    """Whether a folder looks like a recording."""
    hidden = path.name.startswith(".")
    return path.is_dir() and not hidden and any(reader.recognises(path) for reader in available().values())


def example() -> Path:
    """The recording that comes with the package: two real nuclei, see the README beside it."""
    return Path(__file__).parent.parent / "data" / "cho_nuclei"


def long_enough(spans: dict[int, int], total: int, minimum_frames: int | None, where: Path) -> list[int]:
    """The keys of `spans` (key → number of frames) that `Reader.sequences` lists by default; raises BadData."""
    if not spans:
        raise BadData(f"{where}: there is no track in it; give a recording in which something is labelled")
    longest = max(spans.values())
    needed = minimum_frames if minimum_frames is not None else min(total, longest)
    if longest < needed:
        raise BadData(
            f"{where}: no track spans {needed} frames; the longest spans {longest}: give a recording of more "
            "frames, or, where labels are numbered anew in each, say --link"
        )
    return [key for key, span in spans.items() if span >= needed]
