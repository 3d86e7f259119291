"""What is said of one supervision: the baseline's level, every method against it, the other metrics, the controls, and
what is reached without any network. Primary comparisons come first; what is exploratory is said to be.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.statistics.verdicts import (
    BETTER,
    EQUIVALENT,
    EXPLORATORY,
    NEGLIGIBLE,
    NO_DIFFERENCE,
    PRIMARY,
    WORSE,
)
from analysis.tables import record
from analysis.wording import between, foremost, interval, listing, number, percent, plain, probability, signed
from analysis.words.facts import Dip, Facts


def under(facts: Facts, supervisions: list[str]) -> str:
    """How a sentence about supervisions begins; a study without a time axis has one only, which needs no words."""
    return "" if record.timeless(facts.run) else f"under {listing(supervisions)} supervision "


def closest(facts: Facts, supervision: str) -> str:
    """The start of a sentence that goes on with what cannot be told: the method with the lowest error on validation
    times, and its error on test times; empty where there is none."""
    line, other = facts.line(supervision), facts.line(supervision, facts.baseline)
    if line is None or np.isnan(line["expected"]):
        return ""
    beside = ""
    if other is not None and line["method"] != facts.baseline:
        beside = f"; {facts.baseline} {number(other['expected'])}"
    return f"{line['method']} came closest ({facts.metric.label} {number(line['expected'])}{beside}), but "


def _evidence(row: pd.Series) -> str:
    text = f"difference {signed(row['difference'])}"
    if not np.isnan(row["low"]):
        text += f", 95 % interval {interval(row['low'], row['high'])}"
    text += f", n = {int(row['n'])}"
    if row["family"] == EXPLORATORY:
        return f"{text}, q {probability(row['q'])}, exploratory" if not np.isnan(row["q"]) else f"{text}, exploratory"
    return text + (f", p {probability(row['p_holm'])} after Holm" if not np.isnan(row["p_holm"]) else "")


def supervision_lines(facts: Facts, supervision: str) -> list[str]:
    """Sentences; empty where nothing is known of a supervision."""
    declared = facts.primary[facts.primary["supervision"] == supervision]
    rows = facts.answered(supervision)
    rows = rows[rows["method"].isin(facts.trained()) & (rows["family"] != PRIMARY)]
    lines = [*_baseline(facts, supervision)]
    lines += [_method(facts, row) for _, row in pd.concat([declared, rows]).iterrows()]
    lines += _other_metrics(facts, supervision)
    lines += _controls(facts, supervision)
    return lines + _references(facts, supervision)


def _baseline(facts: Facts, supervision: str) -> list[str]:
    level = facts.level(facts.baseline, supervision)
    if np.isnan(level):
        return []
    unit = f" {facts.metric.unit}" if facts.metric.unit else ""
    start = f"{facts.baseline} (the baseline): mean {facts.metric.label} {number(level)}{unit}"
    start += f" on the test {record.cases(facts.run)}"
    dips = [dip for dip in facts.dips if dip.supervision == supervision]
    if not dips:
        return [f"{start}."]
    if dips[0].metric.name == facts.metric.name:
        start += f", {number(dips[0].train_mean)} at the frames it was shown"
    if all(dip.visible is None for dip in dips):
        return [f"{start}; n = {dips[0].change.n} is too few to say whether it dips between shown frames."]
    visible = [dip for dip in dips if dip.visible]
    if not visible:
        return [f"{start}; no dip between shown frames is visible ({_dip(dips[0])})."]
    hidden = [dip.metric.label for dip in dips if not dip.visible]
    unseen = f" (not shown in {listing(hidden, 'or')})" if hidden else ""
    said = "; ".join(f"in {dip.metric.label} {_dip(dip)}" for dip in visible)
    return [f"{start}; its dip between shown frames is visible{unseen}: {said}."]


def _dip(dip: Dip) -> str:
    change = dip.change
    return (
        f"{number(dip.train_mean)} at the shown frames, {number(dip.test_mean)} between them, deepest at "
        f"t = {dip.worst_time:g} with {number(dip.worst_mean)}, difference {signed(change.difference)}, "
        f"95 % interval {interval(change.low, change.high)}"
    )


def _method(facts: Facts, row: pd.Series) -> str:
    method, whom = str(row["method"]), "the baseline"
    if row["baseline"] != facts.baseline:
        method, whom = f"{method} against {row['baseline']}", str(row["baseline"])
    if row["n"] == 0:
        return f"{method}: cannot tell, because no replicate can be paired with {whom}."
    change = f"{number(row['baseline_mean'])} → {number(row['method_mean'])}, {_evidence(row)}"
    if row["verdict"] == BETTER:
        part = abs(row["difference"] / row["baseline_mean"]) if row["baseline_mean"] else float("nan")
        by = f" by {percent(part)}" if np.isfinite(part) else ""
        return f"{method}: helps{by} ({change})."
    if row["verdict"] == WORSE:
        return f"{method}: does not help, it is worse than {whom} ({change})."
    if row["verdict"] == EQUIVALENT:
        share = f"{100 * NEGLIGIBLE:.0f} %"
        return f"{method}: no reason to choose either, the whole interval is within {share} of {whom} ({change})."
    if row["verdict"] == NO_DIFFERENCE:
        return f"{method}: not shown to help, no difference shown ({change}){_wanted(row)}."
    return f"{method}: cannot tell, too few pairs ({change}){_wanted(row)}."


def _wanted(row: pd.Series) -> str:
    """How many pairs would have shown such a difference."""
    if pd.isna(row["n_needed"]) or np.isnan(row["effect_size"]) or row["n_needed"] <= row["n"]:
        return ""
    return f"; about {row['n_needed']} pairs would show a difference of this size"


def _other_metrics(facts: Facts, supervision: str) -> list[str]:
    table = facts.comparisons
    here = table[(table["setting"] == "best") & (table["supervision"] == supervision)]
    here = here[here["method"].isin(facts.trained())]
    said = []
    for metric in facts.metrics:
        rows = here[here["metric"] == metric.name]
        if metric.name == facts.metric.name or rows.empty:
            continue
        verdicts = []
        for verdict, words in ((BETTER, "better"), (WORSE, "worse"), (NO_DIFFERENCE, "no difference shown")):
            named = list(rows.loc[rows["verdict"] == verdict, "method"])
            if named:
                everyone = f"all {len(named)} methods" if 1 < len(named) == len(rows) else listing(named)
                verdicts.append(f"{words} with {everyone}")
        if verdicts:
            said.append(f"{metric.label}: {', '.join(verdicts)}")
    note = " (exploratory)" if (here["family"] == EXPLORATORY).any() else ""
    return [f"By the other metrics{note}, against '{facts.baseline}': {'; '.join(said)}."] if said else []


def _controls(facts: Facts, supervision: str) -> list[str]:
    table = facts.controls
    here = table[table["supervision"] == supervision]
    lines = []
    for control, rows in here.groupby("baseline", sort=False):
        said = [f"{row['method']} {row['verdict']} ({_evidence(row)})" for _, row in rows.iterrows()]
        lines.append(f"Against the control '{control}', in {facts.metric.label}: {'; '.join(said)}.")
    return lines


def _references(facts: Facts, supervision: str) -> list[str]:
    levels = {method: facts.level(method, supervision) for method in facts.references}
    levels = {method: level for method, level in levels.items() if not np.isnan(level)}
    if not levels:
        return []
    pick = min if facts.metric.lower else max
    said = []
    for meaning in dict.fromkeys(facts.references[method] for method in levels):
        of_it = {method: level for method, level in levels.items() if facts.references[method] == meaning}
        best = pick(of_it, key=lambda name: of_it[name])
        what = f"the {meaning}" if len(of_it) == 1 else f"the best of {len(of_it)} {meaning}s"
        said.append(f"{number(of_it[best])} ({best}, {what})")
    line = f"Without any network, mean {facts.metric.label} on the test {record.cases(facts.run)} is {listing(said)}"
    reached = {name: facts.delivered(name, supervision) for name in [facts.baseline, *facts.trained()]}
    reached = {name: level for name, level in reached.items() if not np.isnan(level)}
    if not reached:
        return [f"{line}."]
    best = pick(reached, key=lambda name: reached[name])
    line += f"; the best mean with a network is {number(reached[best])} ({best}{together(facts, best, supervision)})"
    beaten = [name for name, level in levels.items() if pick(level, reached[best]) == level]
    if beaten:
        line += f", so no network gets past {listing(foremost(beaten, levels, facts.metric.lower))}"
    return [f"{line}."]


def together(facts: Facts, method: str, supervision: str) -> str:
    """Of how many networks a method's delivered mean is, how sure it is, and what single networks score; empty where
    the run knows no ensemble of several."""
    lines = facts.standing(supervision)
    row = lines[lines["method"] == method].iloc[0]
    if np.isnan(row["ensemble"]) or row["replicates"] < 2:
        return ""
    sure = "" if np.isnan(row["low"]) else f", 95 % interval {between(row['low'], row['high'])}"
    return f", the mean of {plain(row['replicates'])} networks{sure}; single networks {number(row['single'])}"
