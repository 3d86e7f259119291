"""The best method beside the truth and the baseline: what the first screen of a report shows of shapes."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING

from analysis.tables import record
from analysis.tables.selection import NotApplicable
from analysis.wording import capital, listing
from analysis.words.facts import gather

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.tables.run import Run

TITLE = "The best method beside the truth"
ORDER = 0
SECTION = "first"
KINDS = ("surfaces", "frames", "strip")
"""The figures that show what methods make, each of its kind of study; their ``beside`` draws some methods, small."""


def variants(run: Run) -> dict[str, str]:
    """One for each supervision of which something can be shown."""
    kind = _kind(run)
    found = {name: name for name in record.supervisions(run) if _methods(run, kind, name)}
    if not found:
        raise NotApplicable("nothing that this run has kept is of a method in its league")
    return found


def draw(run: Run, supervision: str | None = None) -> Figure:
    """The ground truth, the best method on test times, and the baseline (the next best, where the baseline is best)."""
    kind, supervision = _kind(run), supervision or next(iter(variants(run)))
    figure: Figure = kind.beside(run, supervision, _methods(run, kind, supervision))
    return figure


def _kind(run: Run) -> ModuleType:
    for name in KINDS:
        module = importlib.import_module(f"analysis.figures.{name}")
        try:
            module.present(run, None)
        except NotApplicable:
            continue
        return module
    raise NotApplicable("this run has kept nothing to look at")


def _methods(run: Run, kind: ModuleType, supervision: str) -> dict[str, str]:
    """The best and the baseline, of those that can be shown, and what they are called here."""
    present = kind.present(run, supervision)
    facts = gather(run)
    ranked = [str(name) for name in facts.standing(supervision)["method"] if name in present]
    others = [name for name in (facts.baseline, *ranked) if name in present and name not in ranked[:1]]
    best = "best, the baseline" if ranked[:1] == [facts.baseline] else "best"
    found = {name: f"{name} ({best})" for name in ranked[:1]}
    found |= {name: f"{name} (baseline)" if name == facts.baseline else f"{name} (next)" for name in others[:1]}
    return found


def _what(kind: ModuleType, run: Run) -> str:
    return str(kind.title(run) if hasattr(kind, "title") else kind.WHAT)


def caption(run: Run, supervision: str) -> str:
    kind = _kind(run)
    below = f"; below each its {gather(run).metric.axis}" if kind.SCORED else ""
    return f"{_what(kind, run)}. {capital(kind.SHOWN_WORDS)}{below}."


def alternative(run: Run, supervision: str) -> str:
    kind = _kind(run)
    rows = listing(["the ground truth", *_methods(run, kind, supervision).values()])
    return f"{_what(kind, run)}, one row each for {rows}, under {supervision} supervision."
