"""The means that are compared in pairs, from the rows of a run."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

import analysis

Opener = Callable[..., analysis.Run]


def means(per_time: pd.DataFrame, method: str, supervision: str, metric: str, setting: str = "best") -> np.ndarray:
    """Mean over the test times of each replicate, over its sequences, by plain loops."""
    chosen = per_time[(per_time["phase"] == "confirm") & (per_time["role"] == "test")]
    chosen = chosen[(chosen["method"] == method) & (chosen["supervision"] == supervision)]
    chosen = chosen[chosen["setting"] == setting]
    found = []
    for replicate in sorted(set(chosen["replicate"])):
        of_sequences = []
        for sequence in sorted(set(chosen["sequence"])):
            same = (chosen["replicate"] == replicate) & (chosen["sequence"] == sequence)
            of_sequences.append(np.mean(chosen.loc[same, metric].to_numpy()))
        found.append(np.mean(of_sequences))
    return np.array(found)
