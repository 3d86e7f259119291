"""Reading the tables of a run folder: ``trials``, ``per_time``, ``curves`` and ``surfaces``, on any filesystem
that fsspec reaches.

A phase that is finished has one compacted file; a phase that is running has one small file per trial. Both
are read, and the per-trial files, which are the newer ones where both exist, win.
"""

from __future__ import annotations

import io
import json
import posixpath
from collections.abc import Callable
from typing import Any

import pandas as pd

TRIAL_COLUMNS = {
    **dict.fromkeys(("study", "run", "trial", "phase", "setting", "method", "supervision"), "str"),
    "number": "int64",
    "state": "str",
    "reason": "str",
    "objective": "float64",
    "epochs": "int64",
    "replicates": "int64",
    "seconds": "float64",
    "started": "str",
}
PER_TIME_COLUMNS = {
    **dict.fromkeys(("study", "run", "trial", "phase", "setting", "method", "supervision"), "str"),
    "replicate": "int64",
    "seed": "int64",
    "sequence": "str",
    "time_index": "int64",
    "time": "float64",
    "role": "str",
}
DESCRIPTORS = ("z1", "z2", "hull", "speed", "smoothing", "division_time", "fold", "class", "window")
"""Columns of ``per_time`` that some studies have and that describe a row's sequence: no metrics, even where they
are numbers."""
CURVE_COLUMNS = {"trial": "str", "replicate": "int64", "epoch": "int64"}
SURFACE_COLUMNS = {
    "trial": "str",
    "replicate": "int64",
    "sequence": "str",
    "time": "float64",
    **dict.fromkeys(("kind", "role"), "str"),
    **dict.fromkeys(("vertices", "faces"), "object"),
}

PER_TIME_KEY = ["trial", "replicate", "sequence", "time_index"]
CURVE_KEY = ["trial", "replicate", "epoch"]
SURFACE_KEY = ["trial", "replicate", "sequence", "time", "kind"]

_ATTEMPTS = 5


def read_trials(filesystem: Any, folder: str) -> pd.DataFrame:
    """One row per trial, sorted by the trial's name; empty, with its columns, before the first trial has
    finished."""

    def read() -> list[pd.DataFrame]:
        tables = [_parquet(filesystem, path) for path in _listed(filesystem, folder, "trials.parquet")]
        records = [json.loads(filesystem.cat_file(path)) for path in _listed(filesystem, folder, "trials/*.json")]
        return [*tables, pd.DataFrame.from_records(records)]

    table = _joined(_stable(read), TRIAL_COLUMNS, key=["trial"])
    return table.sort_values("trial", ignore_index=True)


def read_per_time(filesystem: Any, folder: str) -> pd.DataFrame:
    """One row per (trial, replicate, sequence, time), sorted so."""
    table = _joined(_parts(filesystem, folder, "per_time"), PER_TIME_COLUMNS, key=PER_TIME_KEY)
    return table.sort_values(PER_TIME_KEY, ignore_index=True)


def read_curves(filesystem: Any, folder: str) -> pd.DataFrame:
    """One row per (trial, replicate, epoch), sorted so; one column per loss term, NaN where a method has no
    such term."""
    table = _joined(_parts(filesystem, folder, "curves"), CURVE_COLUMNS, key=CURVE_KEY)
    return table.sort_values(CURVE_KEY, ignore_index=True)


def read_surfaces(filesystem: Any, folder: str) -> pd.DataFrame:
    """One row per (trial, replicate, sequence, time, kind), sorted so; empty, with its columns, where a run keeps no
    surfaces.

    ``kind`` is ``predicted`` or ``true``, ``role`` that of the time. ``vertices`` holds (3V,) float32 numbers, x y z
    of one vertex after the other in domain units, ``faces`` (3F,) int32 vertex numbers; both are of length 0 where
    there is no surface. A study without a time axis may add rows of kind ``input`` and a column ``pixels`` (n²,), the
    grey levels in 0 … 1 of the image that went in, row by row. Studies of images over time have no meshes but rows of
    kind ``true``, ``predicted``, ``latent`` and ``field`` with ``picture``, ``height`` and ``width``: see
    :mod:`analysis.pictures`.
    """
    table = _joined(_parts(filesystem, folder, "surfaces"), SURFACE_COLUMNS, key=SURFACE_KEY)
    return table.sort_values(SURFACE_KEY, ignore_index=True)


def _parts(filesystem: Any, folder: str, table: str) -> list[pd.DataFrame]:
    """All files of one table: the compacted ones first, then those that hold the one trial they are named
    after."""

    def read() -> list[pd.DataFrame]:
        parts = []
        for path in _listed(filesystem, folder, f"{table}/*.parquet"):
            part = _parquet(filesystem, path)
            stem = posixpath.basename(path).removesuffix(".parquet")
            parts.append((bool((part["trial"] == stem).any()), path, part))
        return [part for _, _, part in sorted(parts, key=lambda entry: entry[:2])]

    return _stable(read)


def _stable(read: Callable[[], list[pd.DataFrame]]) -> list[pd.DataFrame]:
    """``read()``, again when a file went away between listing and reading: the run is being compacted right
    now."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return read()
        except FileNotFoundError:
            continue
    return read()


def _listed(filesystem: Any, folder: str, pattern: str) -> list[str]:
    filesystem.invalidate_cache()
    paths = filesystem.glob(posixpath.join(folder, pattern))
    return sorted(path for path in paths if not posixpath.basename(path).startswith("."))


def _parquet(filesystem: Any, path: str) -> pd.DataFrame:
    return pd.read_parquet(io.BytesIO(filesystem.cat_file(path)), engine="pyarrow")


def _joined(parts: list[pd.DataFrame], columns: dict[str, str], key: list[str]) -> pd.DataFrame:
    """One table from its parts, typed, without doubles on ``key`` (the last one stays)."""
    filled = [part.dropna(axis="columns", how="all") for part in parts if len(part)]
    table = pd.concat(filled, ignore_index=True) if filled else pd.DataFrame()
    names = dict.fromkeys([*columns, *(name for part in parts for name in part.columns)])
    table = table.reindex(columns=list(names))
    texts = [name for name, kind in columns.items() if kind == "str"]
    table = table.astype(dict.fromkeys(texts, object))
    table[texts] = table[texts].fillna("")
    table = table.astype({name: kind for name, kind in columns.items() if table[name].notna().all()})
    return table.drop_duplicates(key, keep="last", ignore_index=True)
