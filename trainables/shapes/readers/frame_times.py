"""When frames were taken: a text file of the user's.

    one number a line      the time of frame 0, 1, 2, …
    two numbers a line     a frame's number and its time

in any unit, parted by blanks or commas; a header and lines that begin with # are passed over.
"""

from __future__ import annotations

import math
import re
from itertools import pairwise
from pathlib import Path

from trainables.shapes.bad_data import BadData
from trainables.shapes.odd_files import refuse_odd

_LONGEST = 10_000_000
"""Letters; a time has some ten."""


def read_times(path: Path) -> dict[int, float]:
    """Frame number → time, rising; raises BadData."""
    try:
        refuse_odd(path)
        with open(path, encoding="utf-8-sig") as file:
            text = file.read(_LONGEST + 1)
        if len(text) > _LONGEST:
            raise BadData(f"--times {path}: it has more than {_LONGEST} letters; name a text file of times")
        lines = text.splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadData(f"--times {path}: cannot be read ({error}); name a text file of times") from None
    found: dict[int, float] = {}
    header = True
    for row, line in enumerate(lines, start=1):
        words = [word for word in re.split(r"[,;\s]+", line.strip()) if word]
        if not words or words[0].startswith("#"):
            continue
        numbers, first, header = _numbers(words), header, False
        if numbers is None and first:
            continue
        if numbers is None or len(numbers) > 2 or (len(numbers) == 2 and numbers[0] != int(numbers[0])):
            raise BadData(
                f"--times {path}, row {row}: {line.strip()!r}; write a time, or a frame's number and its time"
            )
        frame = int(numbers[0]) if len(numbers) == 2 else len(found)
        if frame in found:
            raise BadData(f"--times {path}, row {row}: frame {frame} is there twice; keep one row for each frame")
        found[frame] = numbers[-1]
    for before, after in pairwise(sorted(found)):
        if not found[before] < found[after]:
            raise BadData(
                f"--times {path}: frame {after} is at {found[after]:g}, not after frame {before} at {found[before]:g}; "
                "times rise with the frames"
            )
    if not found:
        raise BadData(f"--times {path}: there is no time in it; write one a line")
    return found


def _numbers(words: list[str]) -> list[float] | None:
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        return None
    return numbers if all(math.isfinite(number) for number in numbers) else None
