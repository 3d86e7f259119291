"""What the primary comparisons of a study show, the few that it named before there was a result; and, in a sentence
after it, what else was seen, which is exploratory.
"""

from __future__ import annotations

import pandas as pd

from analysis.statistics.verdicts import BETTER, CANNOT_TELL, ENOUGH, EQUIVALENT, NEGLIGIBLE, PRIMARY, WORSE
from analysis.tables import record
from analysis.wording import count, interval, listing, number
from analysis.words.facts import Facts
from analysis.words.lines import closest, under


def conclusion(facts: Facts) -> str:
    """One sentence; empty where the study names no primary comparison."""
    named = record.primary(facts.run)
    if not named:
        return ""
    if facts.primary.empty:
        return f"of {count(len(named), 'primary comparison')} none can be made, for want of confirmed values."
    said = _said(facts, {name: _primary(facts, name) for name in dict.fromkeys(facts.primary["supervision"])})
    return f"in {facts.metric.label} on the test {record.cases(facts.run)}, {said}."


def exploratory(facts: Facts) -> str:
    """One sentence about what no primary comparison looks at; empty where a study names none, or there is nothing to
    tell."""
    if not record.primary(facts.run):
        return ""
    others = _said(facts, {name: _exploratory(facts, name) for name in facts.supervisions})
    return f"Exploratory: {others}." if others else ""


def _said(facts: Facts, verdicts: dict[str, str]) -> str:
    """The verdicts by supervision, the same ones together."""
    alike: dict[str, list[str]] = {}
    for supervision, verdict in verdicts.items():
        if verdict:
            alike.setdefault(verdict, []).append(supervision)
    return "; ".join(under(facts, names) + verdict for verdict, names in alike.items())


def _primary(facts: Facts, supervision: str) -> str:
    here = facts.primary[facts.primary["supervision"] == supervision]
    first = closest(facts, supervision) if (here["verdict"] == CANNOT_TELL).all() else ""
    return first + "; ".join(_against(facts, rows) for _, rows in here.groupby("baseline", sort=False))


def _exploratory(facts: Facts, supervision: str) -> str:
    """The trained methods against the baseline that the study did not name; empty where one cannot tell of any."""
    rows = facts.answered(supervision)
    other = "other " if (rows["family"] == PRIMARY).any() else ""
    rows = rows[rows["method"].isin(facts.trained()) & (rows["family"] != PRIMARY) & (rows["verdict"] != CANNOT_TELL)]
    if rows.empty:
        return ""
    if not rows["verdict"].isin([BETTER, WORSE]).any():
        return f"no {other}method is shown to differ from '{facts.baseline}'"
    return _contrasted(_different(facts, rows))


def _against(facts: Facts, rows: pd.DataFrame) -> str:
    """The methods that are compared with one other: what differs first, the largest difference with its numbers."""
    baseline, said = str(rows["baseline"].iloc[0]), _different(facts, rows)
    alike = rows[rows["verdict"] == EQUIVALENT]
    if len(alike):
        said.append(
            f"{_are(alike)} within {100 * NEGLIGIBLE:.0f} % of '{baseline}' ({_change(alike.iloc[0], len(alike) > 1)})"
        )
    open_ = rows[~rows["verdict"].isin([BETTER, WORSE, EQUIVALENT, CANNOT_TELL])]
    if len(open_):
        said.append(f"{_are(open_)} not shown to differ from '{baseline}' ({_change(open_.iloc[0], len(open_) > 1)})")
    unknown = rows[rows["verdict"] == CANNOT_TELL]
    if len(unknown):
        few = f"n = {int(unknown['n'].max())} is too few, at least {ENOUGH} pairs are needed"
        said.append(f"one cannot tell {listing(list(unknown['method']), 'or')} from '{baseline}': {few}")
    return _contrasted(said)


def _contrasted(said: list[str]) -> str:
    """Clauses as one sentence, the first against the others; empty without any."""
    first, others = said[:1], said[1:]
    return ", while ".join([*first, *([", and ".join(others)] if others else [])])


def _different(facts: Facts, rows: pd.DataFrame) -> list[str]:
    """What is shown to be better or worse than what it is compared with, a clause each."""
    said: list[str] = []
    for verdict in (BETTER, WORSE):
        ascending = facts.metric.lower if verdict == BETTER else not facts.metric.lower
        here = rows[rows["verdict"] == verdict].sort_values("difference", ascending=ascending)
        if len(here):
            baseline = here["baseline"].iloc[0]
            said.append(f"{_are(here)} {verdict} than '{baseline}' ({_change(here.iloc[0], len(here) > 1)})")
    return said


def _are(rows: pd.DataFrame) -> str:
    return f"{listing(list(rows['method']))} {'is' if len(rows) == 1 else 'are'}"


def _change(row: pd.Series, named: bool) -> str:
    who = f"{row['method']}: " if named else ""
    return (
        f"{who}{number(row['baseline_mean'])} → {number(row['method_mean'])}, 95 % interval of the change "
        f"{interval(row['low'], row['high'])}, n = {int(row['n'])}"
    )
