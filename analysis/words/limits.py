"""What limits an answer: the unit of replication, the search behind it, and what failed or is missing."""

from __future__ import annotations

import pandas as pd

from analysis.statistics import comparison, subject_errors
from analysis.statistics.verdicts import BETTER, EXPLORATORY, NO_DIFFERENCE, WORSE
from analysis.tables import constraints, record
from analysis.wording import count, listing, number
from analysis.words.facts import Facts

_NAMED = 4
"""Sequences that are named one by one; more are counted."""


def limits(facts: Facts) -> list[str]:
    """Sentences; empty where a run has nothing confirmed and nothing failed."""
    found = [
        *_twins(facts),
        *_data(facts),
        *_unit(facts),
        *_folds(facts),
        *_search(facts),
        *_constraints(facts),
        *_settings(facts),
        *_missing(facts),
        *_whole(facts),
        *_failed(facts),
        *_incomplete(facts),
        *_empty(facts),
    ]
    if not facts.run.finished:
        state = "still running" if facts.run.status == "running" else "unfinished"
        found.append(f"The run is {state}: everything here is what its files hold so far.")
    return found


def _twins(facts: Facts) -> list[str]:
    """That a method is compared with itself."""
    twins = facts.run.record.get("twins") or {}
    said = [f"'{twin}' is '{name}' with other seeds" for twin, name in twins.items()]
    return [f"{listing(said)}: where the two are shown to differ, the comparison errs."] if said else []


def _data(facts: Facts) -> list[str]:
    """What is to be known of recorded data, and which sequences were left out."""
    data = facts.run.record.get("data") or {}
    said = [f"The recording: {data['understood']}"] if data.get("understood") else []
    said += [f"Of the recorded data: {note}." for note in data.get("notes", [])]
    left_out = data.get("left_out") or {}
    if left_out:
        reasons = "; ".join(f"{label} ({reason})" for label, reason in left_out.items())
        said.append(f"Left out, because they cannot be used: {reasons}.")
    return said


def _unit(facts: Facts) -> list[str]:
    if facts.replicates == 0:
        return []
    words = record.unit_words(facts.run)
    if facts.replicates * facts.sequences == 1:
        return [f"There is one replicate of one sequence only, so nothing is known about {words}.", *_tuned(facts)]
    replicates, sequences = count(facts.replicates, "replicate"), count(facts.sequences, record.subject(facts.run))
    if facts.unit not in comparison.FACTORS:
        line = f"The intervals are over {count(facts.groups, record.unit_name(facts.run))} ({words})"
        line += f", each averaged over its {record.subject(facts.run)}s and their replicates"
        return [f"{line}, which are not counted as independent of each other.", *_tuned(facts)]
    if facts.unit == "sequence":
        line = f"The intervals are over {sequences} ({words})"
        if facts.replicates > 1:
            line += f", each averaged over its {replicates}, which are not counted as independent of each other"
        return [f"{line}.", *_tuned(facts)]
    if facts.sequences == 1:
        sure = f"The intervals are over {replicates} of one sequence"
        return [f"{sure}, so they measure {words}, and say nothing about other shapes.", *_tuned(facts)]
    line = f"The intervals are over {replicates} ({words}), each averaged over its {sequences}"
    return [f"{line}, which are not counted as independent of each other.", *_tuned(facts)]


def _folds(facts: Facts) -> list[str]:
    """That subjects of one fold share networks, and in how many folds the answer's metric is better."""
    table = subject_errors.errors(facts.run)
    rows = table[(table["class"] == subject_errors.ALL) & (table["metric"] == facts.metric.name) & (table["folds"] > 0)]
    if rows.empty:
        return []
    said = [f"{row.method} is better in {row.better} of {row.folds} folds" for row in rows.itertuples()]
    subject = record.subject(facts.run).capitalize()
    line = f"{subject}s of one fold share their networks"
    line += "" if facts.unit == "fold" else ", which the intervals do not know"
    return [f"{line}; by mean {facts.metric.label}, {listing(said)}."]


def _tuned(facts: Facts) -> list[str]:
    """That a setting is transferred from the sequences that the search saw."""
    names = record.searched_sequences(facts.run)
    if not names:
        return []
    them, subject = "it is" if len(names) == 1 else "they are", record.subject(facts.run)
    which = listing(names) if len(names) <= _NAMED else f"{len(names)} {subject}s"
    seen = f"The search saw {which} only: its best settings are transferred to the other {subject}s"
    return [f"{seen}, and {them} left out of every comparison."]


