"""What a method costs: the seconds that its training took, against those of the baseline of the same run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analysis.tables import record

if TYPE_CHECKING:
    from analysis.tables.run import Run


def seconds(run: Run, setting: str = "best") -> pd.Series[float]:
    """Seconds that the confirmed trials took, all replicates together, by (supervision, method). Trials of a run share
    a machine: what ran beside them is in their seconds too."""
    trials = run.trials
    trials = trials[(trials["phase"] == "confirm") & (trials["setting"] == setting) & (trials["seconds"] > 0)]
    trials = trials.astype({"supervision": str, "method": str})
    return trials.groupby(["supervision", "method"])["seconds"].mean()


def relative_seconds(run: Run, setting: str = "best") -> pd.Series[float]:
    """:func:`seconds` over those of the baseline; NaN where nothing of the baseline was timed."""
    taken = seconds(run, setting)
    places = taken.index.get_level_values("supervision")
    baseline = taken[taken.index.get_level_values("method") == record.baseline(run)].droplevel("method")
    return taken / baseline.reindex(places).to_numpy()
