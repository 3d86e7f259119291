"""What a run found, gathered once: the numbers behind the sentences and the report's tables."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from analysis.statistics import carry_over, comparison, ensembles, question, standing
from analysis.statistics.inference import PairedMean, paired_mean
from analysis.tables import constraints, lengths, order, record, selection
from analysis.tables.metric import Metric
from analysis.tables.run import Run

SAME_AS = "same as "
"""How the reason of a confirmation begins that was not trained, since another has its configuration and seeds."""


@dataclass(frozen=True, kw_only=True)
class Dip:
    """A method's error on times it was not shown, against times it was shown."""

    supervision: str
    metric: Metric
    test_mean: float
    train_mean: float
    change: PairedMean
    visible: bool | None
    """None where there are too few replicates to tell."""
    worst_time: float
    worst_mean: float


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Everything a report states; tables are empty where a run has nothing to say yet."""

    run: Run
    metric: Metric
    """The metric of the answer: the search's objective; of recordings in their own unit of length."""
    metrics: list[Metric]
    methods: list[str]
    supervisions: list[str]
    """Those that hide something: the others are in `whole`."""
    whole: list[str]
    """Supervisions that show every time, so that nothing is left to be tested on."""
    baseline: str
    references: dict[str, str]
    comparisons: pd.DataFrame
    """:func:`analysis.compare_run` at ``best`` and at ``published``, one below the other."""
    primary: pd.DataFrame
    """:func:`analysis.primary`; empty where a study names no primary comparison, or none can be made."""
    controls: pd.DataFrame
    """:func:`analysis.statistics.question.controls`; empty where a study has no control."""
    settings: pd.DataFrame
    """:func:`analysis.statistics.comparison.compare_settings` of the answer's metric."""
    levels: pd.DataFrame
    """Mean on the test times: metric, setting, supervision, method, mean, n, lost (pairs of replicate and
    sequence with a missing value), empty (number of empty surfaces), surfaces."""
    league: pd.DataFrame
    """:func:`analysis.league`, ensembles beside single networks: of every metric on the test times, at ``best`` and at
    ``published``; and of the answer's metric on the validation times, at ``best``."""
    standings: pd.DataFrame
    """:func:`analysis.standing` at ``best``: expected errors, probabilities, kinds and costs."""
    dips: list[Dip]
    arms: pd.DataFrame
    """Per searched (method, supervision): complete, pruned, failed, best_objective."""
    parameters: pd.DataFrame
    """Per arm and parameter: method, supervision, parameter, best, published, same."""
    problems: pd.DataFrame
    """Trials that failed or partly diverged: trial, phase, method, supervision, state, reason."""
    unconfirmed: list[tuple[str, str]]
    """(method, supervision) that should be compared, but have no confirmed rows on test times."""
    replicates: int
    """Replicates of a sequence that the confirmation really has, the most of any method and sequence."""
    sequences: int
    """Sequences that are compared: without the searched ones, where the search saw some sequences only."""
    groups: int
    """Groups of sequences, where they are the unit of replication; else 0."""
    unit: record.Unit
    """The unit of replication: what n counts."""
    transfer: pd.DataFrame
    """:func:`analysis.transfer` of the answer's metric; empty where the search saw every sequence."""

    def answered(self, supervision: str) -> pd.DataFrame:
        """The rows that answer the question: the objective's metric, the best setting, one supervision."""
        table = self.comparisons
        wanted = (table["metric"] == self.metric.name) & (table["setting"] == "best")
        return table[wanted & (table["supervision"] == supervision)]

    def level(self, method: str, supervision: str) -> float:
        """A method's mean of the answer's metric on test times at its best setting; NaN if there is none."""
        table = self.levels
        wanted = (table["metric"] == self.metric.name) & (table["setting"] == "best")
        found = table[wanted & (table["supervision"] == supervision) & (table["method"] == method)]
        return float(found["mean"].iloc[0]) if len(found) else float("nan")

    def standing(self, supervision: str, role: str = "test") -> pd.DataFrame:
        """The lines of the league of the answer's metric at the best setting, the best ensemble first."""
        table = self.league
        wanted = (table["metric"] == self.metric.name) & (table["setting"] == "best") & (table["role"] == role)
        return table[wanted & (table["supervision"] == supervision)]

    def delivered(self, method: str, supervision: str) -> float:
        """The mean of the answer's metric on test times of what a method delivers: its ensemble's, or where that is not
        known its single networks'; NaN if there is none."""
        lines = self.standing(supervision)
        found = lines[lines["method"] == method].to_dict("records")
        return ensembles.value(found[0]) if found else float("nan")

    def line(self, supervision: str, method: str | None = None) -> dict[str, Any] | None:
        """The standing of a method, or of the one that is chosen (:mod:`analysis.statistics.preference`); None
        where there is none."""
        table = self.standings[self.standings["supervision"] == supervision]
        lines = table[table["chosen"] if method is None else table["method"] == method]
        return {str(name): value for name, value in lines.iloc[0].items()} if len(lines) else None

    @property
    def units(self) -> int:
        """How many units of replication there are, the most that n can be."""
        known = {"replicate": self.replicates, "sequence": self.sequences}
        return known.get(self.unit, self.groups)

    def trained(self) -> list[str]:
        """The methods that are compared with the baseline and need a network."""
        return [name for name in self.methods if name != self.baseline and name not in self.references]


