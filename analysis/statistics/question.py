"""A run's own questions put to its own rows: what its study named as primary, and all else against its baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from analysis.statistics import comparison
from analysis.statistics.verdicts import EQUIVALENT, EXPLORATORY, PRIMARY, WHOLE, judged, negligible
from analysis.tables import order, record, selection
from analysis.tables.run import Run

COLUMNS = [*comparison.COLUMNS, *comparison.FAMILIES]
CONFIDENCE = 0.95
_PAIR = ["metric", "method", "baseline", "supervision"]
_CORRECTED = ["p_holm", "q", "family", "verdict", "n_needed"]


def primary(run: Run, margin: float | Mapping[str, float] | None = None) -> pd.DataFrame:
    """One row per primary comparison that can be made, in the order in which the study names them: the objective's
    metric, at the best setting, on all test times.

    Columns as those of :func:`compare_run`; ``p_holm`` is Holm's correction over these rows alone, ``family`` is
    ``primary``, and ``verdict`` is ``equivalent`` where a difference is negligible. Empty where a study names none, or
    nothing of them is confirmed.
    """
    tested, metric = record.tested(run), record.objective(run).name
    known = metric in selection.metric_names(run.per_time)
    found = []
    for pair in record.primary(run) if known else []:
        rows = tested[(tested["supervision"] == pair.supervision) & tested["method"].isin([pair.method, pair.baseline])]
        try:
            found.append(_measured(run, rows, [metric], pair.baseline, margin=margin))
        except selection.NoRows:
            continue
    table = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=COLUMNS)
    if table.empty:
        return _columns(_judged(table, family=PRIMARY), margin)
    decided, alike = _judged(table, family=PRIMARY), negligible(table)
    return _columns(decided.assign(verdict=decided["verdict"].mask(alike, EQUIVALENT)), margin)


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

    ``family`` says what a row is corrected with (:mod:`analysis.statistics.verdicts`). Rows that are primary
    comparisons have the ``p_holm`` and the verdict of :func:`primary`, which are over these alone; all others are
    exploratory and have ``q`` in its place, as are all of another setting or of a ``window``. Where a study names no
    primary comparison, Holm's correction is over all rows, and those of the metric that the search ranked on have half
    of the level. Whether a method helps, and how far one gets without any network, are two questions: what is
    not primary is corrected over the trained methods × supervisions × metrics, and for the methods without a network
    over theirs. Raises :class:`analysis.selection.NoRows` where nothing can be compared, ``ValueError`` as ``compare``
    does.
    """
    names = [metric.name for metric in record.metrics(run)] if metrics is None else list(metrics)
    if not names:
        raise selection.NoRows("there are no confirmed values yet")
    tested, baseline, references = record.tested(run), record.baseline(run), set(record.references(run))
    others = set(tested["method"]) - {baseline}
    whole = setting == "best" and window is None
    declared = primary(run, margin) if whole else pd.DataFrame(columns=COLUMNS)
    tables = []
    for group in (others - references, others & references):
        if group or not others:
            rows = tested[tested["method"].isin({*group, baseline})]
            table = _measured(run, rows, names, baseline, setting, window, margin)
            tables.append(corrected(run, table, declared))
    return _ordered(_columns(pd.concat(tables, ignore_index=True), margin), run, names)


def corrected(run: Run, table: pd.DataFrame, declared: pd.DataFrame) -> pd.DataFrame:
    """``table`` (:func:`analysis.statistics.comparison.measured`) judged: what is among ``declared``
    (:func:`primary`) as there, all else by itself."""
    if not record.primary(run):
        return _judged(table, record.objective(run).name)
    place = pd.Series(range(len(declared)), pd.MultiIndex.from_frame(declared[_PAIR].astype("str")), dtype="int64")
    places = place.reindex(pd.MultiIndex.from_frame(table[_PAIR].astype("str"))).to_numpy(dtype="float64")
    named = pd.notna(places)
    rest = _judged(table[~named], family=EXPLORATORY)
    if not named.any():
        return rest
    columns = [name for name in [*_CORRECTED, "p_equivalence"] if name in declared]
    first = table[named].drop(columns=columns, errors="ignore")
    values = declared.iloc[places[named].astype(int)][columns].set_axis(first.index, axis="index")
    first = pd.concat([first, values], axis="columns")
    return pd.concat([first, rest]).loc[table.index] if len(rest) else first


def family(run: Run) -> str:
    """What comparisons that are not primary are corrected as."""
    return EXPLORATORY if record.primary(run) else WHOLE


def controls(run: Run) -> pd.DataFrame:
    """Every trained method but the baseline against every control, in the objective's metric at the best setting;
    corrected over these comparisons alone."""
    metric, tested = record.objective(run).name, record.tested(run)
    left_out = {record.baseline(run), *record.references(run)}
    known = metric in selection.metric_names(run.per_time)
    declared = primary(run)
    found = []
    for control in record.controls(run) if known else []:
        rows = tested[~tested["method"].isin(left_out - {control})]
        try:
            found.append(corrected(run, _measured(run, rows, [metric], control), declared))
        except selection.NoRows:
            continue
    return _columns(pd.concat(found, ignore_index=True)) if found else pd.DataFrame(columns=COLUMNS)


def _measured(
    run: Run,
    rows: pd.DataFrame,
    metrics: list[str],
    baseline: str,
    setting: str = "best",
    window: tuple[float, float] | None = None,
    margin: float | Mapping[str, float] | None = None,
) -> pd.DataFrame:
    directions = {metric.name: metric.better for metric in record.metrics(run)}
    return comparison.measured(
        rows, metrics, baseline, setting, directions, CONFIDENCE, record.methods(run), record.unit(run), window,
        margin, record.unit_words(run),
    )  # fmt: skip


def _judged(table: pd.DataFrame, metric: str | None = None, family: str = WHOLE) -> pd.DataFrame:
    if table.empty:
        return judged(table, True, CONFIDENCE, family=family)
    return judged(table, table["lower"], CONFIDENCE, comparison.shares(table["metric"], metric), family)


def _columns(table: pd.DataFrame, margin: object = None) -> pd.DataFrame:
    return table.reindex(columns=COLUMNS if margin is None else [*COLUMNS, *comparison.EQUIVALENCE])


def _ordered(table: pd.DataFrame, run: Run, metrics: list[str]) -> pd.DataFrame:
    """By metric, supervision and method, as everything is shown."""
    preferred = {"metric": metrics, "supervision": order.SUPERVISIONS, "method": record.methods(run)}
    places = pd.DataFrame(
        {name: table[name].astype("str").map(order.rank(table[name], names)) for name, names in preferred.items()}
    )
    return table.loc[places.sort_values(list(preferred), kind="stable").index].reset_index(drop=True)
