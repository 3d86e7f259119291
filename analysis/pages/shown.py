"""All tables that a report shows, at once: as tables, or kept as files."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Sequence
from typing import TYPE_CHECKING

import fsspec
import pandas as pd

from analysis.tables.saving import FORMATS, save

if TYPE_CHECKING:
    from analysis.tables.run import Run


def shown(run: Run) -> dict[str, pd.DataFrame]:
    """Every table that a report of the run shows, by name; those without rows are left out.

    ``standing`` (:func:`analysis.standing`), ``primary`` (:func:`analysis.primary`), ``comparison``
    (:func:`analysis.compare_run`) and ``controls``, ``settings`` (the search's best against the
    published), ``levels``, ``league`` (ensembles beside single networks, :func:`analysis.league`), ``transfer``,
    ``claims``, ``arms``, ``parameters``, ``one_standard_error`` (:func:`analysis.one_standard_error`), ``problems``;
    ``bands`` of every metric over time.
    """
    from analysis import claims
    from analysis.statistics import bands, search
    from analysis.tables import record, selection
    from analysis.words import facts

    known = facts.gather(run)
    tables = {
        "standing": known.standings,
        "primary": known.primary,
        "comparison": known.comparisons,
        "controls": known.controls,
        "settings": known.settings,
        "levels": known.levels,
        "league": known.league,
        "transfer": known.transfer,
        "claims": claims.ledger([run]) if run.finished else pd.DataFrame(),
        "arms": known.arms,
        "parameters": known.parameters.astype(dict.fromkeys(("best", "published"), "str")),
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
