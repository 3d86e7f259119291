"""What a method costs: the seconds that its training took, against those of the baseline of the same run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analysis.tables import record

if TYPE_CHECKING:
    from analysis.tables.run import Run


def relative_seconds(run: Run, setting: str = "best") -> pd.Series[float]:
    """Seconds of the confirmed trials over those of the baseline, by (supervision, method); NaN where nothing of the
    baseline was timed. Trials of a run share a machine: what ran beside them is in their seconds too."""
    trials = run.trials
    trials = trials[(trials["phase"] == "confirm") & (trials["setting"] == setting) & (trials["seconds"] > 0)]
    trials = trials.astype({"supervision": str, "method": str})
    seconds = trials.groupby(["supervision", "method"])["seconds"].mean()
    baseline = trials[trials["method"] == record.baseline(run)].groupby("supervision")["seconds"].mean()
    return seconds / baseline.reindex(seconds.index.get_level_values("supervision")).to_numpy()
