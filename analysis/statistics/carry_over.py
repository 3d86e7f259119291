"""Whether a setting that was tuned on one sequence carries over to others.

Where a study's search sees some sequences only, its ``best`` setting is transferred to the rest. On the searched
sequences the difference to the baseline is flattered by the search; on the others it is not, and only those are
used where methods are compared.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.statistics import comparison
from analysis.statistics.inference import paired_mean
from analysis.tables import order, record, selection
from analysis.tables.run import Run

COLUMNS = [
    "metric", "supervision", "method", "baseline", "setting", "searched", "searched_n", "n", "difference", "low",
    "high",
]  # fmt: skip


def transfer(run: Run, metric: str = "chamfer", setting: str = "best") -> pd.DataFrame:
    """Per supervision and method: the difference to the baseline on the searched sequences and on the others.

    Columns: ``metric, supervision, method, baseline, setting``; ``searched``, the mean difference on the searched
    sequences over their ``searched_n`` replicates, in the metric's unit; ``difference`` on the others with its
    95 % t interval ``low`` to ``high`` over ``n`` units of replication. All on test times of the confirmation.
    Without rows where the run's record names no searched sequences, or nothing is confirmed of them.
    """
    searched = record.searched_sequences(run)
    chosen = run.per_time[(run.per_time["phase"] == "confirm") & (run.per_time["setting"] == setting)]
    chosen = chosen[chosen["role"] == "test"]
    if not chosen["sequence"].isin(searched).any():
        return pd.DataFrame(columns=COLUMNS)
    selection.require_metric(run.per_time, metric)
    baseline, unit = record.baseline(run), record.unit(run)
    reference, others = chosen[chosen["method"] == baseline], chosen[chosen["method"] != baseline]
    pairs = comparison.paired(others, reference, metric, by=["supervision"])
    seen = pairs["sequence"].isin(searched)
    tuned = comparison.by_unit(pairs[seen], "replicate", chosen)
    judged = comparison.by_unit(pairs[~seen], unit, chosen)
    found = []
    for supervision in order.ordered(others["supervision"], record.supervisions(run)):
        arms = others.loc[others["supervision"] == supervision, "method"]
        for method in order.ordered(arms, record.methods(run)):
            here, there = (_differences(table, supervision, method) for table in (tuned, judged))
            scale = float(pairs[["treated", "reference"]].abs().to_numpy().max()) if len(pairs) else 0.0
            mean = paired_mean(there, scale)
            found.append(
                {
                    "metric": metric,
                    "supervision": supervision,
                    "method": method,
                    "baseline": baseline,
                    "setting": setting,
                    "searched": float(here.mean()) if len(here) else np.nan,
                    "searched_n": len(here),
                    "n": mean.n,
                    "difference": mean.difference,
                    "low": mean.low,
                    "high": mean.high,
                }
            )
    return pd.DataFrame(found, columns=COLUMNS)


def _differences(table: pd.DataFrame, supervision: str, method: str) -> np.ndarray:
    rows = table[(table["supervision"] == supervision) & (table["method"] == method)]
    return (rows["treated"] - rows["reference"]).to_numpy()
