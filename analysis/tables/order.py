"""The order in which methods, supervisions and settings are shown: the same in every table and figure.

Names this platform knows come first, in the order below; any others follow alphabetically, so that an order
never depends on the order of rows in a table.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

Item = TypeVar("Item")

METHODS = (
    "none", "sinkhorn", "barycenter", "sinkhorn+barycenter", "temporal-smoothness", "linear-blend", "spline-blend",
    "volume-blend", "moved-blend", "flow-blend", "lineage-blend", "kriging-blend", "moved+volume-blend",
    "spline+volume-blend", "lineage+volume-blend", "moved+kriging-blend", "barycenter-only",
)  # fmt: skip
SUPERVISIONS = ("sparse", "dense")
SETTINGS = ("best", "published", "search")

REFERENCES = {"linear-blend": "floor", "barycenter-only": "ceiling"}
"""Methods without a network, and what their level means beside the trained ones."""


def ordered(names: Iterable[str], preferred: Sequence[str]) -> list[str]:
    """``names`` without doubles: those in ``preferred`` first, in its order, the others alphabetically."""
    present = set(names)
    known = [name for name in dict.fromkeys(preferred) if name in present]
    return known + sorted(present.difference(known))


def rank(names: Iterable[str], preferred: Sequence[str]) -> dict[str, int]:
    """name → place in :func:`ordered`, to sort a table's column with ``.map``."""
    return {name: place for place, name in enumerate(ordered(names, preferred))}


def spread(items: Sequence[Item], number: int) -> list[Item]:
    """At most ``number`` of ``items``, evenly spread, the first and the last among them."""
    if len(items) <= number:
        return list(items)
    return [items[round(place * (len(items) - 1) / (number - 1))] for place in range(number)]
