"""Times as people write them, with or without a unit, for recordings that say how long a frame takes."""

from __future__ import annotations

import re

from study.errors import Mistake
from trainables.shapes.readers.tiff_time import seconds

_NUMBER = r"([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)\s*([a-zµμ]*)"
_UNITS = ((86400.0, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s"), (1e-3, "ms"))


def times(option: str, text: str, interval: float | None, example: str) -> list[tuple[float, bool]]:
    """A list such as `1500s,0.5h,12` of an option: (number, False), or, where a unit is given, (frames, True).

    interval: seconds from frame to frame, which turn a time with a unit into a number of frames; none if unknown.
    Mistake where it is no such list, or a unit is given and the interval is not known.
    """
    found = []
    for word in text.split(","):
        match = re.fullmatch(_NUMBER, word.strip(), re.IGNORECASE)
        if match is None:
            raise Mistake(f"{option} {text}: not a list of times; write them as {example}, or with a unit, as 1500s")
        number, unit = float(match[1]), match[2]
        if not unit:
            found.append((number, False))
            continue
        factor = seconds(unit)
        if factor is None:
            raise Mistake(f"{option} {text}: {unit} is no unit of time; write s, min or h")
        if interval is None:
            raise Mistake(
                f"{option} {text}: the recording does not say how many seconds a frame takes; write times without a "
                f"unit, as {example}"
            )
        found.append((number * factor / interval, True))
    return found


def words(interval: float) -> str:
    """Seconds in the largest unit in which they are 1 or more: `5 min`."""
    size, unit = next(((size, unit) for size, unit in _UNITS if interval >= size), _UNITS[-1])
    return f"{interval / size:g} {unit}"
