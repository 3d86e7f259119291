"""Which confirmed model of a run is exported, and at which times."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis.tables.settings import EARLIER, PUBLISHED
from study.data import clock
from study.errors import Mistake, unreadable
from study.storage.run_folder import RunFolder

if TYPE_CHECKING:
    import pandas as pd

    from analysis import Run
    from study.exporting.group import Group

STEPS = 5
"""Steps per interval between shown times, unless the user says otherwise, …"""
LEAST = 20
"""… and at least as many steps over the whole sequence."""
_MOST = 200
SAME = 1e-6
"""Times that differ by less are one time."""


@dataclass(frozen=True, eq=False)
class Choice:
    """A confirmed trial with a model."""

    trial: str
    method: str
    supervision: str
    setting: str
    model: str
    """Path or URI of the model's file."""
    rows: pd.DataFrame
    """The trial's per-time rows."""
    sentence: str
    """Why this one."""
    deterministic: bool = False
    """Whether all replicates say the same, as rules without a network do."""

    @property
    def replicates(self) -> int:
        return int(self.rows["replicate"].nunique())

    @property
    def labels(self) -> list[str]:
        """Labels of its sequences, in order."""
        return list(dict.fromkeys(self.rows["sequence"].astype(str)))

    def shown(self, label: str) -> list[float]:
        """Times at which the model was shown the sequence."""
        mine = self.rows[(self.rows["sequence"] == label) & (self.rows["role"] == "train")]
        return sorted(float(time) for time in mine["time"].unique())

    def diverged(self, label: str) -> list[int]:
        """Replicates without a surface at any time, as those are scored whose training diverged."""
        if "empty" not in self.rows:
            return []
        empty = self.rows[self.rows["sequence"] == label].groupby("replicate")["empty"].all()
        return [int(str(replicate)) for replicate in empty.index[empty]]


def choose(run: Run, method: str | None, supervision: str | None, setting: str) -> Choice:
    """The confirmed trial that the options name; among several the one whose ensemble, the shape that is exported, has
    the best objective on validation rows, or one of which nothing is trained and that is about as good
    (:mod:`analysis.statistics.preference`). A prediction that is empty throughout is the best of none.

    Raises Mistake where there is none, or where it keeps no model.
    """
    from analysis.statistics import ensembles, preference
    from analysis.tables import record

    confirmed = _named(run, _confirmed(run, setting), method, supervision, setting)
    table = ensembles.league(run, role="validation", setting=setting)
    named = confirmed[["method", "supervision", "trial"]].astype("str").drop_duplicates()
    trials = {(row["method"], row["supervision"]): row["trial"] for row in named.to_dict("records")}
    mine = [pair in trials for pair in zip(table["method"], table["supervision"], strict=True)]
    ranked = preference.preferred(run, table[mine])
    models = _models(run, set(trials.values()), setting)
    if not models:
        raise _without_model(run, method)
    having = [row for row in ranked if trials[row["method"], row["supervision"]] in models]
    if not having and (found := _by_the_search(run, confirmed, trials, models, setting)):
        return found
    if not having:
        raise Mistake(f"run {run.name} has no validation rows to choose by; name --method and --supervision")
    best = having[0]
    trial = trials[best["method"], best["supervision"]]
    why = _why(run, having)
    if ranked[0] is not best:
        why += f"; {ranked[0]['method']}, {ranked[0]['supervision']} is preferred, but the run keeps no model of it"
    sentence = f"method {best['method']}, supervision {best['supervision']}, setting {setting} ({why})"
    rows = confirmed[confirmed["trial"] == trial]
    alike = best["replicates"] == 1 and ensembles.alike(rows, record.objective(run).name)
    alike |= best["method"] in record.references(run)  # one replicate is like no other, also of a rule
    return Choice(trial, best["method"], best["supervision"], setting, models[trial], rows, sentence, alike)


