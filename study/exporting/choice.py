"""Which confirmed model of a run is exported, and at which times."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from study.errors import Mistake
from study.run_folder import RunFolder

if TYPE_CHECKING:
    import pandas as pd

    from analysis import Run

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
    """The confirmed trial that the options name; among several the one with the best objective on validation rows.

    Raises Mistake where there is none, or where it keeps no model.
    """
    from analysis import record

    objective = record.objective(run)
    confirmed = _confirmed(run, setting)
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
    folder = RunFolder(run.location)
    models = {str(trial): _model(folder, run, str(trial), setting) for trial in confirmed["trial"].unique()}
    having = confirmed[confirmed["trial"].astype(str).map(lambda trial: models[trial] is not None)]
    if having.empty:
        what = f"method {method} keeps no model" if method else "none of its confirmed trials keeps a model"
        with_model = sorted({name.split("-", 1)[1].rsplit("-", 1)[0] for name in folder.names("models", ".pt")})
        offer = f"models are there of {', '.join(with_model)}" if with_model else "there is no file in its models/"
        raise Mistake(f"run {run.name}: {what} (an interpolation has none); {offer}: name one with a model")
    judged = having[having["role"] == "validation"].groupby("trial")[objective.name].mean()
    if judged.empty:
        raise Mistake(f"run {run.name} has no validation rows to choose by; name --method and --supervision")
    best = str(judged.idxmin() if record.minimized(run) else judged.idxmax())
    rows = having[having["trial"] == best]
    found_method, found_supervision = str(rows["method"].iloc[0]), str(rows["supervision"].iloc[0])
    why = f"{objective.label} on validation times {judged[best]:.4g}"
    if len(judged) > 1:
        why += f", the best of {len(judged)} confirmed models"
    sentence = f"method {found_method}, supervision {found_supervision}, setting {setting} ({why})"
    return Choice(best, found_method, found_supervision, setting, models[best] or "", rows, sentence)


def _confirmed(run: Run, setting: str) -> pd.DataFrame:
    try:
        rows = run.per_time
    except (OSError, ValueError, KeyError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise Mistake(f"the tables of run {run.location} cannot be read ({reason}); restore them") from None
    if not rows.empty:
        rows = rows[(rows["phase"] == "confirm") & (rows["setting"] == setting)]
    if rows.empty:
        raise Mistake(f"run {run.name} has no confirmed trial of setting {setting}; name another run or --setting")
    return rows


def _model(folder: RunFolder, run: Run, trial: str, setting: str) -> str | None:
    """The model's file of a trial: its own, or, where the document's setting is the best one and was trained once, that
    of the best."""
    if folder.exists("models", f"{trial}.pt"):
        return folder.file("models", f"{trial}.pt")
    other = f"{trial.removesuffix(setting)}{'best' if setting == 'document' else 'document'}"
    trials = run.trials.set_index("trial")
    if not folder.exists("models", f"{other}.pt") or not {trial, other} <= set(trials.index):
        return None
    parameters = [name for name in trials.columns if name.startswith("param.")]
    mine, theirs = trials.loc[trial, parameters], trials.loc[other, parameters]
    same = ((mine == theirs) | (mine.isna() & theirs.isna())).all()
    return folder.file("models", f"{other}.pt") if same else None


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


def _listed(at: str) -> list[float]:
    try:
        found = sorted({float(part) for part in at.split(",")})
    except ValueError:
        raise Mistake(f"--at {at}: not a list of times; write numbers in 0 … 1 with commas, such as 0,0.25,1") from None
    outside = [time for time in found if not 0 <= time <= 1]
    if outside:
        raise Mistake(f"--at {at}: {outside[0]:g} lies outside the sequence; times go from 0 to 1")
    if any(b - a < SAME for a, b in itertools.pairwise(found)):
        raise Mistake(f"--at {at}: two times are closer than {SAME:g}; leave one out")
    return found
