"""Which moments are written: every measured frame, and the new ones between."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from analysis.tables.order import spread
from study.data import clock
from study.errors import Mistake
from study.filling.recording import MOST, Recording

BETWEEN = 3
"""New frames between two measured ones, where nothing else is asked for and no frame lacks labels."""
_SAME = 1e-6
"""Share of the smallest interval within which two moments are one."""


@dataclass(frozen=True)
class Moment:
    """A frame that is written."""

    index: int
    """Its number in the files' names and in the table of tracks."""
    time: float
    """In the recording's unit of time."""
    frame: int | None
    """The recording's frame at this time; None between frames."""
    measured: bool
    """Whether something is labelled in it."""


def moments(recording: Recording, between: int | None, at: str | None) -> list[Moment]:
    """Measured frames, and `between` new ones after each, or those `at` the given times, or (neither given) those of
    the recording's own frames that lack labels, or else `BETWEEN`; Mistake if a time cannot be."""
    times = [recording.times[number] for number in recording.measured]
    if between is not None and at is not None:
        raise Mistake("--between and --at were both given: leave one out")
    if at is not None:
        new = _at(at, times, recording)
    elif between is None and recording.unmeasured:
        return _numbered(recording)
    else:
        count = BETWEEN if between is None else between
        new = [a + (b - a) * k / (count + 1) for a, b in pairwise(times) for k in range(1, count + 1)]
    if len(new) > MOST:
        raise Mistake(f"{len(new)} new frames were asked for: choose {MOST} at most")
    own = dict(zip(times, recording.measured, strict=True))
    frames = sorted([*own, *(time for time in new if time not in own)])
    return [Moment(index, time, own.get(time), time in own) for index, time in enumerate(frames)]


def _numbered(recording: Recording) -> list[Moment]:
    """All frames from the first to the last labelled one, under their own numbers."""
    measured = set(recording.measured)
    numbers = sorted([*measured, *recording.unmeasured])
    return [Moment(n, time_of(recording, n), n, n in measured) for n in numbers]


def time_of(recording: Recording, number: int) -> float:
    """When a frame was taken; of one that lacks a time, between its neighbours in proportion to the numbers."""
    if number in recording.times:
        return recording.times[number]
    given = recording.reader.known_times() or {}
    if number in given:
        return given[number]
    before = max(n for n in recording.measured if n < number)
    after = min(n for n in recording.measured if n > number)
    share = (number - before) / (after - before)
    return (1 - share) * recording.times[before] + share * recording.times[after]


def pictured(given: Sequence[Moment], begin: float, most: int) -> list[int]:
    """Images from the first measured frame that is not before `begin` to the second after it: the measured ones, and as
    many of the new ones, evenly spread, as make `most` in all."""
    measured = [moment.index for moment in given if moment.measured and moment.time >= begin][:3]
    new = [m.index for m in given if measured[0] < m.index < measured[-1] and not m.measured]
    return sorted([*measured, *spread(new, most - len(measured))])


def _at(text: str, times: Sequence[float], recording: Recording) -> list[float]:
    wanted = sorted(time for time, _ in clock.times("--at", text, recording.seconds, "0.5,1.25"))
    unit = "by --times" if recording.reader.times else "counted in frames"
    if recording.reader.said_times() is not None:
        unit = "seconds from the first frame"
    for time in wanted:
        if not math.isfinite(time) or not times[0] <= time <= times[-1]:
            raise Mistake(
                f"--at {text}: {time:g} lies outside of the labelled frames, which are at {times[0]:g} to "
                f"{times[-1]:g}, {unit}"
            )
    least = _SAME * min(b - a for a, b in pairwise(times))
    if any(b - a <= least for a, b in pairwise(wanted)):
        raise Mistake(f"--at {text}: two times are closer than can be told apart; give each once")
    return [time for time in wanted if min(abs(time - known) for known in times) > least]