def _why(run: Run, rows: Sequence[Mapping[str, Any]]) -> str:
    """Why the first of these lines is taken."""
    from analysis.statistics import ensembles, preference
    from analysis.tables import record

    what = "" if math.isnan(rows[0]["ensemble"]) else "of the ensemble "
    why = f"{record.objective(run).label} {what}on validation times {ensembles.value(rows[0]):.4g}"
    if best := preference.passed_over(run, rows):
        return (
            f"{why}, and nothing to train; {best['method']}, {best['supervision']} has {ensembles.value(best):.4g}, "
            "which is not enough for its training"
        )
    return why + (f", the best of {len(rows)} confirmed models" if len(rows) > 1 else "")


def _by_the_search(
    run: Run, confirmed: pd.DataFrame, trials: dict[tuple[str, str], str], models: dict[str, str], setting: str
) -> Choice | None:
    """Of models that were shown every frame, that whose method's search came nearest to the frames that it left out,
    by the same preference."""
    from analysis.statistics import ensembles, preference
    from analysis.tables import record

    whole = set(record.shown_whole(run))
    table = run.trials[(run.trials["phase"] == "search") & (run.trials["state"] == "complete")]
    arms = [pair for pair, trial in trials.items() if pair[1] in whole and trial in models]
    minimized = record.minimized(run)
    scores: dict[tuple[str, str], float] = {}
    for pair in arms:
        mine = table[(table["method"] == pair[0]) & (table["supervision"] == pair[1])]
        values = mine.loc[mine["empty"] != 1, "objective"].astype("float64").dropna()
        if len(values):
            scores[pair] = float(values.min() if minimized else values.max())
    if not scores:
        return None
    pairs = list(scores)
    best = pairs[preference.order(run, [(method, scores[method, supervision]) for method, supervision in pairs])[0]]
    (method, supervision), objective = best, record.objective(run)
    trial = trials[best]
    rows = confirmed[confirmed["trial"] == trial]
    alike = ensembles.alike(rows, objective.name) or method in record.references(run)
    sentence = (
        f"method {method}, supervision {supervision}, setting {setting} (every frame is shown; on those that its "
        f"search left out {objective.label} {scores[best]:.4g}, the best of {len(arms)} methods)"
    )
    return Choice(trial, method, supervision, setting, models[trial], rows, sentence, alike)


def _named(
    run: Run, confirmed: pd.DataFrame, method: str | None, supervision: str | None, setting: str
) -> pd.DataFrame:
    """The confirmed rows of the method and supervision that the options name."""
    for option, wanted in (("method", method), ("supervision", supervision)):
        known = list(dict.fromkeys(confirmed[option]))
        if wanted is not None and wanted not in known:
            raise Mistake(
                f"--{option} {wanted}: run {run.name} has confirmed none of that {option} at setting {setting}; "
                f"name one of {', '.join(known)}"
            )
        if wanted is not None:
            confirmed = confirmed[confirmed[option] == wanted]
    if confirmed.empty:
        raise Mistake(
            f"--method {method} --supervision {supervision}: run {run.name} has not confirmed that pair; leave one out"
        )
    return confirmed


def _models(run: Run, trials: set[str], setting: str) -> dict[str, str]:
    """Trial → its model's file, of those that keep one."""
    folder = RunFolder(run.location)
    found = {trial: _model(folder, run, trial, setting) for trial in trials}
    return {trial: model for trial, model in found.items() if model is not None}


def _without_model(run: Run, method: str | None) -> Mistake:
    what = f"method {method} keeps no model" if method else "none of its confirmed trials keeps a model"
    names = RunFolder(run.location).names("models", ".pt")
    with_model = sorted({name.split("-", 1)[1].rsplit("-", 1)[0] for name in names})
    offer = f"models are there of {', '.join(with_model)}" if with_model else "there is no file in its models/"
    return Mistake(f"run {run.name}: {what} (rules without a network kept none before); {offer}: name one with a model")


