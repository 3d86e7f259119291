"""What a run's record says about its study, and what its tables say where the record is silent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from analysis.tables import order, selection
from analysis.tables.metric import MARGINS, Metric, lower_is_better
from analysis.tables.run import Run

Unit = str
"""The unit of replication, what n counts: ``replicate`` or ``sequence``, each the mean over the other of the two, or a
column of the table that says to which group a sequence belongs (``fold``, ``class``): the mean over its sequences."""


def metrics(run: Run) -> list[Metric]:
    """The study's metrics, in its order; where the record names none, the columns of ``per_time``.

    Metrics without a column are left out. ``over_time`` is false for a metric that has one value per sequence.
    """
    present = selection.metric_names(run.per_time)
    entries: list[dict[str, Any]] = run.record.get("metrics") or [{"name": name} for name in present]
    confirmed = run.per_time[run.per_time["phase"] == "confirm"]
    curves = confirmed.groupby(["trial", "replicate", "sequence"])[present].nunique().max() > 1
    known = [read_metric(entry) for entry in entries if entry["name"] in present]
    return [replace(metric, over_time=metric.over_time and bool(curves[metric.name])) for metric in known]


def objective(run: Run) -> Metric:
    """The metric that the search ranks on, and with which a report answers first."""
    name = str((run.record.get("objective") or {}).get("metric", "chamfer"))
    entries = [entry for entry in run.record.get("metrics") or [] if entry["name"] == name]
    return read_metric(entries[0] if entries else {"name": name})


def minimized(run: Run) -> bool:
    """Whether the search looks for a low objective."""
    return (run.record.get("objective") or {}).get("direction", "minimize") == "minimize"


def declared(run: Run) -> list[Metric]:
    """What the record says of the study's metrics."""
    return [read_metric(entry) for entry in run.record.get("metrics") or []]


def read_metric(entry: dict[str, Any]) -> Metric:
    """A metric as a record declares it; what records of earlier versions do not say is filled in."""
    name = entry["name"]
    return Metric(
        name=name,
        label=entry.get("label") or name,
        unit=entry.get("unit") or "",
        lower=lower_is_better(name, entry.get("better")),
        over_time=entry.get("per") != "sequence",
        margin=entry.get("margin") or MARGINS.get(name),
    )


def dimension(run: Run) -> int:
    """Of its shapes: 3 in space, 2 in the plane."""
    return int(run.record.get("dimension") or 3)


def baseline(run: Run) -> str:
    return str(run.record.get("baseline", "none"))


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One method against another, in the objective's metric at the best setting."""

    method: str
    baseline: str
    supervision: str


def primary(run: Run) -> list[Comparison]:
    """The comparisons that the study named before there was a result; none in runs of earlier versions."""
    return [
        Comparison(method=pair["method"], baseline=pair["baseline"], supervision=pair["supervision"])
        for pair in run.record.get("primary") or []
    ]


def methods(run: Run) -> list[str]:
    """In display order: those the record names, then any others that the tables hold."""
    named = list(run.record.get("methods") or order.METHODS)
    found = {*run.trials["method"], *run.per_time["method"], *(run.record.get("methods") or [])}
    return order.ordered(found, named)


def supervisions(run: Run) -> list[str]:
    named = list(run.record.get("supervisions") or order.SUPERVISIONS)
    found = {
        *run.trials["supervision"],
        *run.per_time["supervision"],
        *(run.record.get("supervisions") or []),
    }
    return order.ordered(found, named)


def shown_whole(run: Run) -> list[str]:
    """Supervisions that show every time: those under which all that was confirmed has the role ``train``."""
    table = run.per_time[run.per_time["phase"] == "confirm"]
    hidden = set(table.loc[table["role"] != "train", "supervision"])
    return [name for name in supervisions(run) if name in set(table["supervision"]) - hidden]


def references(run: Run) -> dict[str, str]:
    """Methods that need no network → what their level means (``floor``, ``ceiling``)."""
    named = run.record.get("references")
    return dict(named) if named is not None else dict(order.REFERENCES)


def controls(run: Run) -> list[str]:
    """Methods that the others must beat to be more than what a simpler remedy does."""
    return [str(name) for name in run.record.get("controls") or []]


def unit(run: Run) -> Unit:
    """What n counts: ``replicate`` (the networks), unless the study says that it is the ``sequence``, or a column that
    groups sequences. Some runs were recorded with a unit that is not independent: they are read with what is."""
    if "validation" not in run.record and run.study in EARLIER_UNITS:
        return EARLIER_UNITS[run.study]
    return str(run.record.get("unit") or "replicate")


EARLIER_UNITS = {"red-blood-cells": "fold", "known-motion": "class", "sea-ice": "replicate"}
"""Study → unit, of runs whose record is older than what the search ranks on."""
UNIT_NAMES = {"replicate": "replicate", "fold": "fold", "class": "kind"}
"""What a unit is called, in the singular, unless it is a sequence."""


def unit_name(run: Run) -> str:
    """What one unit of replication is called: ``replicate``, ``image``, ``fold``, …"""
    return subject(run) if unit(run) == "sequence" else UNIT_NAMES.get(unit(run), unit(run))


def unit_words(run: Run) -> str:
    """The unit of replication in words, as the study puts it."""
    return str(run.record.get("replication_unit") or f"{unit(run)}s")


def subject(run: Run) -> str:
    """What a sequence is called: ``sequence``, or what a study without a time axis is about (``image``, say)."""
    return str(run.record.get("subject") or "sequence")


def cases(run: Run) -> str:
    """What a row is a score of, in the plural: ``times``, or the subjects of a study without a time axis."""
    return f"{subject(run)}s" if timeless(run) else "times"


def timeless(run: Run) -> bool:
    """Whether the study has no time axis, so that nothing can be drawn over time."""
    return bool(run.record.get("subject"))


def validation(run: Run) -> str:
    """What the search ranked on: ``left-out``, ``other-sequences`` or ``between`` (:data:`CHOSEN_ON`). A run whose
    record is silent chose between the tested times, unless its search had sequences of its own."""
    said = run.record.get("validation")
    return str(said or ("other-sequences" if searched_sequences(run) else "between"))


def chosen_on(run: Run) -> str:
    """The same in words."""
    words = CHOSEN_ON[validation(run)]
    return words.format(cases=cases(run), subjects=f"{subject(run)}s")


CHOSEN_ON = {
    "left-out": "shown {cases} that each trial of the search was trained without",
    "other-sequences": "other {subjects} than those that are compared",
    "between": "validation {cases} of the compared {subjects}, which lie between the tested ones",
}


def searched_sequences(run: Run) -> list[str]:
    """The only sequences that the search saw, where their setting is transferred to others; else none."""
    return [str(name) for name in run.record.get("searched_sequences") or []]


def tested(run: Run) -> pd.DataFrame:
    """What is compared: the rows of the confirmation on test times, without the sequences that the search saw
    where it saw some only."""
    table = run.per_time
    wanted = (table["phase"] == "confirm") & (table["role"] == "test")
    return table[wanted & ~table["sequence"].isin(searched_sequences(run))]
