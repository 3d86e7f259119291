"""What a trial says to MLflow, as plain data: one ``Child`` per replicate, equal for equal tables.

Metric names and their steps:

    train/<loss term>             step = epoch, at most 50 points a curve
    <role>/<metric>               step = time index, mean over sequences; `shown` for role train
    <role>/<metric>/<sequence>    likewise for one sequence, where a trial has several (and not too many)
    mean/<role>/<metric>          over all of a role's times and sequences
    objective, bifurcation_time…  one value
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, TypeVar

import numpy as np
import pandas as pd

K = TypeVar("K")

ROLE_NAMES = {"train": "shown"}
"""`train/` already holds the losses; the times a model was shown go under another name."""
COUNTS = ("empty", "components", "betti_0_error", "betti_1_error", "betti_2_error")
"""Columns per time that are followed beside the study's metrics."""
SEQUENCE_SCALARS = ("bifurcation_time", "bifurcation_time_error", "bifurcation_delay")
"""Columns that hold one value per sequence, beside those of the study's metrics that say so."""
CURVE_POINTS = 50
"""MLflow's cost is per point, some 0.1 ms; the tables hold every epoch."""
SEQUENCES_SHOWN = 16
"""With more sequences than this, only their mean: MLflow is for looking, the tables hold the rest."""
PARAMETERS = ("method", "supervision", "setting")
TAGS = ("trial", "method", "supervision", "phase", "setting", "state", "reason")
STATUS = {"complete": "FINISHED", "failed": "FAILED", "pruned": "KILLED"}
LONGEST_KEY = 150
"""Letters of a name in a key; MLflow refuses keys of more than 250, and a metric's has a role and a metric before."""
LONGEST = 5000
"""Characters of a parameter or tag; MLflow refuses more than 6000."""