def _confirmed(run: Run, setting: str) -> pd.DataFrame:
    try:
        rows = run.per_time
    except (OSError, ValueError, KeyError) as error:
        raise unreadable(f"the tables of run {run.location}", error, "restore them") from None
    if not rows.empty:
        rows = rows[(rows["phase"] == "confirm") & (rows["setting"] == setting)]
    if rows.empty:
        raise Mistake(f"run {run.name} has no confirmed trial of setting {setting}; name another run or --setting")
    return rows


def _model(folder: RunFolder, run: Run, trial: str, setting: str) -> str | None:
    """The model's file of a trial: its own, or, where the published setting is the best one and was trained once, that
    of the best."""
    if folder.exists("models", f"{trial}.pt"):
        return folder.inside("models", f"{trial}.pt")
    trials = run.trials.set_index("trial")
    arm = trial.rpartition("-")[0]
    others = [f"{arm}-{name}" for name in ("best", PUBLISHED, EARLIER) if f"{arm}-{name}" != trial]
    other = next((name for name in others if folder.exists("models", f"{name}.pt")), None)
    if other is None or not {trial, other} <= set(trials.index):
        return None
    parameters = [name for name in trials.columns if name.startswith("param.")]
    mine, theirs = trials.loc[trial, parameters], trials.loc[other, parameters]
    same = ((mine == theirs) | (mine.isna() & theirs.isna())).all()
    return folder.inside("models", f"{other}.pt") if same else None


def sequences(choice: Choice, wanted: tuple[str, ...]) -> list[str]:
    """The labels to export; Mistake if one is not among the trial's."""
    known = choice.labels
    for label in wanted:
        if label not in known:
            raise Mistake(f"--sequence {label}: trial {choice.trial} has no such sequence; name one of {_some(known)}")
    return [label for label in known if not wanted or label in wanted]


def _some(names: list[str]) -> str:
    return ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")


def times(count: int | None, at: str | None, shown: list[float]) -> list[float]:
    """The times to export, increasing, in [0, 1]; Mistake where the options name none.

    `count` times are evenly spaced, with both ends. With neither option they are the fewest that hit every `shown`
    time and make five steps per interval between shown times, and twenty in all.
    """
    if count is not None and at is not None:
        raise Mistake("--times and --at were both given: give one of them")
    if at is not None:
        return _listed(at)
    if count is None:
        count = _fitting(shown) + 1
    if count < 2:
        raise Mistake(f"--times {count}: a sequence has a first and a last time; give 2 or more, or one time with --at")
    return [i / (count - 1) for i in range(count)]


def _fitting(shown: list[float]) -> int:
    """The fewest even steps over [0, 1] that are enough and hit every shown time; where none do, that are enough."""
    enough = max(LEAST, STEPS * (len(shown) - 1))
    for steps in range(enough, max(_MOST, 2 * enough) + 1):
        if all(abs(round(time * steps) / steps - time) < SAME for time in shown):
            return steps
    return enough


def has_unit(at: str | None) -> bool:
    """Whether a time is given with a unit, so that only the recording says which it is."""
    return at is not None and re.search(r"\d\s*(?!e[-+]?\d)[a-zµμ]", at, re.IGNORECASE) is not None


def at_moments(at: str, group: Group) -> list[float]:
    """Times of a group, some of which are given with a unit; Mistake where its recording does not say what they are."""
    given = clock.times("--at", at, group.seconds, "0,0.25,1")
    return _checked(at, [group.time_of(time) if counted else time for time, counted in given])


def _listed(at: str) -> list[float]:
    return _checked(at, [time for time, _ in clock.times("--at", at, None, "0,0.25,1")])


def _checked(at: str, given: list[float]) -> list[float]:
    found = sorted(set(given))
    outside = [time for time in found if not -SAME <= time <= 1 + SAME]
    if outside:
        raise Mistake(f"--at {at}: {outside[0]:g} lies outside the sequence; times go from 0 to 1")
    found = [min(1.0, max(0.0, time)) for time in found]
    if any(b - a < SAME for a, b in itertools.pairwise(found)):
        raise Mistake(f"--at {at}: two times are closer than {SAME:g}; leave one out")
    return found
