"""Several runs on one page: what each answers, what they differ in, their bands on common axes, and their surfaces.

Runs of one study with other settings, or of several studies. Numbers are set beside each other, not tested against each
other: runs share no pairs.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis import figures, wording
from analysis.drawing import bands, style
from analysis.pages import embedding, report
from analysis.pages.viewer import viewer
from analysis.statistics import verdicts
from analysis.tables import lengths, order, record
from analysis.tables.metric import Metric
from analysis.tables.run import Run
from analysis.tables.selection import NoRows
from analysis.wording import listing
from analysis.words import families, sentences
from analysis.words.facts import Facts, gather

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TEMPLATE = "side_by_side.html"
LONGEST = 120
"""Letters of a value that is shown as a difference."""
HEIGHT = 2.7
"""Inches of a panel."""
_OWN = (
    "study",
    "run",
    "created",
    "created_ms",
    "finished",
    "status",
    "sessions",
    "durations",
    "choices",
    "question",
    "metrics",
)
"""Of a record: what every run has of its own, or is on the page already."""


def render_together(runs: Sequence[Run]) -> str:
    """The page as HTML text. ValueError for no runs; unfinished ones are shown as far as they are."""
    if not runs:
        raise ValueError("no run was given")
    runs = [lengths.measured(run) for run in runs]
    facts = [gather(run) for run in runs]
    metrics = _metrics(runs)
    drawings = [drawing for metric in metrics if (drawing := _drawing(facts, metric)) is not None]
    shown = embedding.embedded(drawings, embedding.for_figures(in_3d=True))
    return report.environment().get_template(TEMPLATE).render(
        title=f"{len(runs)} runs side by side",
        runs=[_summary(found) for found in facts],
        answers=[row for found in facts for row in _answers(found)],
        metric=facts[0].metric.axis if len({found.metric.axis for found in facts}) == 1 else "",
        caution=_caution(facts),
        figures=shown,
        differences=_differences(runs),
        viewer=viewer(runs, embedding.for_surfaces(shown)),
    )  # fmt: skip


def _names(facts: Sequence[Facts]) -> list[str]:
    """Of the runs, as short as they can be told apart."""
    studies = [found.run.study for found in facts]
    return [
        found.run.study if studies.count(found.run.study) == 1 else f"{found.run.study}\n{found.run.name}"
        for found in facts
    ]


def _summary(facts: Facts) -> dict[str, Any]:
    run = facts.run
    return {
        "study": run.study,
        "name": run.name,
        "status": run.status,
        "finished": run.finished,
        "question": run.record.get("question") or "",
        "conclusion": sentences.from_facts(facts).conclusion,
        "limits": sentences.from_facts(facts).limits,
        "problems": report.problems(facts),
        "provenance": report.provenance(run),
    }


def _answers(facts: Facts) -> Iterator[dict[str, Any]]:
    """A row per supervision: the method with the best mean against the baseline."""
    for supervision in facts.supervisions:
        rows = facts.answered(supervision)
        rows = rows[rows["method"].isin(facts.trained()) & rows["method_mean"].notna()]
        line: dict[str, Any] = {"study": facts.run.study, "run": facts.run.name, "supervision": supervision}
        line |= {"metric": facts.metric.axis, "baseline": wording.number(facts.level(facts.baseline, supervision))}
        if rows.empty:
            yield line | {"method": "–", "verdict": "nothing to compare yet", "kind": "open"}
            continue
        best = rows.sort_values("method_mean", ascending=facts.metric.lower).to_dict("records")[0]
        yield line | {
            "method": best["method"],
            "mean": wording.number(best["method_mean"]),
            "difference": wording.signed(best["difference"]),
            "interval": wording.interval(best["low"], best["high"]),
            "p": wording.probability(verdicts.adjusted(best)).removeprefix("= "),
            "n": int(best["n"]),
            "verdict": families.verdict(best),
            "kind": report.VERDICT_CLASS.get(best["verdict"], "open"),
        }


def _caution(facts: Sequence[Facts]) -> list[str]:
    """What keeps the runs' numbers from being compared with each other."""
    said = []
    for what, values in (
        ("rank on different metrics", [found.metric.axis for found in facts]),
        ("have different baselines", [found.baseline for found in facts]),
        ("count different things as n", [record.unit_words(found.run) for found in facts]),
    ):
        distinct = list(dict.fromkeys(values))
        if len(distinct) > 1:
            said.append(f"The runs {what}: {listing(distinct)}.")
    unfinished = [f"{found.run.study} {found.run.name}" for found in facts if not found.run.finished]
    if unfinished:
        one = len(unfinished) == 1
        said.append(f"{listing(unfinished)} {'is' if one else 'are'} not finished: what is here may still change.")
    return said


