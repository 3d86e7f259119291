"""What to do with the answer: which method to use, what error to expect of it, and how sure that is.

Chosen is the method with the lowest error on validation times, of all that are confirmed, rules without a network and
the baseline included, by what they deliver (:mod:`analysis.statistics.ensembles`), or one that trains nothing and is
about as good (:mod:`analysis.statistics.preference`); it is quoted on test times with its
interval and the probabilities of :mod:`analysis.statistics.chances`. That a test did not pass is said beside it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis.statistics import ensembles, preference
from analysis.statistics.standing import NETWORK, RULE
from analysis.statistics.verdicts import (
    BETTER,
    CANNOT_TELL,
    ENOUGH,
    EQUIVALENT,
    EXPLORATORY,
    NEGLIGIBLE,
    NO_DIFFERENCE,
    WORSE,
    adjusted,
)
from analysis.tables import record
from analysis.wording import between, capital, chance, count, listing, number, plain, probability
from analysis.words.facts import Facts

ANCHOR = "anchor"
"""The parameter that names the interpolant a network is added to."""
REGULARIZERS = "regularizers."
"""How the names of the parameters begin that are a method's strength, where it does not bear the method's own name."""


def recommendations(facts: Facts) -> list[str]:
    """A sentence for each supervision; none where a run is unfinished, or nothing tells how sure a choice is."""
    said: dict[str, list[str]] = {}
    for supervision in facts.supervisions:
        if line := _chosen(facts, supervision):
            said.setdefault(_advice(facts, line), []).append(supervision)
    several = len(facts.supervisions) > 1
    parts = [(f"under {listing(names)} supervision " if several else "") + advice for advice, names in said.items()]
    return [f"{capital(part)}." for part in parts]


def reasons(facts: Facts, supervision: str) -> str:
    """What stands behind the advice for a supervision, in a sentence: how the method compares with all others, what a
    test says, and what was better but not advised; empty where nothing is advised."""
    line = _chosen(facts, supervision)
    if not line:
        return ""
    said = f"{line['method']} is {_chances(facts, line, supervision)}"
    return f"{said}{_test(facts, line)}{_best_trained(facts, line, supervision)}."


def _chosen(facts: Facts, supervision: str) -> dict[str, Any]:
    """The line of the method that is advised; empty where none is."""
    line = facts.line(supervision) if facts.run.finished else None
    return {} if line is None or math.isnan(line["best"]) else line


def _advice(facts: Facts, line: Mapping[str, Any]) -> str:
    method = str(line["method"])
    if method == facts.baseline:
        said = f"stay with '{method}'"
    elif line["kind"] == RULE:
        said = f"use {method}, without any network"
    else:
        said = f"use {method}{_on(facts, method, str(line['supervision']))}"
        said += "" if line["trained"] else ", of which nothing is trained"
    said += f": expected {_expected(facts, line)}"
    if line["beats_baseline"] >= 0:
        said += f", better than '{facts.baseline}' with probability {chance(line['beats_baseline'])}"
    return said + _cost(facts, line)


def _on(facts: Facts, method: str, supervision: str) -> str:
    """The interpolant that a network is added to, by the best setting."""
    mine = _of(facts.parameters, method, supervision)
    found = [str(best) for name, best in zip(mine["parameter"], mine["best"], strict=True) if name == ANCHOR]
    return f" ({found[0]})" if found else ""


def _expected(facts: Facts, line: Mapping[str, Any]) -> str:
    """The error with its interval, and of how many networks it is the mean field's."""
    together = _together(facts, line)
    networks = f", the mean of {plain(together)} networks" if together else ""
    sure = "" if line["low"] == line["high"] else between(line["low"], line["high"])
    note = f" ({sure}{networks})" if sure else ""
    return f"{facts.metric.label} {number(line['expected'])}{note}"


def _together(facts: Facts, line: Mapping[str, Any]) -> float:
    """Of how many networks the error is that of the mean field; 0 for single networks and rules."""
    league = facts.standing(str(line["supervision"]))
    row = league[league["method"] == line["method"]].iloc[0]
    known = row["replicates"] >= 2 and not math.isnan(row["ensemble"]) and line["kind"] == NETWORK
    return float(row["replicates"]) if known else 0.0


