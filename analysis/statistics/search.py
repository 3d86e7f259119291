"""What a search found, arm by arm (method and supervision), since the methods' spaces differ: Optuna's view of it, the
importance of each parameter, and which values are as good as the best.

    optuna.visualization.plot_contour(analysis.optuna_study(run, "sinkhorn", "sparse"))

A search trial is one look at a noisy objective. Its standard error is taken from the confirmation: how far replicates
of the best setting, which differ in their seeds alone, lie apart on the times that the search ranked on, over the
root of how many replicates a search trial had. By the one-standard-error rule (Breiman, Friedman, Olshen and Stone,
*Classification and Regression Trees*, 1984, section 3.4.3) values within that of the best are as good as it.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.tables import constraints, order, record
from analysis.tables.once import once
from analysis.tables.selection import NoRows
from analysis.wording import listing, number

if TYPE_CHECKING:
    import optuna
    from optuna.distributions import BaseDistribution

    from analysis.tables.run import Run

PREFIX = "param."
GREEK = {"alpha": "α", "beta": "β", "gamma": "γ", "epsilon": "ε"}
FEWEST_TRIALS = 4
"""Complete trials below which an importance means nothing."""
FEWEST_REPLICATES = 3
"""Replicates below which the noise between seeds is not known."""
COLUMNS = [
    "method", "supervision", "parameter", "low", "high", "best", "best_objective", "standard_error", "within",
    "complete", "sentence",
]  # fmt: skip


@once
def arms(run: Run) -> list[tuple[str, str]]:
    """(method, supervision) of every arm that has searched at least one parameter in some trial."""
    searched = run.trials[run.trials["phase"] == "search"]
    found = []
    for method in order.ordered(searched["method"], record.methods(run)):
        for supervision in order.ordered(searched["supervision"], record.supervisions(run)):
            trials = _of_arm(run, method, supervision)
            if _parameters(trials):
                found.append((method, supervision))
    return found


def optuna_study(run: Run, method: str, supervision: str, seconds: bool = False) -> optuna.Study:
    """The search of one arm as an Optuna study in memory, for any of Optuna's own analyses.

    Its distributions are those of the run's record, widened to what was tried. Trials keep number, state, value,
    parameters, and ``seconds`` as a user attribute; with ``seconds`` the study has two objectives, training seconds
    (minimize) and the run's own, of complete trials only. Raises :class:`analysis.tables.selection.NoRows` where there
    is no such arm.
    """
    import optuna

    trials = _of_arm(run, method, supervision)
    if trials.empty:
        known = ", ".join(f"{method} ({supervision})" for method, supervision in arms(run)) or "none"
        raise NoRows(f"no search trials of method '{method}' under {supervision} supervision: the run has {known}")
    direction = "minimize" if record.minimized(run) else "maximize"
    with quiet():
        sampler = optuna.samplers.RandomSampler(seed=0)
        directions: list[Any] = ["minimize", direction] if seconds else [direction]
        study = optuna.create_study(directions=directions, sampler=sampler, study_name=f"{method}-{supervision}")
        if seconds:
            study.set_metric_names(["training seconds", record.objective(run).label])
        kinds = distributions(run, method, supervision)
        for row in trials.to_dict("records"):
            study.add_trial(_trial({str(key): value for key, value in row.items()}, kinds, seconds))
    return study


def _trial(row: dict[str, Any], distributions: dict[str, BaseDistribution], seconds: bool) -> Any:
    import optuna
    from optuna.trial import TrialState

    states = {"complete": TrialState.COMPLETE, "pruned": TrialState.PRUNED, "failed": TrialState.FAIL}
    state = states.get(row["state"], TrialState.FAIL)
    complete = state == TrialState.COMPLETE and np.isfinite(row["objective"])
    values = [row["seconds"], row["objective"]] if seconds else [row["objective"]]
    mine = {name: kind for name, kind in distributions.items() if not pd.isna(row[PREFIX + name])}
    return optuna.trial.create_trial(
        state=TrialState.COMPLETE if complete else TrialState.FAIL if state == TrialState.COMPLETE else state,
        values=values if complete else None,
        params={name: _native(row[PREFIX + name], kind) for name, kind in mine.items()},
        distributions=mine,
        user_attrs={"seconds": row["seconds"], "trial": row["trial"]},
    )


def searched(run: Run) -> bool:
    """Whether some arm has, or is to have, more than the one trial that is as its method is set."""
    counts = run.trials[run.trials["phase"] == "search"].groupby(["method", "supervision"], observed=True).size()
    wanted = run.record.get("trials_per_arm")
    return bool((counts > 1).any()) or wanted != 1


def ranked(run: Run, method: str, supervision: str) -> pd.DataFrame:
    """The trials of an arm by number, with ``rank``: 1 is the one that is taken for the best, by what finalists had
    when they were trained again, where there were any; NaN where a trial is not complete."""
    trials = _of_arm(run, method, supervision)
    known = trials[(trials["state"] == "complete") & np.isfinite(trials["objective"])]
    sign = 1.0 if record.minimized(run) else -1.0
    again = known["number"].map(finals(run, method, supervision))
    keys = {"broken": constraints.broken(run, known), "empty": known["empty"] == 1, "only once": again.isna()}
    keys["loss"] = sign * again.fillna(known["objective"])
    order_of = known.assign(**keys).sort_values(list(keys), kind="stable").index
    return trials.assign(rank=pd.Series(np.arange(1.0, len(order_of) + 1), order_of))


def finals(run: Run, method: str, supervision: str) -> dict[int, float]:
    """Number of a trial → its mean objective when it was trained again, of the finalists of an arm."""
    trials = run.trials
    wanted = (trials["phase"] == "final") & (trials["method"] == method) & (trials["supervision"] == supervision)
    complete = trials[wanted & (trials["state"] == "complete") & np.isfinite(trials["objective"])]
    return dict(zip(complete["number"].astype(int), complete["objective"].astype(float), strict=True))


def distributions(run: Run, method: str, supervision: str) -> dict[str, BaseDistribution]:
    """Parameter → what the record says that it may be, widened to what was tried."""
    trials = _of_arm(run, method, supervision)
    return {name: _distribution(run, trials, name) for name in _parameters(trials)}


def importances(run: Run) -> pd.DataFrame:
    """``method, supervision, parameter, importance, complete``: PED-ANOVA (Watanabe et al. 2023, in
    its conditional form), the parts summing to 1 in each arm, of ``complete`` trials; NaN below four of them.

    Of ten thousand trials this takes seconds, and a report asks for every arm: it is computed once for a run.
    """
    return _importances(run).copy()


@once
def _importances(run: Run) -> pd.DataFrame:
    import optuna

    found = []
    for method, supervision in arms(run):
        number_of = complete(run, method, supervision)
        parts = dict.fromkeys(_parameters(_of_arm(run, method, supervision)), np.nan)
        if number_of >= FEWEST_TRIALS:
            study = optuna_study(run, method, supervision)
            with quiet():
                parts |= optuna.importance.get_param_importances(study, evaluator=evaluator(number_of))
        for name in sorted(parts, key=lambda name: -np.nan_to_num(parts[name])):
            address = {"method": method, "supervision": supervision, "parameter": name}
            found.append({**address, "importance": parts[name], "complete": number_of})
    return pd.DataFrame(found, columns=["method", "supervision", "parameter", "importance", "complete"])


def evaluator(trials: int) -> Any:
    """Optuna's PED-ANOVA of what takes a trial into the best tenth of the complete ``trials``, the best two at
    least."""
    from optuna.importance import PedAnovaImportanceEvaluator

    return PedAnovaImportanceEvaluator(target_quantile=min(0.5, max(0.1, 2 / trials)))


@once
def one_standard_error(run: Run) -> pd.DataFrame:
    """Per arm and parameter: the values next to each other, the best among them, that are within one standard error of
    the best, and a sentence that says so.

    ``low`` to ``high`` are texts where a parameter's values are; ``best`` is the best value, ``best_objective`` its
    objective, ``standard_error`` that of one search trial (NaN where fewer than three replicates were confirmed);
    ``within`` counts the complete trials from ``low`` to ``high`` that are within it, ``complete`` all of them.
    """
    found = []
    for method, supervision in arms(run):
        trials = _of_arm(run, method, supervision)
        trials = trials[(trials["state"] == "complete") & np.isfinite(trials["objective"])]
        told = trials[trials["empty"] != 1]  # as the search has it: what predicts nothing is not the best
        trials = told if len(told) else trials
        if trials.empty:
            continue
        error = standard_error(run, method, supervision)
        for name in _parameters(trials):
            found.append({"method": method, "supervision": supervision, **_range(run, trials, name, error)})
            found[-1]["sentence"] = _sentence(run, found[-1])
    return pd.DataFrame(found, columns=COLUMNS)


def standard_error(run: Run, method: str, supervision: str) -> float:
    """Of the objective of one search trial of an arm, in the metric's unit; NaN where it is not known."""
    trials = _of_arm(run, method, supervision)
    metric = record.objective(run).name
    role = (run.record.get("objective") or {}).get("role", "validation")
    rows = run.per_time
    if metric not in rows or trials.empty:
        return float("nan")
    wanted = (rows["phase"] == "confirm") & (rows["setting"] == "best") & (rows["role"] == role)
    wanted &= (rows["method"] == method) & (rows["supervision"] == supervision)
    if searched := record.searched_sequences(run):
        wanted &= rows["sequence"].isin(searched)
    means = rows[wanted].groupby("replicate")[metric].mean().dropna()
    if len(means) < FEWEST_REPLICATES:
        return float("nan")
    return float(means.std(ddof=1) / np.sqrt(trials["replicates"].max()))


