"""Reading the tables of a run folder: ``trials``, ``per_time``, ``ensembles``, ``curves`` and ``surfaces``, on any
filesystem that fsspec reaches.

A phase that is finished has one compacted file; a phase that is running has one small file per trial. Both
are read, and the per-trial files, which are the newer ones where both exist, win.
"""

from __future__ import annotations

import contextlib
import fnmatch
import io
import json
import posixpath
from collections.abc import Callable
from typing import Any, TypeAlias

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from analysis.tables import door, settings
from analysis.tables.soundness import DamagedTable, may_be_a_path

TRIAL_COLUMNS = {
    **dict.fromkeys(("study", "run", "trial", "phase", "setting", "method", "supervision"), "category"),
    "number": "int64",
    "state": "category",
    "reason": "str",
    "objective": "float64",
    "empty": "float64",
    "epochs": "int64",
    "replicates": "int64",
    "seconds": "float64",
    "started": "str",
}
PER_TIME_COLUMNS = {
    **dict.fromkeys(("study", "run", "trial", "phase", "setting", "method", "supervision"), "category"),
    "replicate": "int64",
    "seed": "int64",
    "sequence": "category",
    "time_index": "int64",
    "time": "float64",
    "role": "category",
}
ENSEMBLE_COLUMNS = {
    **{name: kind for name, kind in PER_TIME_COLUMNS.items() if name not in ("replicate", "seed")},
    "draw": "int64",
    "replicates": "int64",
}
DESCRIPTORS = ("z1", "z2", "hull", "speed", "smoothing", "division_time", "fold", "class", "window")
"""Columns of ``per_time`` that some studies have and that describe a row's sequence: no metrics, even where they
are numbers."""
CURVE_COLUMNS = {"trial": "category", "replicate": "int64", "epoch": "int64"}
SURFACE_COLUMNS = {
    "trial": "category",
    "replicate": "int64",
    "sequence": "category",
    "time": "float64",
    **dict.fromkeys(("kind", "role"), "category"),
    **dict.fromkeys(("vertices", "faces"), "object"),
}

PER_TIME_KEY = ["trial", "replicate", "sequence", "time_index"]
ENSEMBLE_KEY = ["trial", "draw", "sequence", "time_index"]
CURVE_KEY = ["trial", "replicate", "epoch"]
SURFACE_KEY = ["trial", "replicate", "sequence", "time", "kind"]

_ATTEMPTS = 5
_CELLS, _UNFOLDED = 400_000_000, 8 * 2**30
"""Most cells and bytes of a table: a study of 1000 trials on 100 sequences fills a tenth."""
NAMES = ("study", "run", "trial", "phase", "setting", "method", "supervision")
"""Columns that become parts of the names of files."""

Part: TypeAlias = Any
"""An Arrow table or a data frame."""


def read_trials(filesystem: Any, folder: str) -> pd.DataFrame:
    """One row per trial, sorted by the trial's name; empty, with its columns, before the first trial has
    finished."""

    def read() -> list[Part]:
        tables = [
            _parquet(filesystem, folder, path, ["trial"]) for path in _listed(filesystem, folder, "trials.parquet")
        ]
        records = [_record(filesystem, folder, path) for path in _listed(filesystem, folder, "trials/*.json")]
        # unlike an Arrow table a frame takes a parameter that is now a number, now a text
        return [*tables, pd.DataFrame.from_records(records)]

    table = _joined(_stable(read), TRIAL_COLUMNS, ["trial"], f"{folder}/trials")
    return table.sort_values("trial", ignore_index=True)


def read_per_time(filesystem: Any, folder: str) -> pd.DataFrame:
    """One row per (trial, replicate, sequence, time), sorted so."""
    return _table(filesystem, folder, "per_time", PER_TIME_COLUMNS, PER_TIME_KEY)


