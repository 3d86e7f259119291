"""Which file of a folder is which frame: names that differ in one number are in its order; it numbers the frame.

Names of several kinds (masks beside images), or that differ in two numbers that do not rise together (positions and
times), are no recording: they are refused.
"""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

from trainables.shapes.bad_data import BadData


def frame_files(folder: Path, suffixes: tuple[str, ...]) -> dict[int, Path]:
    """Frame number → file, of the files whose names end so and that are not hidden; raises BadData."""
    files = sorted(f for f in folder.iterdir() if f.name.lower().endswith(suffixes) and not f.name.startswith("."))
    kinds: dict[str, Path] = {}
    for file in files:
        kinds.setdefault(re.sub(r"\d+", "#", file.stem.lower()), file)
    if len(kinds) > 1:
        first, second = list(kinds.values())[:2]
        raise BadData(
            f"{folder}: its files are of {len(kinds)} kinds, such as {first.name} and {second.name}; put the label "
            "images, and nothing else, into a folder of their own"
        )
    numbers = {file: [int(n) for n in re.findall(r"\d+", file.stem)] for file in files}
    changing = [i for i, column in enumerate(zip(*numbers.values(), strict=True)) if len(set(column)) > 1]
    if not changing:
        return dict(enumerate(files)) if len(files) < 2 else _twice(folder, files[0], files[1])
    ordered = sorted(files, key=lambda file: [numbers[file][i] for i in changing])
    for before, after in pairwise(ordered):
        if numbers[before] == numbers[after]:
            _twice(folder, before, after)
        if any(numbers[after][i] <= numbers[before][i] for i in changing):
            raise BadData(
                f"{folder}: the names of its files differ in more than one number, such as {before.name} and "
                f"{after.name}; put each position, or image, into a folder of its own"
            )
    return {numbers[file][changing[0]]: file for file in ordered}


def _twice(folder: Path, first: Path, second: Path) -> dict[int, Path]:
    raise BadData(f"{folder}: {first.name} and {second.name} are the same frame; take one of them away")
