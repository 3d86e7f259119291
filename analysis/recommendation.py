"""What to do with the answer: which method to use, with which strength, and what that costs."""

from __future__ import annotations

import math

import pandas as pd

from analysis.comparison import BETTER, CANNOT_TELL, NO_DIFFERENCE
from analysis.cost import relative_seconds
from analysis.facts import Facts
from analysis.wording import capital, listing, number

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
    better = rows[rows["verdict"] == BETTER].sort_values("method_mean", ascending=facts.metric.lower)
    if better.empty:
        return f"stay with '{facts.baseline}'{_without_network(facts, supervision, facts.baseline)}"
    method = str(better["method"].iloc[0])
    said = f"use {method}{_strength(facts, method, supervision)}{_cost(facts, method, supervision)}"
    return said + _without_network(facts, supervision, method)


def _strength(facts: Facts, method: str, supervision: str) -> str:
    """The best setting of what the method adds to the loss, and whether the document's would do."""
    mine = _of(facts.parameters, method, supervision)
    mine = mine[mine["parameter"].astype("str").str.startswith((REGULARIZERS, f"{method}."))]
    if mine.empty:
        return ""
    named = [
        f"{_words(name, method)} {_value(best)}" for name, best in zip(mine["parameter"], mine["best"], strict=True)
    ]
    against = _of(facts.settings, method, supervision)
    if mine["same"].all():
        note = " (the document's setting)"
    elif len(against) and against["verdict"].iloc[0] == NO_DIFFERENCE:
        note = " (the document's setting is not shown to differ)"
    else:
        note = ""
    return f" with {listing(named)}{note}"


def _cost(facts: Facts, method: str, supervision: str) -> str:
    ratio = relative_seconds(facts.run).get((supervision, method))
    if ratio is None or pd.isna(ratio):
        return ""
    return f", whose training took {number(ratio, 2)} × as long as that of '{facts.baseline}'"


def _without_network(facts: Facts, supervision: str, chosen: str) -> str:
    """Methods that need no training, and have the better mean all the same."""
    level = facts.level(chosen, supervision)
    found = [
        f"{name} ({number(facts.level(name, supervision))})"
        for name in facts.references
        if (facts.level(name, supervision) < level if facts.metric.lower else facts.level(name, supervision) > level)
    ]
    return f", or without any network with {listing(found)}, whose mean is better than {number(level)}" if found else ""


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
