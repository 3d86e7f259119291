"""Which trials of an arm are stopped early: successive halving among those that did not fail.

Optuna's pruner would hold a trial against one that failed later, whose value leads nowhere: where the first trial of an
arm, the document's setting, fails late, it would stop all others, and the arm would end without any result.
"""

from __future__ import annotations

from typing import Any

import optuna
from optuna.pruners import SuccessiveHalvingPruner
from optuna.trial import FrozenTrial, TrialState


class Halving(SuccessiveHalvingPruner):
    """`SuccessiveHalvingPruner` (Optuna), blind to failed trials."""

    def prune(self, study: optuna.Study, trial: FrozenTrial) -> bool:
        """Whether `trial` is to be stopped at its last step."""
        return super().prune(_Sound(study), trial)  # type: ignore[arg-type]


class _Sound:
    """A study as the pruner sees it."""

    def __init__(self, study: optuna.Study) -> None:
        self._study = study

    def __getattr__(self, name: str) -> Any:
        return getattr(self._study, name)

    def get_trials(self, deepcopy: bool = True) -> list[FrozenTrial]:
        return [t for t in self._study.get_trials(deepcopy=deepcopy) if t.state != TrialState.FAIL]
