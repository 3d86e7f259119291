"""Which files of a folder are which frame: names that differ in one number are in its order; it numbers the frame.

Where the names are times (see `name_clock`), frames are in the order of time: numbered by steps where these are even,
else from 0, and then the times are theirs. Names that differ in two numbers, of which one is called z (slice, plane),
are planes of volumes. Where masks lie beside their images it is the masks that are taken. Names of other kinds, or that
differ in two numbers that do not rise together (positions and times), are no recording: they are refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

from trainables.shapes.bad_data import BadData
from trainables.shapes.readers import name_clock
from trainables.shapes.readers.name_clock import clocks

DEPTH = ("z", "slice", "plane", "section")
NAMES = "names of its files"
"""Where times are said."""
TIME = ("t", "time", "timepoint", "tp", "frame", "f", "img", "image", "mask", "masks", "seg", "label", "labels", "man")
"""Words before a number in a name that say what it counts."""
_MASKS = re.compile(r"(^|[^a-z])(masks?|labels?|seg|segmentation|man_track|man_seg)([^a-z]|$)")


def named_as_masks(name: str) -> bool:
    """Whether the name of a file or folder says that it is of labels."""
    return _MASKS.search(name.lower()) is not None


@dataclass(frozen=True)
class FrameFiles:
    """The files of a folder's frames."""

    files: dict[int, tuple[Path, ...]] = field(default_factory=dict)
    """Frame number → its file, or those of its planes in order."""
    planes: bool = False
    """Whether each file is a plane of a volume."""
    notes: tuple[str, ...] = ()
    """What must be told of the choice."""
    step: float | None = None
    """Seconds from number to number, where the names say it."""
    times: dict[int, float] | None = None
    """Seconds from the first frame, by the names, where they are not even."""
    counts_depth: bool = False
    """Whether the one number that changes is called z."""

    def said_interval(self) -> tuple[float, str] | None:
        """`step`, and where it is said: as readers tell it."""
        return None if self.step is None else (self.step, NAMES)

    def said_times(self) -> tuple[dict[int, float], str] | None:
        """`times`, and where they are said."""
        return None if self.times is None else (self.times, NAMES)


def frame_files(folder: Path, suffixes: tuple[str, ...]) -> FrameFiles:
    """The files whose names end so and that are not hidden; raises BadData."""
    files = sorted(f for f in folder.iterdir() if f.name.lower().endswith(suffixes) and not f.name.startswith("."))
    return in_frames(folder, files)


def in_frames(folder: Path, files: Sequence[Path]) -> FrameFiles:
    """Files, or folders, in a folder as frames by their names; raises BadData."""
    names, seconds = _names(folder, files)
    kinds: dict[str, list[Path]] = {}
    for file in files:
        kinds.setdefault(re.sub(r"\d+", "#", names[file]), []).append(file)
    kind, notes = _kind(folder, kinds)
    files = kinds.get(kind, [])
    numbers = {file: [int(n) for n in re.findall(r"\d+", names[file])] for file in files}
    changing = [i for i, column in enumerate(zip(*numbers.values(), strict=True)) if len(set(column)) > 1]
    if not changing:
        found: dict[int, tuple[Path, ...]] = {0: (files[0],)} if len(files) == 1 else {}
        return FrameFiles(found, notes=notes) if len(files) < 2 else _twice(folder, files[0], files[1])
    if (depth := _depth(kind, changing)) is not None:
        volumes = _volumes(folder, numbers, changing, depth)
        own = next(i for i in changing if i != depth)
        return _timed(FrameFiles(volumes, planes=True, notes=notes), seconds, _is_clock(kind, own))
    ordered = sorted(files, key=lambda file: [numbers[file][i] for i in changing])
    for before, after in pairwise(ordered):
        if numbers[before] == numbers[after]:
            _twice(folder, before, after)
        if any(numbers[after][i] <= numbers[before][i] for i in changing):
            raise BadData(
                f"{folder}: the names of its files differ in more than one number, such as {before.name} and "
                f"{after.name}; put each position, or image, into a folder of its own, or, if these are planes of "
                "volumes, call what counts them z, as in t001_z01.tif; if they are times, write 20240101T103000 or "
                "10h30m00s"
            )
    counts_depth = len(changing) == 1 and _words(kind)[changing[0]] in DEPTH
    own = next((i for i in changing if not _is_clock(kind, i)), changing[0])
    result = FrameFiles({numbers[f][own]: (f,) for f in ordered}, notes=notes, counts_depth=counts_depth)
    if seconds:
        return _timed(result, seconds, _is_clock(kind, own))
    return _counted_instead(result, ordered, changing[0]) if len(changing) == 1 else result


_CLOCK = "@"
"""Stands before the number that takes the place of a time in a name."""


def _names(folder: Path, files: Sequence[Path]) -> tuple[dict[Path, str], dict[Path, float]]:
    """What is compared of each name, and the seconds that it says; a time becomes its place among all times."""
    stems = [file.stem if file.is_file() else file.name for file in files]
    said = name_clock.clocks(stems)
    if said is None:
        return dict(zip(files, (stem.lower() for stem in stems), strict=True)), {}
    if name_clock.passes_midnight(stems, said):
        first, last = (stems[said.seconds.index(end(said.seconds))] for end in (min, max))
        raise BadData(
            f"{folder}: the times in the names of its files, {first} to {last}, may be of two days, and no date says "
            "which are of the first; put it before them, as 20240101T235000, or number the files"
        )
    places = {second: place for place, second in enumerate(sorted(set(said.seconds)))}
    parts = zip(files, said.seconds, said.parted, strict=True)
    names = {file: f"{a.lower()} t{_CLOCK}{places[second]} {b.lower()}" for file, second, (a, b) in parts}
    return names, dict(zip(files, said.seconds, strict=True))


