"""Which files of a folder are which frame: names that differ in one number are in its order; it numbers the frame.

Names that differ in two numbers, of which one is called z (slice, plane), are planes of volumes. Where masks lie beside
their images it is the masks that are taken. Names of other kinds, or that differ in two numbers that do not rise
together (positions and times), are no recording: they are refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from trainables.shapes.bad_data import BadData

_DEPTH = ("z", "slice", "plane", "section")
_TIME = ("t", "time", "timepoint", "tp", "frame", "f", "img", "image", "mask", "masks", "seg", "label", "labels", "man")
"""Words before a number in a name that say what it counts."""
_MASKS = re.compile(r"(^|[^a-z])(masks?|labels?|seg|segmentation|man_track|man_seg)([^a-z]|$)")


@dataclass(frozen=True)
class FrameFiles:
    """The files of a folder's frames."""

    files: dict[int, tuple[Path, ...]] = field(default_factory=dict)
    """Frame number → its file, or those of its planes in order."""
    planes: bool = False
    """Whether each file is a plane of a volume."""
    notes: tuple[str, ...] = ()
    """What must be told of the choice."""


def frame_files(folder: Path, suffixes: tuple[str, ...]) -> FrameFiles:
    """The files whose names end so and that are not hidden; raises BadData."""
    files = sorted(f for f in folder.iterdir() if f.name.lower().endswith(suffixes) and not f.name.startswith("."))
    kinds: dict[str, list[Path]] = {}
    for file in files:
        kinds.setdefault(re.sub(r"\d+", "#", file.stem.lower()), []).append(file)
    kind, notes = _kind(folder, kinds)
    files = kinds.get(kind, [])
    numbers = {file: [int(n) for n in re.findall(r"\d+", file.stem)] for file in files}
    changing = [i for i, column in enumerate(zip(*numbers.values(), strict=True)) if len(set(column)) > 1]
    if not changing:
        found: dict[int, tuple[Path, ...]] = {0: (files[0],)} if len(files) == 1 else {}
        return FrameFiles(found, notes=notes) if len(files) < 2 else _twice(folder, files[0], files[1])
    if (depth := _depth(kind, changing)) is not None:
        return FrameFiles(_volumes(folder, numbers, changing, depth), planes=True, notes=notes)
    ordered = sorted(files, key=lambda file: [numbers[file][i] for i in changing])
    for before, after in pairwise(ordered):
        if numbers[before] == numbers[after]:
            _twice(folder, before, after)
        if any(numbers[after][i] <= numbers[before][i] for i in changing):
            raise BadData(
                f"{folder}: the names of its files differ in more than one number, such as {before.name} and "
                f"{after.name}; put each position, or image, into a folder of its own, or, if these are planes of "
                "volumes, call what counts them z, as in t001_z01.tif"
            )
    return FrameFiles({numbers[file][changing[0]]: (file,) for file in ordered}, notes=notes)


def _kind(folder: Path, kinds: dict[str, list[Path]]) -> tuple[str, tuple[str, ...]]:
    """The kind of names that is taken, numbers being #, and what must be told of it; raises BadData."""
    if len(kinds) < 2:
        return next(iter(kinds), ""), ()
    masks = [kind for kind, files in kinds.items() if len(files) > 1 and _MASKS.search(kind)]
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
    words = [re.sub(r"[^a-z]+", " ", part).split()[-1:] for part in kind.split("#")[:-1]]
    called = {i: words[i][0] if words[i] else "" for i in changing}
    deep = [i for i, word in called.items() if word in _DEPTH]
    timely = [i for i, word in called.items() if word in _TIME or not word]
    return deep[0] if len(changing) == 2 and len(deep) == 1 and len(timely) == 1 else None


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
