"""The answer of a study in sentences: what each method changes against the baseline, and how sure that is.

The conclusion comes first and stands alone: what the study's primary comparisons show, then what else was seen, which
is called exploratory; the others follow per supervision, then what limits them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.statistics.verdicts import BETTER, CANNOT_TELL, ENOUGH, WORSE
from analysis.tables import record
from analysis.tables.run import Run
from analysis.wording import capital, count, interval, listing, number
from analysis.words import primary
from analysis.words.facts import Facts, gather
from analysis.words.limits import limits
from analysis.words.lines import closest, supervision_lines, under
from analysis.words.recommendation import setting


@dataclass(frozen=True)
class Answer:
    """A study's answer: the conclusion, what else was seen, the sentences per supervision, and what limits them."""

    conclusion: str
    exploratory: str
    """Empty where a study names no primary comparison."""
    by_supervision: dict[str, list[str]]
    limits: list[str]

    def sentences(self) -> list[str]:
        return [
            " ".join(filter(None, [self.conclusion, self.exploratory])),
            *(line for lines in self.by_supervision.values() for line in lines),
            *self.limits,
        ]


def answer(run: Run) -> list[str]:
    """The answer of a run; the first entry is :func:`conclusion`."""
    return from_facts(gather(run)).sentences()


def conclusion(run: Run) -> str:
    """The answer of a run, which stands alone: one sentence, and where a study names primary comparisons a second one
    about the exploratory ones."""
    return from_facts(gather(run)).sentences()[0]


def from_facts(facts: Facts) -> Answer:
    by_supervision = {}
    for name in facts.supervisions:
        if lines := supervision_lines(facts, name):
            by_supervision[name] = [*lines, *setting(facts, name)]
    exploratory = primary.exploratory(facts) if len(facts.levels) else ""
    return Answer(_conclusion(facts), exploratory, by_supervision, limits(facts))


def _conclusion(facts: Facts) -> str:
    if not len(facts.levels):
        return _nothing_yet(facts)
    sentence = primary.conclusion(facts) or _against_the_baseline(facts)
    return capital(sentence) if facts.run.finished else f"The run is not finished; so far, {sentence}"


def _against_the_baseline(facts: Facts) -> str:
    said: dict[str, list[str]] = {}
    for supervision in facts.supervisions:
        said.setdefault(_verdict(facts, supervision), []).append(supervision)
    return "; ".join(under(facts, names) + verdict for verdict, names in said.items()) + "."


def _nothing_yet(facts: Facts) -> str:
    ended = len(facts.run.trials)
    failed = int((facts.run.trials["state"] == "failed").sum())
    if facts.run.finished and facts.whole and not facts.supervisions:
        return f"Nothing is compared: under {listing(facts.whole)} supervision every frame is shown."
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
        return f"{closest(facts, supervision)}one cannot tell whether a method helps: {few}{_promising(trained)}"
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