def read_ensembles(filesystem: Any, folder: str) -> pd.DataFrame:
    """One row per (trial, draw, sequence, time), sorted so: the scores of the mean of all ``replicates`` of a confirmed
    trial (``draw`` −1), and of means of replicates drawn with replacement (``draw`` ≥ 0, not at shown times). Empty,
    with its columns, in runs of earlier versions and where a mean of replicates is not scored."""
    return _table(filesystem, folder, "ensembles", ENSEMBLE_COLUMNS, ENSEMBLE_KEY)


def read_curves(filesystem: Any, folder: str) -> pd.DataFrame:
    """One row per (trial, replicate, epoch), sorted so; one column per loss term, NaN where a method has no
    such term."""
    return _table(filesystem, folder, "curves", CURVE_COLUMNS, CURVE_KEY)


def read_surfaces(filesystem: Any, folder: str) -> pd.DataFrame:
    """One row per (trial, replicate, sequence, time, kind), sorted so; empty, with its columns, where a run keeps no
    surfaces.

    ``kind`` is ``predicted`` or ``true``, ``role`` that of the time. ``vertices`` holds (3V,) float32 numbers, x y z
    of one vertex after the other in domain units, ``faces`` (3F,) int32 vertex numbers; of shapes in the plane (2V,)
    numbers x y and, of the edges of their outlines, (2F,). Both are of length 0 where there is no surface. A study
    without a time axis may add rows of kind ``input`` and a column ``pixels`` (n²,), the grey levels in 0 … 1 of the
    image that went in, row by row. Studies of images over time have no meshes but rows of kind ``true``,
    ``predicted``, ``latent`` and ``field`` with ``picture``, ``height`` and ``width``: see
    :mod:`analysis.tables.images`.
    """
    return _table(filesystem, folder, "surfaces", SURFACE_COLUMNS, SURFACE_KEY)


def _table(filesystem: Any, folder: str, table: str, columns: dict[str, str], key: list[str]) -> pd.DataFrame:
    """A table sorted by ``key``; OSError or DamagedTable if it cannot be read."""
    found = _joined(_parts(filesystem, folder, table, key), columns, key, f"{folder}/{table}")
    return found.sort_values(key, ignore_index=True)


def _parts(filesystem: Any, folder: str, table: str, key: list[str]) -> list[Part]:
    """All files of one table: the compacted ones first, then those that hold the one trial they are named
    after."""

    def read() -> list[Part]:
        parts = []
        for path in _listed(filesystem, folder, f"{table}/*.parquet"):
            part = _parquet(filesystem, folder, path, key)
            stem = posixpath.basename(path).removesuffix(".parquet")
            own = pc.any(pc.equal(part["trial"].cast(pa.string()), stem)).as_py()
            parts.append((bool(own), path, part))
        return [part for _, _, part in sorted(parts, key=lambda entry: entry[:2])]

    return _stable(read)


