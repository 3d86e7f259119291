"""What a report shows before anybody scrolls: for every supervision the league of its methods, and the best of them
beside the truth.

Rows are the lines of :func:`analysis.standing`, the best first: a dozen, the baseline among them, the others folded
away.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis import wording
from analysis.statistics import ensembles
from analysis.statistics.standing import RULE
from analysis.tables import record
from analysis.words.facts import Facts
from analysis.words.recommendation import reasons

if TYPE_CHECKING:
    from markupsafe import Markup

MOST = 12
"""As many lines of a league are not folded away."""
MEANINGS = {
    "floor": "Floor: the shown frames blended linearly; what gets no further needs no training",
    "ceiling": "Ceiling: the barycenters themselves, from the shown frames; what that regularizer pulls towards",
}
"""What the words say by which a study marks rules without a network."""
TAGS = {"baseline", "control", *MEANINGS}
"""What stands beside a method's name."""
WIDTH, HEIGHT = 84.0, 16.0
"""Of a bar with its interval, in CSS pixels."""
_MARGIN = 1.3
"""How far the axis of the bars goes beyond the longest one."""


def screens(facts: Facts) -> list[dict[str, Any]]:
    """One per supervision that has a league: ``name``, ``shown`` (how many frames are), ``rows``, ``more`` (the rows
    that are folded away), ``probable`` (whether probabilities are known), ``second`` (the label of the other metric),
    ``reasons`` (what stands behind the advice) and ``notes``, which explain every word and sign of the table."""
    found = []
    second, table = _second(facts), facts.standings
    for supervision in facts.supervisions:
        lines = table[table["supervision"] == supervision].to_dict("records")
        if not lines:
            continue
        rows = _rows(facts, supervision, lines, second)
        kept = _kept(rows)
        found.append(
            {
                "name": supervision,
                "shown": "" if record.timeless(facts.run) else _shown(facts.run.per_time, supervision),
                "rows": [row for row in rows if row["rank"] in kept],
                "more": [row for row in rows if row["rank"] not in kept],
                "probable": any(row["probability"] != "–" for row in rows),
                "second": second.label if second else "",
                "reasons": reasons(facts, supervision),
                "notes": _notes(facts, [row for row in rows if row["rank"] in kept]),
            }
        )  # fmt: skip
    return found


def _kept(rows: Sequence[Mapping[str, Any]]) -> set[int]:
    """The ranks that are not folded away: the first, and the baseline."""
    baseline = [row["rank"] for row in rows if row["baseline"]]
    first = [row["rank"] for row in rows if not row["baseline"]]
    return {*first[: MOST - len(baseline)], *baseline}


def _second(facts: Facts) -> record.Metric | None:
    """The metric that stands beside the answer's: Dice where there is one, else the study's next."""
    others = [metric for metric in facts.metrics if metric.name != facts.metric.name]
    return next((metric for metric in others if metric.name == "dice"), others[0] if others else None)


def _rows(
    facts: Facts, supervision: str, lines: Sequence[Mapping[Any, Any]], second: record.Metric | None
) -> list[dict[str, Any]]:
    first = [line for place, line in enumerate(lines) if place < MOST or line["method"] == facts.baseline]
    reach = _reach([line["expected"] for line in first])
    reference = next((line["expected"] for line in lines if line["method"] == facts.baseline), math.nan)
    empty = {line["method"] for line in facts.standing(supervision).to_dict("records") if ensembles.is_empty(line)}
    rows = []
    for rank, line in enumerate(lines, 1):
        value, low, high = (float(line[name]) for name in ("expected", "low", "high"))
        kind = str(line["kind"]) if line["trained"] else RULE
        rows.append(
            {
                "rank": rank,
                "method": str(line["method"]),
                "kind": kind,
                "tags": [line["part"]] if line["part"] in TAGS else [],
                "baseline": line["method"] == facts.baseline,
                "value": wording.number(value),
                "interval": "" if math.isnan(low) or low == high else wording.between(low, high),
                "bar": _bar(value, low, high, reach, reference, kind == RULE),
                "probability": _chance(float(line["best"])),
                "second": wording.number(float(line[second.name])) if second else "",
                "seconds": wording.number(float(line["seconds"]), 2),
                "empty": line["method"] in empty,
            }
        )
    return rows