def _range(run: Run, trials: pd.DataFrame, name: str, error: float) -> dict[str, Any]:
    """The values around the best that are as good as it, in the order of the parameter; a value that was tried more
    than once is as good as its best trial, and of equal trials the first is the best."""
    sign = 1.0 if record.minimized(run) else -1.0
    trials = trials[trials[PREFIX + name].notna()]
    losses = sign * trials["objective"]
    by_value = losses.groupby(trials[PREFIX + name]).min()  # in the order of the values
    allowed = by_value.min() + (0.0 if np.isnan(error) else error)
    values = list(by_value.index)
    good, best = (by_value <= allowed).to_numpy(), values.index(trials[PREFIX + name].iloc[int(losses.argmin())])
    low = high = best
    while low > 0 and good[low - 1]:
        low -= 1
    while high < len(good) - 1 and good[high + 1]:
        high += 1
    inside = trials[PREFIX + name].isin(values[low : high + 1])
    return {
        "parameter": name,
        "low": values[low],
        "high": values[high],
        "best": values[best],
        "best_objective": float(sign * by_value.min()),
        "standard_error": error,
        "within": int((inside & (losses <= allowed)).sum()),
        "complete": len(trials),
    }


def _sentence(run: Run, row: dict[str, Any]) -> str:
    """Of one parameter of one arm."""
    arm = f"{row['method']} ({row['supervision']})"
    if row["complete"] == 1:
        return f"{arm}: one trial alone is complete, so that nothing is known beside {_part(row)}."
    if np.isnan(row["standard_error"]):
        few = f"fewer than {FEWEST_REPLICATES} replicates of the best are confirmed, so that its noise is not known"
        return f"{arm}: one cannot tell what is as good as {label(row['parameter'])} = {_value(row['best'])}: {few}."
    error = f"one standard error ({number(row['standard_error'], 2)}) of the best"
    return f"{arm}: {_part(row)} is within {error} ({row['within']} of {row['complete']} complete trials)."


