"""Units of a table's columns: from a run's record, in ``table.attrs["units"]``, and in a Parquet file's schema.

A schema says them twice: as JSON under the key ``units`` of its metadata, column → unit, and under ``unit`` in the
metadata of each field. A number without a unit (a Dice score, a time in parts of a sequence) has the unit ``1``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

KEY = "units"
DIMENSIONLESS = "1"
FIXED = {"time": DIMENSIONLESS, "seconds": "s", "z1": DIMENSIONLESS, "z2": DIMENSIONLESS}


def of_record(record: Mapping[str, Any]) -> dict[str, str]:
    """Column → unit of every table of a run, as its ``study.json`` tells."""
    found = dict(FIXED)
    for metric in record.get("metrics") or []:
        found[str(metric["name"])] = str(metric.get("unit") or DIMENSIONLESS)
    objective = str((record.get("objective") or {}).get("metric", ""))
    if objective in found:
        found["objective"] = found[objective]
    return found


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