def _chances(facts: Facts, line: Mapping[str, Any], supervision: str) -> str:
    """Of being better than control and rules, those that are as sure together, and of being the best."""
    named = record.controls(facts.run)
    controls = f"the control '{named[0]}'" if len(named) == 1 else "every control"
    rules = "every other rule without a network" if line["kind"] == RULE else "every rule without a network"
    names = {"beats_controls": controls, "beats_rules": rules}
    alike: dict[str, list[str]] = {}
    for name, whom in names.items():
        if line[name] >= 0:
            alike.setdefault(chance(line[name]), []).append(whom)
    known = [
        f"than {listing(whom)}{', each' if len(whom) > 1 else ''} with probability {share}"
        for share, whom in alike.items()
    ]
    among = len(facts.standings[facts.standings["supervision"] == supervision])
    best = f"the best of {count(among, 'method')} with probability {chance(line['best'])}"
    return f"better {', '.join(known)}, and {best}" if known else best


def _cost(facts: Facts, line: Mapping[str, Any]) -> str:
    ratio = line["relative_seconds"]
    if line["method"] == facts.baseline or pd.isna(ratio):
        return ""
    return f", at {number(ratio, 2)} × the time of '{facts.baseline}'"


def _test(facts: Facts, line: Mapping[str, Any]) -> str:
    """That the test against the baseline does not show what the estimate says."""
    rows = facts.answered(str(line["supervision"]))
    rows = rows[rows["method"] == line["method"]]
    if rows.empty or rows["verdict"].iloc[0] == BETTER:
        return ""
    row = rows.iloc[0]
    if row["verdict"] == CANNOT_TELL:
        return f"; for a test against '{facts.baseline}' n = {int(row['n'])} is too few, at least {ENOUGH} are needed"
    said = "shows it to be worse" if row["verdict"] == WORSE else "did not pass"
    said = f"shows no more than {100 * NEGLIGIBLE:.0f} % of difference" if row["verdict"] == EQUIVALENT else said
    value = f"q {probability(adjusted(row))}, exploratory" if row["family"] == EXPLORATORY else ""
    value = value or f"p {probability(adjusted(row))} after Holm"
    what = "test of single networks" if _together(facts, line) else "test"
    return f"; the {what} against '{facts.baseline}' {said} ({value})"


def _best_trained(facts: Facts, line: Mapping[str, Any], supervision: str) -> str:
    """What the best that is trained delivers, where nothing is of what is chosen, and why that is not enough."""
    table = facts.standings[(facts.standings["supervision"] == supervision) & facts.standings["trained"]]
    if line["trained"] or table.empty:
        return ""
    best = {str(name): value for name, value in table.iloc[0].items()}
    said = f"; the best that is trained is {best['method']}, {_expected(facts, best)}"
    return said + _passed_over(facts, supervision)


def _passed_over(facts: Facts, supervision: str) -> str:
    """By how much a method was better on validation times than the one that is chosen."""
    lines = facts.league[(facts.league["role"] == "validation") & (facts.league["supervision"] == supervision)]
    rows = preference.preferred(facts.run, lines)
    best = preference.passed_over(facts.run, rows)
    if best is None:
        return ""
    share = 100 * (1 - ensembles.value(best) / ensembles.value(rows[0]))
    why = f"less than {100 * NEGLIGIBLE:.0f} %" if facts.unit == "replicate" else "not by more than the noise"
    return f"; on validation times {best['method']} was {number(share, 2)} % better, {why}"


def setting(facts: Facts, supervision: str) -> list[str]:
    """A sentence about the method that is chosen: the best setting of what it adds to the loss, and whether the
    published one would do; none where it adds nothing, or nothing is known."""
    line = facts.line(supervision)
    if line is None:
        return []
    method = str(line["method"])
    mine = _of(facts.parameters, method, supervision)
    mine = mine[mine["parameter"].astype("str").str.startswith((REGULARIZERS, f"{method}."))]
    if mine.empty:
        return []
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
    return [f"{method} is best with {listing(named)}{note}."]


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
