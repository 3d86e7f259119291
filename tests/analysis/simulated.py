"""Run folders with confirmed rows of any shape, so that what a test finds is known beforehand.

R = replicates, S = sequences, T = 21 times i/20
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.testing.runs import role

TIMES = np.arange(21) / 20


def noise(shape: tuple[int, ...], scale: float, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.0, scale, shape)


def arm(
    method: str,
    chamfer: Any,
    supervision: str = "sparse",
    sequences: tuple[str, ...] = ("one",),
    replicates: int = 6,
    setting: str = "published",
    **metrics: Any,
) -> pd.DataFrame:
    """The rows of one confirmed trial. ``chamfer`` and other metrics broadcast to ``[R, S, T]``; unless given,
    Hausdorff is 3 × Chamfer and Dice 1 − Chamfer."""
    shape = (replicates, len(sequences), len(TIMES))
    replicate, sequence, index = (axis.ravel() for axis in np.indices(shape))
    values = {"chamfer": np.asarray(chamfer, dtype=float)} | metrics
    values = {"hausdorff": 3 * values["chamfer"], "dice": 1 - values["chamfer"]} | values
    return pd.DataFrame(
        {
            "trial": f"confirm-{method}-{supervision}-{setting}",
            "phase": "confirm",
            "setting": setting,
            "method": method,
            "supervision": supervision,
            "replicate": replicate,
            "seed": 1000 + replicate,
            "sequence": np.array(sequences)[sequence],
            "time_index": index,
            "time": TIMES[index],
            "role": [role(supervision, now) for now in index],
            **{name: np.broadcast_to(value, shape).ravel() for name, value in values.items()},
        }
    )


def ensemble(arm: pd.DataFrame, chamfer: float, deviation: float = 0.0, draws: int = 20, **others: Any) -> pd.DataFrame:
    """The rows of the ensemble of a trial: its Chamfer everywhere, and draws around it of this standard deviation."""
    replicates = arm["replicate"].nunique()
    whole = arm[arm["replicate"] == 0].drop(columns=["replicate", "seed"]).assign(replicates=replicates, **others)
    offsets = np.linspace(-1, 1, draws)
    offsets = offsets * deviation / offsets.std(ddof=1) if draws else offsets
    parts = [whole.assign(draw=-1, chamfer=chamfer)]
    for draw, offset in enumerate(offsets):
        parts.append(whole[whole["role"] != "train"].assign(draw=draw, chamfer=chamfer + offset))
    return pd.concat(parts, ignore_index=True)


def write(
    results: Path, study: str, arms: list[pd.DataFrame], run: str = "20260101-120000",
    ensembles: list[pd.DataFrame] | None = None, **record: Any,
) -> Path:  # fmt: skip
    """Write ``results/<study>/<run>/`` and return it."""
    folder = results / study / run
    (folder / "per_time").mkdir(parents=True)
    known = {"study": study, "run": run, "status": "finished", "created_ms": 1, "baseline": "none"} | record
    (folder / "study.json").write_text(json.dumps(known))
    pd.concat(arms, ignore_index=True).assign(study=study, run=run).to_parquet(folder / "per_time" / "confirm.parquet")
    if ensembles:
        (folder / "ensembles").mkdir()
        together = pd.concat(ensembles, ignore_index=True).assign(study=study, run=run)
        together.to_parquet(folder / "ensembles" / "confirm.parquet")
    return folder