def _search(facts: Facts) -> list[str]:
    if facts.arms["method"].isin(facts.references).all() or facts.replicates == 0:
        return []
    trained = facts.arms[~facts.arms["method"].isin(facts.references)]
    ended = trained[["complete", "pruned", "failed"]].sum(axis="columns")
    most = count(int(ended.max()), "trial")
    share = most if ended.min() == ended.max() else f"{ended.min()} to {most}"
    cases = record.cases(facts.run)
    if ended.max() == 1:
        return [_nothing_searched(facts, trained)]
    line = f"Every method with a network, the baseline included, is compared at its own best of {share} per arm"
    line += f"{_complete(trained)}, chosen on {record.chosen_on(facts.run)}{_finals(facts)}"
    rows = facts.run.per_time
    searched, confirmed = rows[rows["phase"] == "search"], rows[rows["phase"] == "confirm"]
    if (searched["role"] == "test").any():
        return [f"{line}, but the search saw test {cases} too, so that the comparison flatters what was searched."]
    if set(searched["seed"]) & set(confirmed["seed"]):
        return [f"{line}; the search did not see the test {cases}, but replicates share seeds with it."]
    line += f"; the search saw neither the test {cases} nor the replicates' seeds"
    beside = record.validation(facts.run) == "between" and not record.timeless(facts.run)
    return [
        f"{line}, but it has all but seen the answer: errors beside a test time are those at it."
        if beside
        else f"{line}."
    ]


def _finals(facts: Facts) -> str:
    """That a few, the best and the published setting, were trained again before one was chosen."""
    trials = facts.run.trials
    again = trials[trials["phase"] == "final"]
    if again.empty:
        return ""
    most = int(again.groupby(["method", "supervision"], observed=True).size().max())
    rows = facts.run.per_time
    seen = {phase: set(rows.loc[rows["phase"] == phase, "sequence"]) for phase in ("search", "final")}
    others = seen["final"] - seen["search"]
    on = f" on {count(len(others), f'other {record.subject(facts.run)}')}" if others else ""
    return f" (up to {most} of each trained again{on} with {count(int(again['replicates'].max()), 'seed')})"


def _constraints(facts: Facts) -> list[str]:
    """What the best setting had to keep to, how many trials did, and where none did."""
    if not (said := constraints.words(facts.run)):
        return []
    trials = facts.run.trials
    complete = trials[(trials["phase"] == "search") & (trials["state"] == "complete")]
    kept = complete[constraints.broken(facts.run, complete) == 0]
    share = f"{len(kept)} of {count(len(complete), 'complete trial')}"
    line = f"The best setting is the best of those with {listing(said)}: {share}"
    arms = complete.groupby(["method", "supervision"], sort=False, observed=True).size().index
    without = [arm for arm in arms if not ((kept["method"] == arm[0]) & (kept["supervision"] == arm[1])).any()]
    named = [f"{method} ({supervision})" for method, supervision in without]
    return [f"{line}{f'; none of {listing(named)}, where what breaks the fewest was taken' if named else ''}."]


def _nothing_searched(facts: Facts, trained: pd.DataFrame) -> str:
    """That an arm had one trial, and which setting that was."""
    known = facts.parameters[facts.parameters["method"].isin(trained["method"])]
    known = known[known["published"].notna() & known["best"].notna()]
    where = ", the published setting" if len(known) and known["same"].all() else ""
    return (
        f"Nothing was searched: every method with a network had one trial per arm{where}, so that methods are compared "
        "as they are set, not at their best."
    )


def _complete(trained: pd.DataFrame) -> str:
    """How many of them were complete, where some were stopped early: only complete ones can be the best."""
    if not trained["pruned"].any():
        return ""
    least, most = int(trained["complete"].min()), int(trained["complete"].max())
    said = f", of which {least if least == most else f'{least} to {most}'} complete and the others not"
    alone = trained[trained["complete"] == 1]
    named = [f"{row.method} ({row.supervision})" for row in alone.itertuples()]
    return said + (f" (one alone is complete for {listing(named)})" if named else "")


def _settings(facts: Facts) -> list[str]:
    """Whether the search found something other, and something better, than the published setting."""
    table = facts.parameters[facts.parameters["published"].notna() & facts.parameters["best"].notna()]
    if not len(table):
        return []
    names = table["method"] + " (" + table["supervision"] + ")"
    arms = list(names.unique())
    changed = [name for name in arms if not table.loc[names == name, "same"].all()]
    if not changed:
        return [f"The search's best is the published setting in every arm ({len(arms)} of {len(arms)})."]
    part = f"{len(changed)} of {count(len(arms), 'arm')}"
    line = f"The search's best differs from the published setting in {part}"
    if not len(facts.settings):
        return [f"{line}: {listing(changed)}."]
    arm = facts.settings["method"] + " (" + facts.settings["supervision"] + ")"
    rows = facts.settings.assign(arm=arm)[arm.isin(changed)]
    said = []
    for verdict, words in ((BETTER, "better"), (WORSE, "worse"), (NO_DIFFERENCE, "not shown to differ")):
        named = list(rows.loc[rows["verdict"] == verdict, "arm"])
        if named:
            said.append(f"{words} for {'all of them' if len(named) == len(changed) else listing(named)}")
    untold = "one cannot tell which of the two is better" if len(rows) else "which of the two is better was not tested"
    note = "exploratory, " if (rows["family"] == EXPLORATORY).any() else ""
    told = f"{note}on the test {record.cases(facts.run)} it is {'; '.join(said)}"
    return [f"{line}; {told if said else untold}."]