def _part(row: dict[str, Any]) -> str:
    name = label(row["parameter"])
    if row["low"] == row["high"]:
        return f"{name} = {_value(row['best'])}"
    return f"{name} between {_value(row['low'])} and {_value(row['high'])}"


def _value(value: Any) -> str:
    return value if isinstance(value, str) else f"{float(value):.3g}".replace("-", "−")


def sentences(run: Run, method: str | None = None) -> list[str]:
    """One sentence per arm (of ``method``, if given) that says of all its parameters what
    :func:`one_standard_error` says of each."""
    found = []
    table = one_standard_error(run)
    for (name, supervision), rows in table.groupby(["method", "supervision"], sort=False):
        if method not in (None, name):
            continue
        lines = rows.to_dict("records")
        first = {str(key): value for key, value in lines[0].items()}
        parts = listing([_part({str(key): value for key, value in line.items()}) for line in lines])
        if first["complete"] == 1 or np.isnan(first["standard_error"]):
            found.append(_sentence(run, first) if len(lines) == 1 else _untold(first, parts))
            continue
        error = f"one standard error ({number(first['standard_error'], 2)}) of the best"
        least, most = min(line["within"] for line in lines), max(line["within"] for line in lines)
        held = f"{least}" if least == most else f"{least} to {most}"
        verb = "is" if len(lines) == 1 else "are, each on its own,"
        found.append(
            f"{name} ({supervision}): {parts} {verb} within {error} ({held} of {first['complete']} complete trials)."
        )
    return found


