"""What the best setting of an arm had to keep to: which trials did.

The same is told to Optuna, trial by trial (`study/trials/search.py`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.tables import record
from analysis.tables.run import Run

WORDS = {
    "empty": "at most {:.0%} empty predictions",
    "shown": "a {metric} of {side} {:g} on shown {cases}",
    "seconds": "at most {:g} training seconds",
}


def constraints(run: Run) -> dict[str, float]:
    """Column of ``trials`` → bound: at most that, and ``shown`` at least that where more is better."""
    return {name: float(bound) for name, bound in (run.record.get("constraints") or {}).items() if name in WORDS}


def broken(run: Run, trials: pd.DataFrame) -> pd.Series:
    """How many constraints each trial breaks, a row of ``trials`` each; what is not known counts as broken."""
    count = pd.Series(0, index=trials.index)
    for name, bound in constraints(run).items():
        values = trials[name].astype("float64") if name in trials else pd.Series(np.nan, index=trials.index)
        sign = -1 if name == "shown" and not record.minimized(run) else 1
        count += ~(sign * values <= sign * bound)
    return count


def words(run: Run) -> list[str]:
    """Each constraint in words."""
    metric = record.objective(run).label
    side = "at most" if record.minimized(run) else "at least"
    about = {"metric": metric, "cases": record.cases(run), "side": side}
    return [
        "no empty prediction" if (name, bound) == ("empty", 0) else WORDS[name].format(bound, **about)
        for name, bound in constraints(run).items()
    ]
