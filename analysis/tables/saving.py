"""Keeping tables: any table as CSV or Parquet, with the units of its columns."""

from __future__ import annotations

import os

import fsspec
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.tables import units

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