def _untold(row: dict[str, Any], parts: str) -> str:
    arm = f"{row['method']} ({row['supervision']})"
    if row["complete"] == 1:
        return f"{arm}: one trial alone is complete, so that nothing is known beside {parts}."
    few = f"fewer than {FEWEST_REPLICATES} replicates of the best are confirmed, so that its noise is not known"
    return f"{arm}: one cannot tell what is as good as the best: {few}."


def label(name: str) -> str:
    """A parameter as plots name it: ``regularizers.sinkhorn.alpha`` is ``sinkhorn α``."""
    *path, last = name.removeprefix("regularizers.").split(".")
    return " ".join([*path, GREEK.get(last, last.replace("_", " "))])


def complete(run: Run, method: str, supervision: str) -> int:
    """How many trials of an arm have ended with a value."""
    trials = _of_arm(run, method, supervision)
    return int(((trials["state"] == "complete") & np.isfinite(trials["objective"])).sum())


def ended(run: Run, method: str, supervision: str) -> int:
    """How many trials of an arm have ended, complete or stopped."""
    return int(_of_arm(run, method, supervision)["state"].isin(["complete", "pruned"]).sum())


@once
def _of_arm(run: Run, method: str, supervision: str) -> pd.DataFrame:
    trials = run.trials
    wanted = (trials["phase"] == "search") & (trials["method"] == method) & (trials["supervision"] == supervision)
    return trials[wanted].sort_values("number")


def _parameters(trials: pd.DataFrame) -> list[str]:
    """The parameters that some of these trials have a value of."""
    names = [str(name) for name in trials if str(name).startswith(PREFIX)]
    return [name.removeprefix(PREFIX) for name in names if trials[name].notna().any()]


def _distribution(run: Run, trials: pd.DataFrame, name: str) -> BaseDistribution:
    """What the record says a parameter may be, widened to what was tried; guessed where the record is silent."""
    from optuna import distributions as kinds

    values = trials[PREFIX + name].dropna().tolist()
    space = (run.record.get("configuration") or {}).get("space") or {}
    if name in space:
        known = kinds.json_to_distribution(json.dumps(space[name]))
        if isinstance(known, kinds.CategoricalDistribution):
            return kinds.CategoricalDistribution([*known.choices, *(v for v in values if v not in known.choices)])
        if isinstance(known, kinds.IntDistribution):
            whole = [int(value) for value in values]
            low, high = min([known.low, *whole]), max([known.high, *whole])
            return kinds.IntDistribution(low, high, log=known.log, step=1 if known.log else known.step)
        if isinstance(known, kinds.FloatDistribution):
            low_, high_ = min([known.low, *values]), max([known.high, *values])
            return kinds.FloatDistribution(low_, high_, log=known.log, step=known.step)
    if any(isinstance(value, str | bool) for value in values):
        return kinds.CategoricalDistribution(list(dict.fromkeys(values)))
    least, most = float(min(values)), float(max(values))
    return kinds.FloatDistribution(least, most, log=least > 0 and most > 10 * least)


def _native(value: Any, kind: BaseDistribution) -> Any:
    """A table's value as Optuna had it: whole numbers with gaps are stored as floats."""
    from optuna import distributions as kinds

    if isinstance(kind, kinds.CategoricalDistribution):
        return next(choice for choice in kind.choices if choice == value)
    return int(value) if isinstance(kind, kinds.IntDistribution) else float(value)


@contextmanager
def quiet() -> Iterator[None]:
    """Optuna without its notes on every study made, and without warnings that its plots are experimental."""
    import optuna

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        optuna.logging.set_verbosity(before)
