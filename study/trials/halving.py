"""Which trials of an arm are stopped early: asynchronous successive halving (Li and others, 2020) among those that did
not fail, as `SuccessiveHalvingPruner` of Optuna does it.

Optuna's `WilcoxonPruner`, which stops a trial whose replicates are worse than the best trial's, pair by pair, has
nothing to spare here: the replicates of a trial are one network and end together, a search trial has one of them unless
it is asked for more, and its times and sequences, which could be paired in their place, are not independent.

A trial that failed is no rival. Its value leads nowhere: where the first trial of an arm, the published setting, fails
late, it would stop all others, and the arm would end without any result.
"""

from __future__ import annotations

import math
from collections.abc import Sequence


def promoted(value: float, rivals: Sequence[float], factor: int, minimize: bool = True) -> bool:
    """Whether a trial goes on after a rung, where it has `value` and those that were there before it had `rivals`.

    It does where it is among the best of each `factor` trials, its own included, rounded down but at least one: nobody
    is waited for, so that of the first few the best so far goes on. What is no number never goes on, and is no rival.
    """
    if math.isnan(value):
        return False
    sign = 1 if minimize else -1
    ranked = sorted(sign * other for other in [value, *rivals] if not math.isnan(other))
    return sign * value <= ranked[max(1, len(ranked) // factor) - 1]
