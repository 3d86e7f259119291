"""Keeping tables: any table as CSV or Parquet, and all that a report shows at once."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Sequence
from typing import TYPE_CHECKING

import fsspec
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.tables import units

if TYPE_CHECKING:
    from analysis.tables.load import Run

FORMATS = ("csv", "parquet")


def save(table: pd.DataFrame, path: str | os.PathLike[str]) -> str:
    """Write ``table`` to a local path or fsspec URI that ends in ``.csv`` or ``.parquet``, and return it.

    CSV has all digits and no index; Parquet keeps categories, and the units of ``table.attrs["units"]`` in its schema
    (:mod:`analysis.tables.units`). Raises ``ValueError`` for another ending, ``OSError`` where nothing can be written.
    """
    target = os.path.expanduser(os.fspath(path))
    form = target.rsplit(".", 1)[-1].lower()
    if form not in FORMATS:
        raise ValueError(f"cannot save a table as {target}: name a file that ends in .csv or .parquet")
    with fsspec.open(target, "wb") as file:
        if form == "csv":
            file.write(table.to_csv(index=False).encode())
        else:
            content = units.described(pa.Table.from_pandas(table, preserve_index=False), table.attrs.get("units", {}))
            pq.write_table(content, file, compression="zstd")
    return target


def shown(run: Run) -> dict[str, pd.DataFrame]:
    """Every table that a report of the run shows, by name; those without rows are left out.

    ``comparison`` and ``controls`` (:func:`analysis.compare`), ``settings`` (the search's best against the
    document's), ``levels``, ``league`` (ensembles beside single networks, :func:`analysis.league`), ``transfer``,
    ``claims``, ``arms``, ``parameters``, ``one_standard_error`` (:func:`analysis.one_standard_error`), ``problems``;
    ``bands`` of every metric over time.
    """
    from analysis import claims
    from analysis.statistics import bands, search
    from analysis.tables import record, selection
    from analysis.words import facts

    known = facts.gather(run)
    tables = {
        "comparison": known.comparisons,
        "controls": known.controls,
        "settings": known.settings,
        "levels": known.levels,
        "league": known.league,
        "transfer": known.transfer,
        "claims": claims.ledger([run]) if run.finished else pd.DataFrame(),
        "arms": known.arms,
        "parameters": known.parameters.astype(dict.fromkeys(("best", "document"), "str")),
        "one_standard_error": search.one_standard_error(run),
        "problems": known.problems,
    }
    over_time = []
    for metric in record.metrics(run):
        try:
            table = bands.iqr_bands(run.per_time, metric.name, methods=record.methods(run))
        except selection.NoRows:
            continue
        over_time.append(table.assign(metric=metric.name, metric_unit=metric.unit))
    tables["bands"] = pd.concat(over_time, ignore_index=True) if over_time else pd.DataFrame()
    return {name: table for name, table in tables.items() if len(table)}


def save_shown(run: Run, folder: str | os.PathLike[str], formats: Sequence[str] = FORMATS) -> list[str]:
    """Write every table of :func:`shown` to ``folder``, which is made, in each of ``formats``; the paths."""
    target = os.path.expanduser(os.fspath(folder))
    filesystem, path = fsspec.core.url_to_fs(target)
    filesystem.makedirs(path, exist_ok=True)
    return [
        save(table, posixpath.join(target, f"{name}.{form}")) for name, table in shown(run).items() for form in formats
    ]
