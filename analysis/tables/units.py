"""Units of a table's columns: from a run's record, in ``table.attrs["units"]``, and in a Parquet file's schema.

A schema says them twice: as JSON under the key ``units`` of its metadata, column → unit, and under ``unit`` in the
metadata of each field. A number without a unit (a Dice score, a time in parts of a sequence) has the unit ``1``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    import pandas as pd

KEY = "units"
DIMENSIONLESS = "1"
TO_VERTICES = "domain units, to vertices"
"""Unit of distances that have a floor of the order of the grid's spacing: on another scale than those to surfaces."""
_DISTANCES = {"chamfer": "domain units", "hausdorff": "domain units"}
FIXED = {"time": DIMENSIONLESS, "seconds": "s", "z1": DIMENSIONLESS, "z2": DIMENSIONLESS}


class Units(dict[str, str]):
    """Column → unit, which is not to be changed.

    pandas copies ``attrs`` deeply into every table and column that comes of another, 25,000 times in a report:
    a copy of what does not change is the thing itself.
    """

    def __deepcopy__(self, memo: dict[int, Any]) -> Units:
        return self


def noted(table: pd.DataFrame, units: Mapping[str, str]) -> pd.DataFrame:
    """``table`` with the ``units`` of its columns in ``attrs["units"]``."""
    table.attrs["units"] = Units({name: unit for name, unit in units.items() if name in table})
    return table


def of_record(record: Mapping[str, Any]) -> dict[str, str]:
    """Column → unit of every table of a run, as its ``study.json`` tells."""
    found = dict(FIXED)
    for metric in record.get("metrics") or []:
        found[str(metric["name"])] = str(metric.get("unit") or DIMENSIONLESS)
    if _to_vertices(record):
        found |= {name: TO_VERTICES for name, unit in _DISTANCES.items() if found.get(name) == unit}
    objective = str((record.get("objective") or {}).get("metric", ""))
    if objective in found:
        found["objective"] = found[objective]
    return found


def _to_vertices(record: Mapping[str, Any]) -> bool:
    """Whether Chamfer and Hausdorff distances of a run go to vertices: some method says so, or was recorded before
    there was anything else."""
    methods = (record.get("configuration") or {}).get("methods")
    scored = [m for m in methods.values() if "evaluation_grid" in m] if isinstance(methods, dict) else []
    return any(method.get("surface_distance", "vertices") == "vertices" for method in scored)


def described(table: pa.Table, units: Mapping[str, str]) -> pa.Table:
    """``table`` with the ``units`` of its columns in its schema; what else its metadata hold stays."""
    mine = {name: unit for name, unit in units.items() if name in table.column_names}
    fields = [
        field.with_metadata({**(field.metadata or {}), b"unit": mine[field.name].encode()})
        if field.name in mine
        else field
        for field in table.schema
    ]
    metadata = {**(table.schema.metadata or {}), KEY.encode(): json.dumps(mine, ensure_ascii=False).encode()}
    return table.cast(pa.schema(fields, metadata=metadata))


def of_schema(schema: pa.Schema) -> dict[str, str]:
    """Column → unit, as :func:`described` wrote them; empty where there are none."""
    content = (schema.metadata or {}).get(KEY.encode())
    return dict(json.loads(content)) if content else {}
