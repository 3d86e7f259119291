"""A run's own question put to its own rows: which methods change what, against the baseline that its record names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from analysis.statistics import comparison
from analysis.tables import order, record, selection
from analysis.tables.run import Run


def compare_run(
    run: Run,
    metrics: Sequence[str] | None = None,
    setting: str = "best",
    window: tuple[float, float] | None = None,
    margin: float | Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """:func:`analysis.compare` with everything that the run's record knows: baseline, metrics (all of them unless
    given) and their directions, unit of replication, and without the sequences that the search saw, where it saw some
    only.

    The metric that the search ranked on is the one that the question is about: its rows have half of the level. Whether
    a method helps, and how far one gets without any network, are two questions: Holm's correction is over
    the trained methods × supervisions × metrics, and for the methods without a network over theirs. Raises
    :class:`analysis.tables.selection.NoRows` where nothing can be compared, ``ValueError`` as ``compare`` does.
    """
    known = record.metrics(run)
    names = [metric.name for metric in known] if metrics is None else list(metrics)
    if not names:
        raise selection.NoRows("there are no confirmed values yet")
    tested, baseline, references = record.tested(run), record.baseline(run), set(record.references(run))
    others = set(tested["method"]) - {baseline}
    tables = []
    for family in (others - references, others & references):
        if family or not others:
            table = comparison.compare(
                tested[tested["method"].isin({*family, baseline})], names, baseline, setting,
                {metric.name: metric.better for metric in known}, methods=record.methods(run), unit=record.unit(run),
                unit_words=record.unit_words(run), window=window, margin=margin,
                primary=record.objective(run).name,
            )  # fmt: skip
            tables.append(table)
    return _ordered(pd.concat(tables, ignore_index=True), run, names)


def _ordered(table: pd.DataFrame, run: Run, metrics: list[str]) -> pd.DataFrame:
    """By metric, supervision and method, as everything is shown."""
    preferred = {"metric": metrics, "supervision": order.SUPERVISIONS, "method": record.methods(run)}
    places = pd.DataFrame(
        {name: table[name].astype("str").map(order.rank(table[name], names)) for name, names in preferred.items()}
    )
    return table.loc[places.sort_values(list(preferred), kind="stable").index].reset_index(drop=True)
