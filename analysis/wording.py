"""Numbers and lists as people read them."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence


def number(value: float, digits: int = 3) -> str:
    """``digits`` significant digits, with a true minus sign; ``–`` where there is no number."""
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value != 0 and not 1e-4 <= abs(value) < 1e5:
        return f"{value:.{digits - 1}e}".replace("-", "−")
    decimals = 0 if value == 0 else max(0, digits - 1 - math.floor(math.log10(abs(value))))
    return f"{value:.{decimals}f}".replace("-", "−")


def signed(value: float, digits: int = 3) -> str:
    """As :func:`number`, with its sign."""
    text = number(value, digits)
    return f"+{text}" if value > 0 else text


def interval(low: float, high: float) -> str:
    return f"{signed(low)} to {signed(high)}" if not math.isnan(low) else "no interval"


def between(low: float, high: float) -> str:
    """An interval of a level, which has no sign to be told."""
    return f"{number(low)} to {number(high)}" if not math.isnan(low) else "–"


def plain(value: float) -> str:
    """A count, or a mean of counts, without more digits than it has."""
    return "–" if math.isnan(value) else f"{value:.3g}"


def probability(p: float) -> str:
    """A p value, with its sign: ``= 0.021`` or ``< 0.001``."""
    if math.isnan(p):
        return "–"
    return "< 0.001" if p < 0.001 else f"= {p:.3f}" if p < 0.1 else f"= {p:.2f}"


def chance(share: float) -> str:
    """A probability that is a share of draws: never 0 or 1, which none of these is known to be."""
    return "> 0.99" if share > 0.99 else "< 0.01" if share < 0.01 else f"{share:.2f}"


def duration(seconds: float | None) -> str:
    if seconds is None or math.isnan(seconds):
        return "–"
    if seconds < 90:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"


def percent(fraction: float) -> str:
    return f"{100 * fraction:.0f} %" if abs(fraction) >= 0.1 else f"{100 * fraction:.1f} %"


def listing(items: Sequence[str], last: str = "and") -> str:
    """``a, b and c``."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"


def foremost(names: Collection[str], levels: Mapping[str, float], lower: bool, most: int = 3) -> list[str]:
    """The ``names`` as they are if they are few, or else the ``most`` with the best levels and ``7 others``."""
    if len(names) <= most + 1:
        return list(names)
    best = sorted(names, key=lambda name: levels[name], reverse=not lower)[:most]
    return [*best, f"{len(names) - most} others"]


def count(number_of: int, noun: str) -> str:
    return f"{number_of} {noun}" if number_of == 1 else f"{number_of} {noun}s"


def capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
