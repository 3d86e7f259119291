"""When frames were taken: a text file of the user's.

    one number a line      the time of frame 0, 1, 2, …
    two numbers a line     a frame's number and its time

in any unit, parted by blanks or commas; a header and lines that begin with # are passed over. Beside exported images
that are not evenly apart lies such a file, `times.txt`, whose header says whether it is seconds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

from trainables.shapes.bad_data import BadData
from trainables.shapes.odd_files import refuse_odd
from trainables.shapes.readers.text_files import decoded, words

BESIDE = "times.txt"
"""Beside exported images."""
_IN_SECONDS, _IN_NO_UNIT = "frame seconds", "frame time"
"""The first line of it."""
_LONGEST = 10_000_000
"""Letters; a time has some ten."""
_EVEN = 1e-6
"""Share of the largest step by which others may differ from it."""


def even(times: Mapping[int, float]) -> bool:
    """Whether frames, number → time, are as far from each other as their numbers are."""
    steps = [(times[b] - times[a]) / (b - a) for a, b in pairwise(sorted(times))]
    return not steps or max(steps) - min(steps) <= _EVEN * max(steps)


def write_beside(folder: Path, times: Mapping[int, float], seconds: float | None) -> None:
    """Say when images were taken that are not evenly apart; `seconds` in the unit of `times`, where that is known."""
    if even(times):
        return
    header = _IN_SECONDS if seconds is not None else _IN_NO_UNIT
    rows = [f"{number} {time * (seconds or 1.0)!r}\n" for number, time in sorted(times.items())]
    (folder / BESIDE).write_text(f"{header}\n{''.join(rows)}", encoding="utf-8")


def times_beside(folder: Path) -> tuple[dict[int, float], bool] | None:
    """What `write_beside` wrote into a folder, from the first frame on, and whether that is in seconds; none where it
    wrote nothing: a file of that name with another first line is its owner's. Raises BadData."""
    path = folder / BESIDE
    if not path.is_file():
        return None
    with open(path, encoding="utf-8", errors="replace") as file:
        header = file.readline(len(_IN_SECONDS) + 1).strip()
    if header not in (_IN_SECONDS, _IN_NO_UNIT):
        return None
    found = read_times(path, "")
    first = min(found.values())
    return {number: time - first for number, time in found.items()}, header == _IN_SECONDS


def read_times(path: Path, flag: str = "--times ") -> dict[int, float]:
    """Frame number → time, rising; raises BadData, whose sentences begin with the flag."""
    try:
        refuse_odd(path)
        with open(path, "rb") as file:
            content = file.read(_LONGEST + 1)
        if len(content) > _LONGEST:
            raise BadData(f"{flag}{path}: it has more than {_LONGEST} letters; name a text file of times")
        lines = decoded(content).splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadData(f"{flag}{path}: cannot be read ({error}); name a text file of times") from None
    found: dict[int, float] = {}
    header = True
    for row, line in enumerate(lines, start=1):
        said = words(line)
        if not said or said[0].startswith("#"):
            continue
        numbers, first, header = _numbers(said), header, False
        if numbers is None and first:
            continue
        if numbers is None or len(numbers) > 2 or (len(numbers) == 2 and numbers[0] != int(numbers[0])):
            raise BadData(f"{flag}{path}, row {row}: {line.strip()!r}; write a time, or a frame's number and its time")
        frame = int(numbers[0]) if len(numbers) == 2 else len(found)
        if frame in found:
            raise BadData(f"{flag}{path}, row {row}: frame {frame} is there twice; keep one row for each frame")
        found[frame] = numbers[-1]
    for before, after in pairwise(sorted(found)):
        if not found[before] < found[after]:
            raise BadData(
                f"{flag}{path}: frame {after} is at {found[after]:g}, not after frame {before} at {found[before]:g}; "
                "times rise with the frames"
            )
    if not found:
        raise BadData(f"{flag}{path}: there is no time in it; write one a line")
    return found


def _numbers(said: list[str]) -> list[float] | None:
    try:
        numbers = [float(word) for word in said]
    except ValueError:
        return None
    return numbers if all(math.isfinite(number) for number in numbers) else None