@dataclass(frozen=True, kw_only=True)
class Child:
    """One replicate of one trial."""

    replicate: int
    parameters: dict[str, str]
    tags: dict[str, str]
    metrics: list[tuple[str, float, int]]
    """Name, value, step."""
    status: str
    started_ms: int
    ended_ms: int

    @property
    def content(self) -> str:
        """A digest of all of it: equal if and only if there is nothing new to log."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]


def children(
    trial: Mapping[str, Any],
    per_time: pd.DataFrame,
    curves: pd.DataFrame,
    metrics: Sequence[str],
    created_ms: int,
    per_sequence: Sequence[str] = (),
) -> list[Child]:
    """The children of a row of ``trials``, with its rows of ``per_time`` and ``curves`` (may be empty).

    `metrics` are the names of the study's, `per_sequence` those of them that have one value for a sequence.
    """
    per_time = _rows_of(trial["trial"], per_time, ["replicate", "sequence", "time_index"])
    curves = _rows_of(trial["trial"], curves, ["replicate", "epoch"])
    numbers = set(range(int(as_number(trial.get("replicates")) or 0)))
    numbers |= {int(r) for table in (per_time, curves) if len(table) for r in table["replicate"].unique()}
    started = as_text(trial.get("started"))
    started_ms = int(datetime.fromisoformat(started).timestamp() * 1000) if started else created_ms
    ended_ms = started_ms + int(1000 * (as_number(trial.get("seconds")) or 0.0))
    parameters = texts({name: trial.get(name) for name in PARAMETERS})
    parameters |= texts({k.removeprefix("param."): v for k, v in trial.items() if k.startswith("param.")})
    parameters |= texts({k: v for k, v in trial.items() if k.startswith("derived.")})
    tags = texts({name: trial.get(name) for name in TAGS})
    objective = as_number(trial.get("objective"))
    found = []
    for number in sorted(numbers or {0}):
        rows = per_time[per_time["replicate"] == number] if len(per_time) else per_time
        losses = curves[curves["replicate"] == number] if len(curves) else curves
        seed = {"seed": rows["seed"].iloc[0]} if len(rows) and "seed" in rows else {}
        logged = [*_curves(losses), *_per_time(rows, metrics, per_sequence)]
        if objective is not None:
            logged.append(("objective", objective, 0))
        found.append(
            Child(
                replicate=number,
                parameters=parameters | texts(seed),
                tags=tags | {"replicate": str(number)},
                metrics=logged,
                status=STATUS[trial["state"]],
                started_ms=started_ms,
                ended_ms=ended_ms,
            )
        )
    return found


def _rows_of(trial: str, table: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    if not len(table):
        return table
    if "trial" in table:
        table = table[table["trial"] == trial]
    return table.drop_duplicates(key, keep="last").sort_values(key)


def _curves(losses: pd.DataFrame) -> Iterator[tuple[str, float, int]]:
    if not len(losses):
        return
    epochs = losses["epoch"].to_numpy(dtype=np.int64)
    for term in losses.columns.difference(["study", "run", "trial", "replicate", "epoch"], sort=False):
        values = losses[term].to_numpy(dtype=np.float64)
        known = np.flatnonzero(np.isfinite(values))
        for index in known[_thinned(len(known))]:
            yield f"train/{_key(term)}", float(values[index]), int(epochs[index])


def _thinned(n: int) -> np.ndarray:
    """Evenly spaced indices of n points, [min(n, CURVE_POINTS),], with the first and the last."""
    return np.linspace(0, n - 1, min(n, CURVE_POINTS)).round().astype(np.int64)


def _per_time(
    rows: pd.DataFrame, metrics: Sequence[str], per_sequence: Sequence[str]
) -> Iterator[tuple[str, float, int]]:
    if not len(rows):
        return
    columns = [name for name in dict.fromkeys([*metrics, *COUNTS]) if name in rows]
    scalars = [name for name in dict.fromkeys([*SEQUENCE_SCALARS, *per_sequence]) if name in rows]
    values = rows[columns].astype(np.float64)
    roles = [ROLE_NAMES.get(role, role) for role in rows["role"]]
    times = rows["time_index"].tolist()
    sequences = [_key(sequence) for sequence in rows["sequence"]]
    for (role, step), mean in _means(values, list(zip(roles, times, strict=True))):
        yield from _named(f"{role}/{{}}", columns, mean, step)
    for role, mean in _means(values, roles):
        yield from _named(f"mean/{role}/{{}}", columns, mean, 0)
    own = rows.drop_duplicates("sequence").set_index("sequence")[scalars].astype(np.float64)
    yield from _named("{}", scalars, own.mean().tolist(), 0)
    if not 1 < len(own) <= SEQUENCES_SHOWN:
        return
    for role, step, sequence, row in zip(roles, times, sequences, values.to_numpy().tolist(), strict=True):
        yield from _named(f"{role}/{{}}/{sequence}", columns, row, step)
    for sequence, row in zip(own.index, own.to_numpy().tolist(), strict=True):
        yield from _named(f"{{}}/{_key(sequence)}", scalars, row, 0)


def _means(values: pd.DataFrame, by: list[K]) -> Iterator[tuple[K, list[float]]]:
    """Each group's key and its column means, NaNs left out; groups in the order of their first rows."""
    groups: dict[K, list[int]] = {}
    for position, key in enumerate(by):
        groups.setdefault(key, []).append(position)
    table = values.to_numpy()
    for key, positions in groups.items():
        known = np.isfinite(table[positions])
        total = np.where(known, table[positions], 0.0).sum(axis=0)
        count = known.sum(axis=0)
        yield key, np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0).tolist()


def _named(pattern: str, names: Sequence[str], values: Sequence[float], step: int) -> Iterator[tuple[str, float, int]]:
    for name, value in zip(names, values, strict=True):
        if math.isfinite(value):
            yield pattern.format(_key(name)), value, step


def _key(name: object) -> str:
    """A name as MLflow takes it in a metric's or parameter's key."""
    key = re.sub(r"[^\w\-. ]", "_", str(name), flags=re.ASCII)
    if len(key) > LONGEST_KEY:
        key = f"{key[: LONGEST_KEY - 9]}-{hashlib.sha256(str(name).encode()).hexdigest()[:8]}"
    return key.replace(".", "_") if not key.strip(".") else key  # it would be a path, which MLflow refuses


def texts(values: Mapping[str, Any]) -> dict[str, str]:
    """Parameters or tags, without those that are missing."""
    written = {_key(name): as_text(value) for name, value in values.items()}
    return {name: text for name, text in written.items() if text}


def as_number(value: Any) -> float | None:
    """A finite number, or None."""
    return float(value) if value is not None and pd.notna(value) and math.isfinite(value) else None


def as_text(value: Any) -> str | None:
    """A value as a parameter or tag shows it; None for what is missing.

    A whole number reads the same whether it comes from a record (7) or from a column with gaps (7.0).
    """
    if value is None or (np.ndim(value) == 0 and pd.isna(value)):
        return None
    if isinstance(value, float | np.floating):
        number = float(value)
        value = int(number) if number.is_integer() and abs(number) < 1e15 else number
    text = str(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