def _is_clock(kind: str, number: int) -> bool:
    return kind.split("#")[number].endswith(_CLOCK)


def _timed(found: FrameFiles, seconds: dict[Path, float], by_clock: bool) -> FrameFiles:
    """Frames with the times that their names say, numbered by even steps where it is only times that number them."""
    of = {number: seconds[planes[0]] for number, planes in found.files.items() if planes[0] in seconds}
    if len(of) < 2 or any(b <= a for a, b in pairwise(of.values())):
        return found
    numbers, first = list(of), min(of.values())
    told = [of[number] - first for number in numbers]
    steps = {(b - a) / (m - n) for (n, a), (m, b) in pairwise(zip(numbers, told, strict=True))}
    mean = told[-1] / (numbers[-1] - numbers[0])
    if all(abs(step - mean) <= name_clock.EVEN * mean for step in steps):
        return replace(found, step=mean)
    if by_clock and (even := name_clock.even(told)) is not None:
        multiples, step = even
        return replace(found, files=dict(zip(multiples, found.files.values(), strict=True)), step=step)
    return replace(found, times=dict(zip(numbers, told, strict=True)))


def _counted_instead(found: FrameFiles, files: Sequence[Path], column: int) -> FrameFiles:
    """Frames counted from 0 where their numbers may be times of day, which would be others."""
    written = [re.findall(r"\d+", file.stem)[column] for file in files]
    if len(written) < 2 or not name_clock.times_or_numbers(written):
        return found
    note = (
        f"{written[0]} to {written[-1]} in the names may be times of day or numbers: frames are counted from 0, as if "
        "evenly apart; --times says when they were taken"
    )
    counted = dict(enumerate(found.files.values()))
    return replace(found, files=counted, notes=(*found.notes, note))


def _kind(folder: Path, kinds: dict[str, list[Path]]) -> tuple[str, tuple[str, ...]]:
    """The kind of names that is taken, numbers being #, and what must be told of it; raises BadData."""
    if len(kinds) < 2:
        return next(iter(kinds), ""), ()
    masks = [kind for kind, files in kinds.items() if len(files) > 1 and named_as_masks(kind)]
    if len(masks) == 1:
        others = ", ".join(files[0].name for kind, files in kinds.items() if kind != masks[0])
        taken = f"{len(kinds[masks[0]])} named as {kinds[masks[0]][0].name} are taken, those named as {others} not"
        return masks[0], (taken,)
    first, second = [files[0] for files in kinds.values()][:2]
    raise BadData(
        f"{folder}: its files are of {len(kinds)} kinds, such as {first.name} and {second.name}; put the label "
        "images, and nothing else, into a folder of their own"
    )


def _depth(kind: str, changing: list[int]) -> int | None:
    """Which of two numbers of a name counts planes, by the word before it; none where it is not said, or the other
    counts no frames."""
    words = _words(kind)
    called = {i: words[i] for i in changing}
    deep = [i for i, word in called.items() if word in DEPTH]
    timely = [i for i, word in called.items() if word in TIME or not word]
    return deep[0] if len(changing) == 2 and len(deep) == 1 and len(timely) == 1 else None


def word_before(names: Sequence[str]) -> str | None:
    """The word before the one number in which names differ, "" where there is none; none where they differ
    otherwise."""
    kinds = {re.sub(r"\d+", "#", name.lower()) for name in names}
    columns = [set(column) for column in zip(*(re.findall(r"\d+", name) for name in names), strict=len(kinds) == 1)]
    changing = [i for i, column in enumerate(columns) if len(column) > 1]
    if len(kinds) == 1 and len(changing) == 1:
        return _words(next(iter(kinds)))[changing[0]]
    return "" if clocks(names) is not None else None


def _words(kind: str) -> list[str]:
    """The word before each number of a name, "" where there is none."""
    parts = [re.sub(r"[^a-z]+", " ", part).split()[-1:] for part in kind.split("#")[:-1]]
    return [part[0] if part else "" for part in parts]


def _volumes(
    folder: Path, numbers: dict[Path, list[int]], changing: list[int], depth: int
) -> dict[int, tuple[Path, ...]]:
    """Frame number → the files of its planes; raises BadData if one is missing, or there twice."""
    time = next(i for i in changing if i != depth)
    found: dict[int, dict[int, Path]] = {}
    for file, own in numbers.items():
        planes = found.setdefault(own[time], {})
        if own[depth] in planes:
            _twice(folder, planes[own[depth]], file)
        planes[own[depth]] = file
    every = sorted({plane for planes in found.values() for plane in planes})
    for frame, planes in sorted(found.items()):
        if missing := [plane for plane in every if plane not in planes]:
            raise BadData(f"{folder}: frame {frame} has no file of plane {missing[0]}, which others have; add it")
    return {frame: tuple(found[frame][plane] for plane in every) for frame in sorted(found)}


def _twice(folder: Path, first: Path, second: Path) -> FrameFiles:
    raise BadData(f"{folder}: {first.name} and {second.name} are the same frame; take one of them away")