def _chance(probability: float) -> str:
    """Never a certainty; a dash where nothing is known."""
    if math.isnan(probability):
        return "–"
    return "> 0.99" if probability > 0.99 else "< 0.01" if probability < 0.01 else f"{probability:.2f}"


def _reach(values: Sequence[float]) -> float:
    finite = [abs(value) for value in values if math.isfinite(value)]
    return _MARGIN * max(finite, default=1.0) or 1.0


def _bar(value: float, low: float, high: float, reach: float, reference: float, rule: bool) -> Markup:
    """An SVG picture of a mean with its interval, and of the baseline's as a dashed line; what leaves it ends in an
    arrow. It says nothing that the numbers beside it do not."""
    from markupsafe import Markup

    def place(number: float) -> float:
        return round(WIDTH * min(max(number / reach, 0.0), 1.0), 1)

    parts = []
    if math.isfinite(value):
        look = "rule" if rule else "network"
        parts.append(f'<rect class="{look}" x="0.5" y="3.5" width="{max(place(value) - 0.5, 0.5)}" height="9"/>')
    if math.isfinite(low) and low < high:
        ends = "".join(_end(number, reach, place(number)) for number in (low, high))
        parts.append(f'<path class="interval" d="M{place(low)} 8H{place(high)}{ends}"/>')
    if math.isfinite(reference) and reference <= reach:
        parts.append(f'<path class="reference" d="M{place(reference)} 0V{HEIGHT:g}"/>')
    size = f'width="{WIDTH:g}" height="{HEIGHT:g}" viewBox="0 0 {WIDTH:g} {HEIGHT:g}"'
    return Markup(f'<svg class="bar" {size} aria-hidden="true" focusable="false">{"".join(parts)}</svg>')


def _end(number: float, reach: float, x: float) -> str:
    """At ``x``: a stroke where an interval ends, an arrow's head where it goes on beyond the picture."""
    if number > reach:
        return f"M{x - 4} 5L{x} 8L{x - 4} 11"
    if number < 0:
        return f"M{x + 4} 5L{x} 8L{x + 4} 11"
    return f"M{x} 5V11"


def _shown(per_time: pd.DataFrame, supervision: str) -> str:
    """``3 of 21 frames are shown``, of the first sequence; empty before anything is confirmed."""
    rows = per_time[(per_time["phase"] == "confirm") & (per_time["supervision"] == supervision)]
    if rows.empty:
        return ""
    times = rows[rows["sequence"] == rows["sequence"].iloc[0]].groupby("time_index")["role"].first()
    return f"{int((times == 'train').sum())} of {len(times)} frames shown"


def _notes(facts: Facts, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """What the table's words and signs mean, as far as it has them."""
    run, metric = facts.run, facts.metric
    on = f"test {record.cases(run)}, which neither training nor search has seen"
    said = [f"Bar: mean {metric.axis} on {on} ({metric.better} is better)"]
    if any(row["interval"] for row in rows):
        said[0] += f"; thin line: its 95 % interval over {record.unit_words(run)}"
    if any(row["baseline"] for row in rows):
        said.append(f"Dashed line: the baseline, what the others are held against ('{facts.baseline}')")
    if any(row["kind"] == "rule" for row in rows):
        said.append("Network (dark bar): trained. Rule (light bar): computed from the shown frames, nothing trained")
    if any(row["probability"] != "–" for row in rows):
        unknown = any(row["probability"] == "–" for row in rows)
        said.append(
            "Best with probability: by how the means would vary" + ("; –: too few replicates" if unknown else "")
        )
    if any("control" in row["tags"] for row in rows):
        said.append("Control: a simpler remedy, which a method must beat to be worth its trouble")
    if any("anchored" in row["method"].split("+") for row in rows):
        said.append("Anchored: a network that is added to a rule and vanishes at the shown frames")
    said += [words for word, words in MEANINGS.items() if any(word in row["tags"] for row in rows)]
    return said
