"""The order in which methods, supervisions and settings are shown: the same in every table and figure.

Names this platform knows come first, in the order below; any others follow alphabetically, so that an order
never depends on the order of rows in a table.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

METHODS = ("none", "sinkhorn", "barycenter", "sinkhorn+barycenter", "linear-blend", "barycenter-only")
SUPERVISIONS = ("sparse", "dense")
SETTINGS = ("best", "document", "search")

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