@lru_cache(maxsize=2)
def gather(run: Run) -> Facts:
    """Read a run's tables and compute what they show, once per opened run. Works on partial runs."""
    opened, run = run, lengths.measured(run)
    metric = record.objective(run)
    metrics = record.metrics(run)
    methods, baseline = record.methods(run), record.baseline(run)
    whole = record.shown_whole(run)
    supervisions = [name for name in record.supervisions(run) if name not in whole]
    tested = record.tested(run)
    sequence = ["method", "supervision", "sequence"]
    have = set(zip(tested["method"], tested["supervision"], strict=True))
    return Facts(
        run=opened,
        metric=metric,
        metrics=metrics,
        methods=methods,
        supervisions=supervisions,
        whole=whole,
        baseline=baseline,
        references=record.references(run),
        comparisons=comparisons(run),
        primary=question.primary(run),
        controls=question.controls(run),
        settings=_settings(run, metric),
        levels=_levels(tested, metrics, methods),
        league=_league(run, [one.name for one in metrics], metric.name),
        standings=standing.standing(run),
        dips=[
            dip
            for name in supervisions
            for each in [metric, *(other for other in metrics if other.name != metric.name)]
            if _varies(run, each)
            if (dip := _dip(run, each, baseline, name)) is not None
        ],
        arms=_arms(run, methods),
        parameters=_parameters(run, methods),
        problems=_problems(run),
        unconfirmed=[(method, name) for name in supervisions for method in methods if (method, name) not in have],
        replicates=int(tested.groupby(sequence)["replicate"].nunique().max()) if len(tested) else 0,
        sequences=int(tested["sequence"].nunique()),
        groups=_groups(tested, record.unit(run)),
        unit=record.unit(run),
        transfer=carry_over.transfer(run, metric.name),
    )


def _groups(tested: pd.DataFrame, unit: str) -> int:
    if unit in comparison.FACTORS or not len(tested):
        return 0
    return int(comparison.groups(tested, unit)[unit].nunique())


def comparisons(run: Run) -> pd.DataFrame:
    """:func:`analysis.compare_run` at ``best`` and at ``published``, one below the other."""
    found = []
    for setting in ("best", "published"):
        try:
            found.append(question.compare_run(run, setting=setting))
        except selection.NoRows:
            continue
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=question.COLUMNS)


def _settings(run: Run, metric: Metric) -> pd.DataFrame:
    if metric.name not in selection.metric_names(run.per_time):
        return pd.DataFrame()
    try:
        return comparison.compare_settings(
            record.tested(run), metric.name, metric.better, unit=record.unit(run), family=question.family(run)
        )
    except selection.NoRows:
        return pd.DataFrame()


def _levels(tested: pd.DataFrame, metrics: list[Metric], methods: list[str]) -> pd.DataFrame:
    address = ["setting", "supervision", "method"]
    columns = ["metric", *address, "mean", "n", "lost", "empty", "surfaces"]
    found = []
    for metric in metrics:
        table = tested.assign(value=tested[metric.name].astype("float64"))
        if "empty" not in table:
            table["empty"] = False
        table["pair"] = table["replicate"].astype("str") + "/" + table["sequence"].astype("str")
        table["empty"] = table["empty"].fillna(False).astype("bool")
        grouped = table.groupby(address, sort=False).agg(
            mean=("value", "mean"), n=("pair", "nunique"), empty=("empty", "sum"), surfaces=("empty", "size")
        )
        missing = table[table["value"].isna()].groupby(address)["pair"].nunique()
        grouped["lost"] = missing.reindex(grouped.index, fill_value=0).astype("int64")
        found.append(grouped.reset_index().assign(metric=metric.name))
    if not found:
        return pd.DataFrame(columns=columns)
    table = pd.concat(found, ignore_index=True)
    rank = order.rank(table["method"], methods)
    place = table["method"].map(rank).astype("int64")
    return table.assign(place=place).sort_values("place", kind="stable", ignore_index=True)[columns]


def _league(run: Run, metrics: list[str], answered: str) -> pd.DataFrame:
    tested = [ensembles.leagues(run, metrics, setting=setting) for setting in ("best", "published")]
    found = [table for table in (*tested, ensembles.league(run, answered, role="validation")) if len(table)]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=ensembles.COLUMNS)


