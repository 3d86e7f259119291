"""What to do with the answer: which method to use, with which strength, and what that costs.

Methods are chosen by what they deliver, the ensemble of all replicates (:mod:`analysis.statistics.ensembles`), on
validation times, and quoted on test times; rules without a network are chosen among them. A method with a network
stands for election only where the run shows that it is better than the baseline: by its single networks, whose
comparison is corrected for the number of methods, or by ensembles whose intervals lie apart.
"""

from __future__ import annotations

import math

import pandas as pd

from analysis.statistics import ensembles
from analysis.statistics.cost import relative_seconds
from analysis.statistics.verdicts import BETTER, CANNOT_TELL, NO_DIFFERENCE
from analysis.wording import capital, foremost, listing, number
from analysis.words.facts import Facts
from analysis.words.lines import together

REGULARIZERS = "regularizers."
"""How the names of the parameters begin that are a method's strength, where it does not bear the method's own name."""


def recommendation(facts: Facts) -> str:
    """One sentence; empty where a run is unfinished or cannot tell."""
    if not facts.run.finished:
        return ""
    said: dict[str, list[str]] = {}
    for supervision in facts.supervisions:
        if advice := _advice(facts, supervision):
            said.setdefault(advice, []).append(supervision)
    several = len(facts.supervisions) > 1
    parts = [(f"under {listing(names)} supervision " if several else "") + advice for advice, names in said.items()]
    return f"{capital('; '.join(parts))}." if parts else ""


def _advice(facts: Facts, supervision: str) -> str:
    rows = facts.answered(supervision)
    rows = rows[rows["method"].isin(facts.trained())]
    if rows.empty or (rows["verdict"] == CANNOT_TELL).any() or math.isnan(facts.level(facts.baseline, supervision)):
        return ""
    elected = {facts.baseline, *facts.references, *rows.loc[rows["verdict"] == BETTER, "method"]}
    elected |= {method for method in facts.trained() if _apart(facts, method, supervision)}
    standing = [row for row in facts.standing(supervision, "validation").to_dict("records") if row["method"] in elected]
    if not standing or ensembles.is_empty(standing[0]):
        return ""
    method = str(standing[0]["method"])
    if method in facts.references:
        return f"use {method}, without any network{_against_networks(facts, method, supervision)}"
    if method == facts.baseline:
        said = f"stay with '{method}'"
    else:
        said = f"use {method}{_strength(facts, method, supervision)}{_cost(facts, method, supervision)}"
    return said + _delivered(facts, method, supervision) + _without_network(facts, supervision, method)


def _apart(facts: Facts, method: str, supervision: str) -> bool:
    """Whether a method's ensemble is better than the baseline's, by intervals that do not meet."""
    lines = facts.standing(supervision).set_index("method")
    if not {method, facts.baseline} <= set(lines.index):
        return False
    mine, other = lines.loc[method], lines.loc[facts.baseline]
    return bool(mine["high"] < other["low"] if facts.metric.lower else mine["low"] > other["high"])  # false for NaN


def _delivered(facts: Facts, method: str, supervision: str) -> str:
    words = together(facts, method, supervision)
    if not words:
        return ""
    return f" ({facts.metric.label} {number(facts.delivered(method, supervision))}{words})"


def _against_networks(facts: Facts, method: str, supervision: str) -> str:
    """What the rule scores, beside the best that a network delivers on the same times."""
    lines = facts.standing(supervision)
    networks = [row for row in lines.to_dict("records") if row["method"] not in facts.references]
    said = f" ({facts.metric.label} {number(facts.delivered(method, supervision))}"
    if networks:
        best = str(networks[0]["method"])
        of = together(facts, best, supervision)
        said += f"; the best with a network is {best}, {number(ensembles.value(networks[0]))}{of}"
    return f"{said})"


def _strength(facts: Facts, method: str, supervision: str) -> str:
    """The best setting of what the method adds to the loss, and whether the published one would do."""
    mine = _of(facts.parameters, method, supervision)
    mine = mine[mine["parameter"].astype("str").str.startswith((REGULARIZERS, f"{method}."))]
    if mine.empty:
        return ""
    named = [
        f"{_words(name, method)} {_value(best)}" for name, best in zip(mine["parameter"], mine["best"], strict=True)
    ]
    against = _of(facts.settings, method, supervision)
    if mine["same"].all():
        note = " (the published setting)"
    elif len(against) and against["verdict"].iloc[0] == NO_DIFFERENCE:
        note = " (the published setting is not shown to differ)"
    else:
        note = ""
    return f" with {listing(named)}{note}"


def _cost(facts: Facts, method: str, supervision: str) -> str:
    ratio = relative_seconds(facts.run).get((supervision, method))
    if ratio is None or pd.isna(ratio):
        return ""
    return f", whose training took {number(ratio, 2)} × as long as that of '{facts.baseline}'"


def _without_network(facts: Facts, supervision: str, chosen: str) -> str:
    """Methods that need no training, and have the better mean all the same on test times."""
    level, lower = facts.delivered(chosen, supervision), facts.metric.lower
    levels = {name: facts.delivered(name, supervision) for name in facts.references}
    found = {name: other for name, other in levels.items() if (other < level if lower else other > level)}
    some = [f"{name} ({number(found[name])})" if name in found else name for name in foremost(found, found, lower)]
    return f", or without any network with {listing(some)}, whose mean is better than {number(level)}" if found else ""


def _of(table: pd.DataFrame, method: str, supervision: str) -> pd.DataFrame:
    if table.empty:
        return table
    return table[(table["method"] == method) & (table["supervision"] == supervision)]


def _words(parameter: str, method: str) -> str:
    """``regularizers.sinkhorn.time_samples`` of ``sinkhorn`` is called ``time samples``."""
    return parameter.removeprefix(REGULARIZERS).removeprefix(f"{method}.").replace(".", " ").replace("_", " ")


def _value(value: object) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f"{float(value):.3g}"
    return str(value)