def _missing(facts: Facts) -> list[str]:
    if facts.replicates == 0 or not facts.unconfirmed:
        return []
    named = [f"{method} ({supervision})" for method, supervision in facts.unconfirmed]
    why = f"because nothing was confirmed on test {record.cases(facts.run)}"
    return [f"Missing from the comparison, {why}: {listing(named)}."]


def _whole(facts: Facts) -> list[str]:
    """What is known of a supervision under which nothing is hidden."""
    said = []
    for supervision in facts.whole:
        line = f"Under {supervision} supervision every frame is shown, so that no error of it can be told"
        arms = facts.arms[(facts.arms["supervision"] == supervision) & facts.arms["best_objective"].notna()]
        if len(arms):
            values = arms["best_objective"].to_numpy("float64")
            best = arms.iloc[int(values.argmin() if record.minimized(facts.run) else values.argmax())]
            metric = record.objective(facts.run)
            value = f"{number(float(best['best_objective']))} {metric.unit}".rstrip()
            line += (
                f"; on the shown frames that its search left out {best['method']} is the best ({metric.label} {value})"
            )
        said.append(f"{line}.")
    return said


def _failed(facts: Facts) -> list[str]:
    failed = facts.problems[facts.problems["state"] == "failed"]
    if not len(failed):
        return []
    part = f"{len(failed)} of {count(len(facts.run.trials), 'trial')}"
    lines = [f"{part} failed: {_reasons(list(failed['reason']))}."]
    lost = facts.arms[(facts.arms["complete"] == 0) & (facts.arms["failed"] > 0)]
    if len(lost):
        named = [f"{row.method} ({row.supervision})" for row in lost.itertuples()]
        arms = "any arm" if len(lost) == len(facts.arms) else listing(named)
        lines.append(f"No trial of the search was completed for {arms}.")
    return lines


def _reasons(reasons: list[str], shown: int = 3) -> str:
    counts = {reason: reasons.count(reason) for reason in reasons}
    often = sorted(counts, key=lambda reason: (-counts[reason], reason))
    said = [f"{(reason or 'no reason recorded').rstrip('.')} ({counts[reason]} ×)" for reason in often[:shown]]
    more = len(often) - shown
    return "; ".join(said) + (f"; and {count(more, 'other reason')}" if more > 0 else "")


def _incomplete(facts: Facts) -> list[str]:
    """Arms with fewer values than the fullest one: replicates that diverged."""
    if facts.unit != "replicate":
        table = facts.levels
        rows = table[(table["metric"] == facts.metric.name) & (table["setting"] == "best") & (table["lost"] > 0)]
        named = [f"{row.method} ({row.supervision}): {row.lost} of {row.n}" for row in rows.itertuples()]
        return [f"Pairs of replicate and sequence left out for want of values: {listing(named)}."] if named else []
    table, whole = facts.comparisons, facts.units
    rows = table[(table["metric"] == facts.metric.name) & (table["setting"] == "best")]
    rows = rows[(rows["n"] > 0) & (rows["n"] < whole)]
    named = [f"{row.method} ({row.supervision}): {row.n}" for row in rows.itertuples()]
    if not named:
        return []
    return [f"Replicates without values leave fewer than {whole} pairs for {listing(named)}."]


def _empty(facts: Facts) -> list[str]:
    table = facts.levels
    here = table[(table["metric"] == facts.metric.name) & (table["setting"] == "best") & (table["empty"] > 0)]
    said = [f"{row.method} ({row.supervision}): {row.empty} of {row.surfaces}" for row in here.itertuples()]
    if not said:
        return []
    where = f"on test {record.cases(facts.run)}"
    tested = record.tested(facts.run)
    missing = tested.loc[tested["empty"].fillna(False).astype("bool"), facts.metric.name].isna().all()
    how = "which have no value and are left out of means" if missing else "counted at the worst value and not left out"
    return [f"Predictions without any surface {where}, {how}: {listing(said)}."]
