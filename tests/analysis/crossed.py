"""Run folders of a study without a time axis whose subjects are cross-validated, with errors that are known.

N = images, R = replicates; replicate r holds out fold r mod F, image i lies in fold i mod F.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import analysis
from tests.analysis.simulated import write

FOLDS = 5
METRICS = {
    "iou_error": "1 − IoU",
    "volume_error": "Relative volume error",
    "surface_error": "Relative surface error",
    "roughness_error": "Relative roughness error",
}


def labels(count: int) -> list[str]:
    return [f"cell{i:03d}" for i in range(count)]


def images(
    method: str, values: Any, count: int = 40, seeds: int = 3, kinds: tuple[str, ...] = ("flat", "tall"), **also: Any
) -> pd.DataFrame:
    """Confirmed test rows of one method at both settings; ``values`` broadcast to ``[seeds, N]`` and are the error of
    every metric unless ``also`` gives one its own."""
    number, image = (axis.ravel() for axis in np.indices((seeds, count)))
    fold = image % FOLDS
    table = pd.DataFrame(
        {
            "phase": "confirm",
            "method": method,
            "supervision": "image",
            "replicate": number * FOLDS + fold,
            "seed": 1000 + number * FOLDS + fold,
            "sequence": np.array(labels(count))[image],
            "time_index": 0,
            "time": 0.0,
            "role": "test",
            "class": np.array(kinds)[image % len(kinds)],
            "fold": fold,
            **{name: np.broadcast_to(also.get(name, values), (seeds, count)).ravel() for name in METRICS},
        }
    )
    both = [table.assign(setting=s, trial=f"confirm-{method}-image-{s}") for s in ("best", "published")]
    return pd.concat(both, ignore_index=True)


def run(folder: Path, arms: list[pd.DataFrame], **record: Any) -> analysis.Run:
    metrics = [{"name": name, "label": label, "unit": "", "better": "lower"} for name, label in METRICS.items()]
    known = {
        "question": "Does it help?", "validation": "other-sequences",
        "subject": "image", "unit": "sequence", "replication_unit": "cells",
        "methods": list(dict.fromkeys(table["method"].iloc[0] for table in arms)), "supervisions": ["image"],
        "metrics": metrics, "objective": {"metric": "iou_error", "direction": "minimize", "role": "validation"},
    }  # fmt: skip
    return analysis.load(write(folder, "red-blood-cells", arms, **known | record))
