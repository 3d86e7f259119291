"""Lengths of recordings in the unit of the recording.

A recorded shape is scaled to the domain, each by its own factor, so that domain units of two cells are different
lengths, and a mean over both is of neither. Here distances are turned back, sequence by sequence, by what the run keeps
of each recording (``data/*.npz``; see :mod:`trainables.shapes.prepared`). The search ranked in domain units: the
objectives of its trials stay as they are.
"""

from __future__ import annotations

import io
import json
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from analysis.tables import door
from analysis.tables.run import Run

DOMAIN_UNITS = "domain units"
VOXELS = "voxels"
"""The unit where nobody said how large a voxel is."""


@dataclass(frozen=True)
class Scale:
    """One domain unit is ``length`` ``unit``s of a recording."""

    length: float
    unit: str


@lru_cache(maxsize=8)
def scales(run: Run) -> dict[str, Scale]:
    """Sequence → its scale; empty where the sequences are no recordings, or the run does not keep them."""
    found: dict[str, Scale] = {}
    for sequence, file in _files(run.record).items():
        try:
            content = door.content(run._filesystem, run._folder, f"data/{posixpath.basename(file)}", door.TABLE)
            found[sequence] = _scale(content)
        except (OSError, ValueError, KeyError):  # a file that is not there, or holds something else
            return {}
    return found


def _files(record: Mapping[str, Any]) -> dict[str, str]:
    """Sequence → the file of its recording, as the record's configuration names it."""
    methods = (record.get("configuration") or {}).get("methods")
    found: dict[str, str] = {}
    for method in methods.values() if isinstance(methods, dict) else []:
        for sequence in method.get("sequences") or []:
            if isinstance(sequence, dict) and str(sequence.get("file", "")).endswith(".npz"):
                found[str(sequence.get("title") or sequence["file"])] = str(sequence["file"])
    return found


def _scale(content: bytes) -> Scale:
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        affine, voxel = file["affine"], file["voxel"]
        unit = str(json.loads(str(file["metadata"])).get("unit") or VOXELS)
    length = float(affine[0, len(voxel) - 1] * voxel[0])
    if not np.isfinite(length) or length <= 0:
        raise ValueError("no scale")
    return Scale(length, VOXELS if (voxel == 1).all() else unit)


@lru_cache(maxsize=8)
def measured(run: Run) -> Run:
    """The run with its distances in the unit of its recordings, in ``per_time``, ``ensembles`` and the units of its
    metrics; the run itself where it has no recordings, or these have no unit in common."""
    names = [
        str(entry["name"]) for entry in run.record.get("metrics") or [] if entry.get("unit") == DOMAIN_UNITS
    ]  # fmt: skip
    known = scales(run) if names else {}
    units = {scale.unit for scale in known.values()}
    if len(units) != 1 or not set(run.per_time["sequence"]) <= set(known):
        return run
    (unit,) = units
    metrics = [
        dict(entry) | ({"unit": unit} if entry["name"] in names else {}) for entry in run.record["metrics"]
    ]  # fmt: skip
    found = replace(run, record=run.record | {"metrics": metrics})
    lengths = {sequence: scale.length for sequence, scale in known.items()}
    for table in ("per_time", "ensembles"):
        found.__dict__[table] = found._described(_turned(getattr(run, table), names, lengths))
    for table in ("trials", "curves", "surfaces"):  # read once, whoever asks first
        if table in run.__dict__:
            found.__dict__[table] = run.__dict__[table]
    return found


def _turned(table: pd.DataFrame, names: list[str], lengths: Mapping[str, float]) -> pd.DataFrame:
    factor = table["sequence"].astype("str").map(lengths).astype("float64")
    return table.assign(**{name: table[name].astype("float64") * factor for name in names if name in table})
