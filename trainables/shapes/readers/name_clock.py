"""When files were taken, as their names say it.

    20240101T103000, 2024-01-01_10-30-00, 2015y09m20d_10h30m     a date with a time of day
    10h30m, 1d02h, 15min, 90s                                    hours, minutes and seconds with their units
    10:30:00                                                     a time with colons
    20240101                                                     a date

Only what changes from name to name is a clock. Bare digits that may be a time of day or count something, 103000, are
none: `times_or_numbers` finds them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

_DAY, _HOUR = 86400.0, 3600.0
_PLAIN = r"(?P<y>(?:19|20)\d\d)(?P<s>[-_.]?)(?P<m>\d\d)(?P=s)(?P<d>\d\d)"
_LETTERS = r"(?P<y2>\d{4})y(?P<m2>\d\d)m(?P<d2>\d\d)d"
_DATE = rf"(?<!\d)(?:{_PLAIN}|{_LETTERS})"
_TIME = r"(?P<H>\d\d)(?P<c>[-_.:h]?)(?P<M>\d\d)(?:(?P<c2>[-_.:m]?)(?P<S>\d\d)(?P<f>[.,]\d+)?s?|m)?(?!\d)"
_UNIT = r"(\d+(?:\.\d+)?)(days?|d|hours?|hrs?|h|minutes?|min|m|seconds?|sec|s|msec|ms)(?![a-z])"
_DATED = re.compile(rf"{_DATE}(?P<mark>t| |[-_]+)?{_TIME}", re.IGNORECASE)
_UNITS = re.compile(rf"(?<![\d.])(?:{_UNIT}[-_ ]?)*{_UNIT}(?:(?<=h)\d\d(?![\da-z]))?", re.IGNORECASE)
_COLONS = re.compile(r"(?<![\d:])(?P<H>\d\d):(?P<M>\d\d)(?::(?P<S>\d\d))?(?![\d:])")
_DAYS = re.compile(rf"{_DATE}(?!\d)", re.IGNORECASE)
_SIZES = {"d": _DAY, "h": _HOUR, "min": 60.0, "m": 60.0, "s": 1.0, "ms": 1e-3}
_MOST = 10
"""Missing files in a row, at most, that are taken to be missing frames, and not a pause."""
EVEN = 0.05
"""Share of a step by which times may differ from even ones."""


@dataclass(frozen=True)
class Clocks:
    """What the names of some files say."""

    seconds: list[float]
    """From the first of them, for each name."""
    parted: list[tuple[str, str]]
    """What stands before and after it in each name."""


def clocks(names: Sequence[str]) -> Clocks | None:
    """What the names say of the time, without suffix; none where they do not, or it is one and the same."""
    for find in (_dated, _with_units, _with_colons, _days):
        found = [find(name) for name in names]
        counts = {len(places) for places in found}
        if len(counts) != 1 or 0 in counts:
            continue
        columns = [column for column in zip(*found, strict=True) if len({place[2] for place in column}) > 1]
        if len(columns) == 1 and not (find is _dated and _counted(names, columns[0])):
            first = min(seconds for _, _, seconds in columns[0])
            parted = [(n[:begin], n[end:]) for n, (begin, end, _) in zip(names, columns[0], strict=True)]
            return Clocks([seconds - first for _, _, seconds in columns[0]], parted)
    return None


def passes_midnight(names: Sequence[str], said: Clocks) -> bool:
    """Whether times without a date may belong to two days: the longest pause between them is longer than that from the
    last to the first of the next day."""
    written = [name[len(a) : len(name) - len(b)].lower() for name, (a, b) in zip(names, said.parted, strict=True)]
    if not all(re.fullmatch(r"([01]\d|2[0-3])[h:][0-5]\d\D?.*", text) for text in written):
        return False
    ordered = sorted(said.seconds)
    return max(b - a for a, b in pairwise(ordered)) > _DAY - ordered[-1]


def even(seconds: Sequence[float]) -> tuple[list[int], float] | None:
    """Rising times as multiples of one step, and the step; none where they are no such, or pause for long."""
    steps = [after - before for before, after in pairwise(seconds)]
    least = min(steps)
    counts = [round(step / least) for step in steps]
    step = seconds[-1] / sum(counts)
    if max(counts) > _MOST or any(abs(a - n * step) > EVEN * step for a, n in zip(steps, counts, strict=True)):
        return None
    return [sum(counts[:place]) for place in range(len(seconds))], step


def times_or_numbers(written: Sequence[str]) -> bool:
    """Whether rising digits of names may be hours, minutes and seconds, and other times by that than by counting."""
    if not all(re.fullmatch(r"([01]\d|2[0-3])[0-5]\d[0-5]\d", text) for text in written):
        return False
    times = [int(t[:2]) * _HOUR + int(t[2:4]) * 60 + int(t[4:]) for t in written]
    counted = [int(text) for text in written]
    return counted[-1] >= 10000 and any(
        (b - a) * (counted[-1] - counted[0]) != (d - c) * (times[-1] - times[0])
        for (a, b), (c, d) in zip(pairwise(times), pairwise(counted), strict=True)
    )


Place = tuple[int, int, float]
"""Begin, end, seconds."""


def _places(pattern: re.Pattern[str], name: str, seconds: Callable[[re.Match[str]], float | None]) -> list[Place]:
    found = [(match, seconds(match)) for match in pattern.finditer(name)]
    return [(match.start(), match.end(), value) for match, value in found if value is not None]


def _dated(name: str) -> list[Place]:
    def seconds(match: re.Match[str]) -> float | None:
        loose = match["c"] in ("-", "_", ".") and match["S"] is None  # a position and a frame, say
        day, time = _day(match), _of_day(match)
        return None if loose or day is None or time is None else day + time

    return _places(_DATED, name, seconds)


def _with_units(name: str) -> list[Place]:
    def seconds(match: re.Match[str]) -> float | None:
        tokens = re.findall(r"(\d+(?:\.\d+)?)([a-z]*)", match[0].lower())
        units = [_unit(unit) if unit else "min" for _, unit in tokens]
        sizes = [_SIZES[unit] for unit in units]
        if any(a <= b for a, b in pairwise(sizes)) or units in (["m"], ["d"], ["d", "m"]):
            return None  # no time, or metres and dimensions
        return sum(float(number) * size for (number, _), size in zip(tokens, sizes, strict=True))

    return _places(_UNITS, name, seconds)


def _with_colons(name: str) -> list[Place]:
    return _places(_COLONS, name, _of_day)


def _days(name: str) -> list[Place]:
    return _places(_DAYS, name, _day)


def _unit(word: str) -> str:
    return "min" if word.startswith("min") else "ms" if word.startswith("ms") else word[0]


def _day(match: re.Match[str]) -> float | None:
    """Seconds of a date since 1970; none if there is no such date."""
    numbers = [int(match[k] or match[f"{k}2"]) for k in "ymd"]
    try:
        return datetime(numbers[0], numbers[1], numbers[2], tzinfo=UTC).timestamp()
    except ValueError:
        return None


def _of_day(match: re.Match[str]) -> float | None:
    """Seconds of a time of day; none if there is no such time."""
    hour, minute, second = int(match["H"]), int(match["M"]), int(match["S"] or 0)
    part = match.groupdict().get("f")
    if hour > 23 or minute > 59 or second > 59:
        return None
    return hour * _HOUR + minute * 60 + second + (float(f"0.{part[1:]}") if part else 0.0)


def _counted(names: Sequence[str], column: Sequence[Place]) -> bool:
    """Whether digits after dates may count frames, as in 20240101_0012: neither T nor a sign says that they are a time,
    and they are four, or no hour is in them."""
    matches = [_DATED.fullmatch(name[begin:end]) for name, (begin, end, _) in zip(names, column, strict=True)]
    bare = [m for m in matches if m is not None and m["mark"] and m["mark"].lower() != "t" and not m["c"]]
    return bool(bare) and (any(m["S"] is None for m in bare) or all(m["H"] == "00" for m in bare))
