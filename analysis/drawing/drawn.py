"""Which methods are drawn where a study has more of them than a reader tells apart.

All of them where they are few. Otherwise the baseline, and in turn the best network, the best network that is added to
an interpolant, and the best rule without a network, the next best of each, and so on: by what they deliver on
validation times (:mod:`analysis.statistics.ensembles`), each method at its best place under any supervision. Tables,
and the figures that give every method a line of its own, leave out none.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import chain, zip_longest

from analysis.statistics import ensembles
from analysis.tables import order, record
from analysis.tables.run import Run
from analysis.wording import count, listing

MOST = 12
"""As many methods are drawn."""
RULES = 3
"""As many of them, where others are left out, are rules."""


def drawn(run: Run, present: Iterable[str]) -> list[str]:
    """Those of the methods ``present`` that are drawn, in display order."""
    methods = order.ordered(present, record.methods(run))
    if len(methods) <= MOST:
        return methods
    baseline, kinds = record.baseline(run), _kinds(run, methods)
    kinds["rule"] = kinds["rule"][:RULES]
    in_turn = [m for m in chain.from_iterable(zip_longest(*kinds.values())) if m is not None and m != baseline]
    kept = [baseline, *in_turn][:MOST] if baseline in methods else in_turn[:MOST]
    return [method for method in methods if method in kept]


def left_out(run: Run, present: Iterable[str]) -> str:
    """A sentence for the caption, with a space before it; empty where all methods are drawn."""
    methods = order.ordered(present, record.methods(run))
    kept = drawn(run, methods)
    if len(kept) == len(methods):
        return ""
    rules = record.references(run)
    without = sum(method in rules for method in kept)
    said = [f"{count(len(kept) - without, 'method')} with a network"] * (without < len(kept))
    said += [f"{count(without, 'rule')} without one"] * (without > 0)
    return (
        f" Of {len(methods)} methods, {listing(said)} are drawn: '{record.baseline(run)}' and the best of each kind on "
        "validation times; the tables have all."
    )


def _kinds(run: Run, methods: list[str]) -> dict[str, list[str]]:
    """Networks, networks with a base, and rules, each the best first; what has no validation rows comes last."""
    kind, places = _kind_of(run, methods), _places(run)
    ranked = sorted(methods, key=lambda method: places.get(method, len(methods)))
    return {name: [m for m in ranked if kind[m] == name] for name in ("network", "anchored", "rule")}


def _kind_of(run: Run, methods: Iterable[str]) -> dict[str, str]:
    rules = record.references(run)
    return {
        method: "rule" if method in rules else "anchored" if "anchored" in method.split("+") else "network"
        for method in methods
    }


@lru_cache(maxsize=2)
def _places(run: Run) -> dict[str, int]:
    """Method → its best place among those of its kind under any supervision; all figures of a report ask for it."""
    places: dict[str, int] = {}
    for _, lines in ensembles.league(run, role="validation").groupby("supervision", sort=False):
        for _, same in lines.groupby(lines["method"].map(_kind_of(run, lines["method"])), sort=False):
            for place, method in enumerate(same["method"]):
                places[method] = min(place, places.get(method, place))
    return places
