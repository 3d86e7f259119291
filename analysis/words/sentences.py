"""The answer of a study in sentences: what each method changes against the baseline, and how sure that is.

The first sentence is the conclusion and stands alone; the others follow per supervision, then what limits
them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.statistics.comparison import BETTER, CANNOT_TELL, ENOUGH, NO_DIFFERENCE, WORSE
from analysis.tables import record
from analysis.tables.run import Run
from analysis.wording import (
    between,
    capital,
    count,
    foremost,
    interval,
    listing,
    number,
    percent,
    plain,
    probability,
    signed,
)
from analysis.words.facts import Dip, Facts, gather
from analysis.words.limits import limits


@dataclass(frozen=True)
class Answer:
    """A study's answer: the conclusion, the sentences per supervision, and what limits them."""

    conclusion: str
    by_supervision: dict[str, list[str]]
    limits: list[str]

    def sentences(self) -> list[str]:
        return [
            self.conclusion,
            *(line for lines in self.by_supervision.values() for line in lines),
            *self.limits,
        ]


def answer(run: Run) -> list[str]:
    """The answer of a run; the first sentence is :func:`conclusion`."""
    return from_facts(gather(run)).sentences()


def conclusion(run: Run) -> str:
    """The answer of a run in one sentence that stands alone."""
    return _conclusion(gather(run))


def from_facts(facts: Facts) -> Answer:
    by_supervision = {name: lines for name in facts.supervisions if (lines := _supervision(facts, name))}
    return Answer(_conclusion(facts), by_supervision, limits(facts))


def _conclusion(facts: Facts) -> str:
    if not len(facts.levels):
        return _nothing_yet(facts)
    said: dict[str, list[str]] = {}
    for supervision in facts.supervisions:
        said.setdefault(_verdict(facts, supervision), []).append(supervision)
    parts = [_under(facts, names) + verdict for verdict, names in said.items()]
    sentence = "; ".join(parts) + "."
    return capital(sentence) if facts.run.finished else f"The run is not finished; so far, {sentence}"


def _under(facts: Facts, supervisions: list[str]) -> str:
    """How a sentence about supervisions begins; a study without a time axis has one only, which needs no words."""
    return "" if record.timeless(facts.run) else f"under {listing(supervisions)} supervision "


def _nothing_yet(facts: Facts) -> str:
    ended = len(facts.run.trials)
    failed = int((facts.run.trials["state"] == "failed").sum())
    if facts.run.finished:
        why = (
            f"all {ended} trials failed"
            if ended and failed == ended
            else f"no trial was confirmed on test {record.cases(facts.run)}"
        )
        return f"There is no answer: the run is finished, but {why}."
    state = f"the run is {facts.run.status}, {count(ended, 'trial')} ended so far and none is confirmed"
    return f"There is no answer yet: {state}."


def _verdict(facts: Facts, supervision: str) -> str:
    rows = facts.answered(supervision)
    trained = rows[rows["method"].isin(facts.trained())]
    if np.isnan(facts.level(facts.baseline, supervision)):
        missing = f"the baseline '{facts.baseline}' has no confirmed values at its best configuration"
        return f"nothing can be compared, because {missing}"
    if trained.empty:
        return f"there is nothing to compare with the baseline '{facts.baseline}'"
    if (trained["verdict"] == CANNOT_TELL).all():
        n = int(trained["n"].max())
        few = f"n = {n} is too few, at least {ENOUGH} pairs are needed"
        return f"one cannot tell whether a method helps: {few}{_promising(trained)}"
    cases = record.cases(facts.run)
    better = trained[trained["verdict"] == BETTER]
    worse = list(trained.loc[trained["verdict"] == WORSE, "method"])
    unknown = list(trained.loc[trained["verdict"] == CANNOT_TELL, "method"])
    if better.empty:
        text = f"no method is shown to improve on '{facts.baseline}' in {facts.metric.label} on the test {cases}"
        text += _elsewhere(facts, supervision)
        if worse:
            text += f", and {listing(worse)} {'is' if len(worse) == 1 else 'are'} worse"
    else:
        best = better.sort_values("difference", ascending=facts.metric.lower).iloc[0]
        others = [name for name in better["method"] if name != best["method"]]
        text = (
            f"{best['method']} helps{' most' if others else ''}: mean {facts.metric.label} on the test {cases} "
            f"{'falls' if best['difference'] < 0 else 'rises'} from {number(best['baseline_mean'])} to "
            f"{number(best['method_mean'])} (95 % interval of the change "
            f"{interval(best['low'], best['high'])}, n = {int(best['n'])})"
        )
        if others:
            text += f", and {listing(others)} {'helps' if len(others) == 1 else 'help'} too"
        if worse:
            text += f", while {listing(worse)} {'is' if len(worse) == 1 else 'are'} worse than '{facts.baseline}'"
    return text + (f"; for {listing(unknown)} one cannot tell" if unknown else "")


def _promising(rows: pd.DataFrame) -> str:
    """What the largest difference seen would take."""
    known = rows.dropna(subset=["effect_size", "n_needed"])
    if known.empty:
        return ""
    row = known.iloc[int(known["effect_size"].abs().argmax())]
    return f", and about {row['n_needed']} to show a difference as large as that of {row['method']} here"


def _elsewhere(facts: Facts, supervision: str) -> str:
    """The most improved method of each other metric, where some method is shown to improve on the baseline."""
    table = facts.comparisons
    here = table[(table["setting"] == "best") & (table["supervision"] == supervision) & (table["verdict"] == BETTER)]
    here = here[here["method"].isin(facts.trained())]
    said = []
    for metric in facts.metrics:
        rows = here[here["metric"] == metric.name].sort_values("difference", ascending=metric.lower)
        if metric.name != facts.metric.name and len(rows):
            row = rows.iloc[0]
            said.append(
                f"{row['method']} improves {metric.label} from {number(row['baseline_mean'])} to "
                f"{number(row['method_mean'])} (95 % interval of the change {interval(row['low'], row['high'])}, "
                f"n = {int(row['n'])})"
            )
    return f", but {listing(said)}" if said else ""


def _evidence(row: pd.Series) -> str:
    text = f"difference {signed(row['difference'])}"
    if not np.isnan(row["low"]):
        text += f", 95 % interval {interval(row['low'], row['high'])}"
    text += f", n = {int(row['n'])}"
    return text + (f", p {probability(row['p_holm'])} after Holm" if not np.isnan(row["p_holm"]) else "")


def _supervision(facts: Facts, supervision: str) -> list[str]:
    rows = facts.answered(supervision)
    lines = [*_baseline(facts, supervision)]
    lines += [_method(facts, row) for _, row in rows[rows["method"].isin(facts.trained())].iterrows()]
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
    method = str(row["method"])
    if row["n"] == 0:
        return f"{method}: cannot tell, because no replicate can be paired with the baseline."
    change = f"{number(row['baseline_mean'])} → {number(row['method_mean'])}, {_evidence(row)}"
    if row["verdict"] == BETTER:
        part = abs(row["difference"] / row["baseline_mean"]) if row["baseline_mean"] else float("nan")
        by = f" by {percent(part)}" if np.isfinite(part) else ""
        return f"{method}: helps{by} ({change})."
    if row["verdict"] == WORSE:
        return f"{method}: does not help, it is worse than the baseline ({change})."
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
    return [f"By the other metrics, against '{facts.baseline}': {'; '.join(said)}."] if said else []


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