def _stable(read: Callable[[], list[Part]]) -> list[Part]:
    """``read()``, again when a file went away between listing and reading: the run is being compacted right
    now."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return read()
        except FileNotFoundError:
            continue
    return read()


def _listed(filesystem: Any, folder: str, pattern: str) -> list[str]:
    """Files of a folder; OSError if it cannot be listed (`glob` would find nothing, and the table seem empty)."""
    filesystem.invalidate_cache()
    parent, _, names = posixpath.join(folder, pattern).rpartition("/")
    try:
        paths = filesystem.ls(parent, detail=False)
    except FileNotFoundError:
        return []
    found = [path for path in paths if fnmatch.fnmatchcase(posixpath.basename(path), names)]
    return sorted(path for path in found if not posixpath.basename(path).startswith("."))


def _parquet(filesystem: Any, folder: str, path: str, needed: list[str]) -> pa.Table:
    content = _content(filesystem, folder, path, door.TABLE)
    try:
        file = pq.ParquetFile(io.BytesIO(content))
        _bound(file.metadata, path)
        table = file.read()
    except (pa.ArrowException, OSError, ValueError) as error:  # the bytes are here: it is no failure of a disk
        raise DamagedTable(f"{path}: {error}") from error
    if len(table) and (missing := [name for name in needed if name not in table.column_names]):
        raise DamagedTable(f"{path}: it has no column {missing[0]}")
    return table


def _bound(metadata: Any, path: str) -> None:
    """DamagedTable where a table would unfold to more than any study writes; equal rows take no room in a file."""
    cells = metadata.num_rows * max(1, metadata.num_columns)
    unfolded = sum(metadata.row_group(number).total_byte_size for number in range(metadata.num_row_groups))
    if cells > _CELLS or unfolded > _UNFOLDED:
        raise DamagedTable(f"{path}: it is too large, {metadata.num_rows} rows of {metadata.num_columns} columns")


def _record(filesystem: Any, folder: str, path: str) -> dict[str, Any]:
    content = _content(filesystem, folder, path, door.ROW)
    try:
        row = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise DamagedTable(f"{path}: it is not JSON ({error})") from error
    if not isinstance(row, dict) or not isinstance(row.get("trial"), str):
        raise DamagedTable(f"{path}: it is not the row of a trial")
    return row


def _content(filesystem: Any, folder: str, path: str, most: int) -> bytes:
    try:
        return door.content(filesystem, folder, posixpath.relpath(path, folder), most)
    except door.Refused as error:
        raise DamagedTable(f"{path}: {error}") from error


def _joined(parts: list[Part], columns: dict[str, str], key: list[str], where: str) -> pd.DataFrame:
    """One table from its parts, typed, without doubles on ``key`` (the last one stays); DamagedTable, which names
    ``where``, if values are of another kind."""
    try:
        return _typed(parts, columns, key)
    except (TypeError, ValueError, KeyError, OverflowError, pa.ArrowException) as error:
        raise DamagedTable(f"{where}: a column holds something else than it should ({error})") from error


def _typed(parts: list[Part], columns: dict[str, str], key: list[str]) -> pd.DataFrame:
    names = list(dict.fromkeys([*columns, *(str(name) for part in parts for name in _names(part))]))
    table = _frame([part for part in parts if len(part)]).reindex(columns=names)
    for name, kind in columns.items():
        if kind in ("category", "str"):
            table[name] = _text(table[name], kind)
    if "setting" in columns:
        table["setting"] = _text(settings.renamed(table["setting"]), columns["setting"])
    for name in [name for name in NAMES if columns.get(name) == "category"]:
        if leading := [text for text in table[name].cat.categories if not may_be_a_path(text)]:
            raise ValueError(f"{name} {leading[0]!r} is no name but leads elsewhere")
    whole = {name: kind for name, kind in columns.items() if table[name].notna().all()}
    table = table.astype({name: kind for name, kind in whole.items() if kind not in ("category", "str")})
    return table.drop_duplicates(key, keep="last", ignore_index=True)


def _names(part: Part) -> list[str]:
    return list(part.column_names if isinstance(part, pa.Table) else part.columns)


def _frame(parts: list[Part]) -> pd.DataFrame:
    """The parts below each other; columns that one lacks are empty there."""
    if not parts:
        return pd.DataFrame()
    if all(isinstance(part, pa.Table) for part in parts):
        plain = [part.replace_schema_metadata(None) for part in parts]
        with contextlib.suppress(pa.ArrowTypeError, pa.ArrowInvalid):  # such as texts here and categories there
            together: pd.DataFrame = pa.concat_tables(plain, promote_options="permissive").to_pandas()
            return together
    frames = [part.to_pandas() if isinstance(part, pa.Table) else part for part in parts]
    return pd.concat([frame.dropna(axis="columns", how="all") for frame in frames], ignore_index=True)


def _text(values: pd.Series, kind: str) -> pd.Series:
    """Texts without gaps; as ``category`` its categories are those that occur, in alphabetical order."""
    if kind == "str":
        return values.astype(object).fillna("").astype("str")
    if values.isna().any():
        values = values.astype(object).fillna("")
    values = values.astype("category").cat.remove_unused_categories()
    return values.cat.set_categories(sorted(str(name) for name in values.cat.categories))
