"""Images over time that a run has kept: true and predicted frames, latents and fields, as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.tables import order, record
from analysis.tables.run import Run
from analysis.tables.selection import NotApplicable

SETTING = "best"
TRUTH = "ground truth"

Key = tuple[str, float]
"""Row (method or ground truth) and time."""


@dataclass(frozen=True, kw_only=True)
class Pictures:
    """Of one supervision and sequence, of one replicate per method."""

    sequence: str
    frames: dict[Key, np.ndarray]
    """(H, W), NaN where there is no data."""
    latents: dict[Key, np.ndarray]
    """(H, W)."""
    fields: dict[Key, np.ndarray]
    """(H, W, 2): x to the right and y downwards, in pixels per unit of time."""
    shown: set[float]
    """Times at which the methods were shown the ground truth."""

    def rows(self, run: Run) -> list[str]:
        """The rows that have frames, in display order."""
        return order.ordered({row for row, _ in self.frames}, [TRUTH, *record.methods(run)])

    def times(self, row: str | None = None) -> list[float]:
        """The times at which a row, or any, has a frame."""
        return sorted({time for name, time in self.frames if row in (None, name)})

    def grey(self) -> tuple[float, float]:
        """Values that are drawn black and white, the same for all: percentiles of the ground truth."""
        truth = np.concatenate([frame.ravel() for (row, _), frame in self.frames.items() if row == TRUTH])
        low, high = np.nanpercentile(truth, [0.5, 99.5])
        return float(low), float(max(high, low + 1e-12))


def supervisions(run: Run) -> list[str]:
    """Those of which pictures were kept; raises NotApplicable where there are none."""
    return order.ordered(_table(run)["supervision"], record.supervisions(run))


def pictures(run: Run, supervision: str) -> Pictures:
    """Everything kept under a supervision; raises NotApplicable where nothing is."""
    table = _table(run)
    table = table[table["supervision"] == supervision]
    found: dict[str, dict[Key, np.ndarray]] = {"true": {}, "predicted": {}, "latent": {}, "field": {}}
    for row in table.to_dict("records"):
        name = TRUTH if row["kind"] == "true" else str(row["method"])
        found[row["kind"]].setdefault((name, float(row["time"])), _array(row))
    return Pictures(
        sequence=str(table["sequence"].iloc[0]),
        frames=found["true"] | found["predicted"],
        latents=found["latent"],
        fields=found["field"],
        shown=set(table.loc[table["role"] == "train", "time"].astype(float)),
    )


def _table(run: Run) -> pd.DataFrame:
    surfaces = run.surfaces
    if "picture" not in surfaces or surfaces["picture"].isna().all():
        raise NotApplicable("this run has kept no images over time")
    trials = run.trials[(run.trials["phase"] == "confirm") & (run.trials["setting"] == SETTING)]
    table = surfaces[surfaces["picture"].notna()].merge(trials[["trial", "method", "supervision"]], on="trial")
    if table.empty:
        raise NotApplicable("this run has kept no images over time")
    return table


def _array(row: dict) -> np.ndarray:
    """The array that a row holds."""
    values = np.frombuffer(row["picture"], dtype="<f4")
    height, width = int(row["height"]), int(row["width"])
    return values.reshape((height, width, 2) if row["kind"] == "field" else (height, width))