# figures


def _metrics(runs: Sequence[Run]) -> list[Metric]:
    """The metrics over time of any run: those that a search ranks on first."""
    found = {metric.name: metric for run in runs for metric in record.metrics(run) if metric.over_time}
    first = [record.objective(run).name for run in runs]
    return [found[name] for name in order.ordered(found, [*first, *found])]


@dataclass(frozen=True, kw_only=True)
class _Panel:
    facts: Facts
    name: str
    per_time: pd.DataFrame


def _drawing(facts: Sequence[Facts], metric: Metric) -> figures.Drawing | None:
    """The bands of one metric: a column per run, a row per supervision; None where no run has any."""
    panels = [
        _Panel(facts=found, name=name, per_time=bands.confirmed(found.run))
        for found, name in zip(facts, _names(facts), strict=True)
    ]
    panels = [panel for panel in panels if metric.name in panel.per_time and panel.per_time[metric.name].notna().any()]
    supervisions = order.ordered(
        {str(name) for panel in panels for name in panel.per_time["supervision"]}, order.SUPERVISIONS
    )
    if not supervisions:
        return None
    figure, methods = _figure(panels, supervisions, metric)
    names = listing([panel.name.replace("\n", " ") for panel in panels])
    return figures.Drawing(
        name=f"together-{metric.name}",
        title=metric.label,
        caption=f"Means and interquartile ranges of {metric.label} over replicates and sequences, at each method's "
        "best configuration. A row's panels share their vertical axis. White dots: the ground truth was shown.",
        alternative=f"{metric.label} over time for the methods {listing(methods)}, side by side for {names}, in one "
        f"row each for {listing(supervisions)} supervision.",
        png=figures.png(figure, 1.6),
        width=round(figure.get_figwidth() * figure.dpi),
    )


def _figure(panels: Sequence[_Panel], supervisions: Sequence[str], metric: Metric) -> tuple[Figure, list[str]]:
    known = list(dict.fromkeys(method for panel in panels for method in panel.facts.methods))
    present: set[str] = set()
    with style.context():
        width = style.panel_width(len(panels))
        figure, axes = style.panels(len(supervisions), len(panels), width, HEIGHT, sharey="row")
        for line, supervision in enumerate(supervisions):
            for column, panel in enumerate(panels):
                axis = axes[line, column]
                rows = panel.per_time[panel.per_time["supervision"] == supervision]
                try:
                    present |= set(bands.panel(axis, rows, metric, known))
                except NoRows:
                    axis.text(0.5, 0.5, "not measured", transform=axis.transAxes, ha="center", color=style.MUTED)
                if line == 0:
                    axis.set_title(panel.name)
                if line == len(supervisions) - 1:
                    axis.set_xlabel("time t")
            axes[line, 0].set_ylabel(metric.unit)
            style.row_title(axes[line, 0], supervision)
        shown = order.ordered(present, known)
        style.legend(figure, [style.handle(method) for method in shown], columns=math.ceil(len(shown) / 2))
    return figure, shown


# what the runs differ in


def _differences(runs: Sequence[Run]) -> list[tuple[str, list[str]]]:
    """(key, value in each run) of what is not the same in all records; the configuration of one study's runs only,
    since different studies differ in nearly all of it."""
    left_out = {*_OWN, *(() if len({run.study for run in runs}) == 1 else ("configuration",))}
    flat = [dict(_flat({k: v for k, v in run.record.items() if k not in left_out})) for run in runs]
    keys = list(dict.fromkeys(key for one in flat for key in one))
    return [
        (key, [textwrap.shorten(one.get(key, "–"), LONGEST, placeholder=" …") for one in flat])
        for key in keys
        if len({one.get(key) for one in flat}) > 1
    ]


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _flat(inner, f"{path}.{key}" if path else str(key))
    else:
        yield path, ", ".join(map(str, value)) if isinstance(value, list) else str(value)