def _varies(run: Run, metric: Metric) -> bool:
    """Whether a metric has a value of its own for every time, not one for a whole sequence."""
    if metric.name not in selection.metric_names(run.per_time):
        return False
    one = run.per_time.groupby(["trial", "replicate", "sequence"])[metric.name].nunique()
    return bool((one > 1).any()) or metric.name == record.objective(run).name


def _dip(run: Run, metric: Metric, method: str, supervision: str) -> Dip | None:
    table = run.per_time
    if metric.name not in selection.metric_names(table):
        return None
    wanted = (table["phase"] == "confirm") & (table["setting"] == "best") & (table["method"] == method)
    wanted &= (table["supervision"] == supervision) & ~table["sequence"].isin(record.searched_sequences(run))
    here = table[wanted]
    pair = ["supervision", "method", "replicate", "sequence"]
    roles = here.pivot_table(index=pair, columns="role", values=metric.name, aggfunc="mean")
    if not {"test", "train"} <= set(roles.columns):
        return None
    pairs = roles[["test", "train"]].dropna().set_axis(["treated", "reference"], axis="columns").reset_index()
    means = comparison.by_unit(pairs, record.unit(run), here)[["treated", "reference"]]
    if means.empty:
        return None
    difference = means["treated"].to_numpy() - means["reference"].to_numpy()
    change = paired_mean(difference, scale=float(means.abs().to_numpy().max()))
    shown = change.low > 0 if metric.lower else change.high < 0
    by_time = here[here["role"] == "test"].groupby("time")[metric.name].mean().dropna()
    worst = int(by_time.argmax() if metric.lower else by_time.argmin())
    return Dip(
        supervision=supervision,
        metric=metric,
        test_mean=float(means["treated"].mean()),
        train_mean=float(means["reference"].mean()),
        change=change,
        visible=bool(shown) if change.n >= comparison.FEWEST else None,
        worst_time=float(by_time.index[worst]),
        worst_mean=float(by_time.iloc[worst]),
    )


def _arms(run: Run, methods: list[str]) -> pd.DataFrame:
    searched = run.trials[run.trials["phase"] == "search"]
    found = []
    for supervision in order.ordered(searched["supervision"], order.SUPERVISIONS):
        for method in order.ordered(searched["method"], methods):
            arm = searched[(searched["method"] == method) & (searched["supervision"] == supervision)]
            if arm.empty:
                continue
            states = {state: int((arm["state"] == state).sum()) for state in ("complete", "pruned", "failed")}
            complete = arm[arm["state"] == "complete"]
            broken = constraints.broken(run, complete)
            complete = complete[broken == broken.min()]
            told = complete[complete["empty"] != 1]  # what nothing scores is a constant, and never the best
            objectives = (told if len(told) else complete)["objective"].dropna()
            best = objectives.min() if record.minimized(run) else objectives.max()
            found.append({"method": method, "supervision": supervision, **states, "best_objective": best})
    columns = ["method", "supervision", "complete", "pruned", "failed", "best_objective"]
    return pd.DataFrame(found, columns=columns)


def _parameters(run: Run, methods: list[str]) -> pd.DataFrame:
    """From the confirmed trials; before those, from the best complete trial of the search."""
    names = [str(name) for name in run.trials if str(name).startswith("param.")]
    trials = run.trials[run.trials["state"] == "complete"].sort_values("objective", ascending=record.minimized(run))
    found = []
    for supervision in order.ordered(trials["supervision"], order.SUPERVISIONS):
        for method in order.ordered(trials["method"], methods):
            arm = trials[(trials["method"] == method) & (trials["supervision"] == supervision)]
            confirmed = {setting: arm[arm["setting"] == setting] for setting in ("best", "published")}
            best = confirmed["best"] if len(confirmed["best"]) else arm[arm["setting"] == "search"]
            published = confirmed["published"]
            for name in names:
                chosen, stated = _first(best, name), _first(published, name)
                if chosen is not None or stated is not None:
                    address = {
                        "method": method,
                        "supervision": supervision,
                        "parameter": name.removeprefix("param."),
                    }
                    found.append({**address, "best": chosen, "published": stated, "same": _same(chosen, stated)})
    return pd.DataFrame(
        found, columns=["method", "supervision", "parameter", "best", "published", "same"], dtype=object
    )


def _first(trials: pd.DataFrame, column: str) -> object:
    value = trials[column].iloc[0] if len(trials) else None
    return None if value is None or pd.isna(value) else value


def _same(one: object, other: object) -> bool:
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return bool(np.isclose(one, other, rtol=1e-9, atol=0.0))
    return one == other


def _problems(run: Run) -> pd.DataFrame:
    table = run.trials
    copied = (table["state"] == "complete") & table["reason"].astype("str").str.startswith(SAME_AS)
    chosen = table[(table["state"] == "failed") | ((table["reason"] != "") & ~copied)]
    return chosen[["trial", "phase", "method", "supervision", "state", "reason"]].reset_index(drop=True)
