"""Two hundred trials through the real driver: all are there, once, in the tables, in Optuna and in MLflow."""

from __future__ import annotations

import pytest

import analysis
from tests.study.sleeping_runs import finish, run_folder, start, tracked

ARMS, TRIALS, ROWS = 2, 100, 32


@pytest.mark.slow
def test_many_trials_are_all_there_once(tmp_path):
    finish(start(tmp_path, "--preset", "many", "--trials", str(TRIALS), "--replicates", "2"))
    run = analysis.load(str(run_folder(tmp_path)))
    searched = run.trials[run.trials.phase == "search"]
    expected = {f"search-{arm}-sparse-{n:04d}" for arm in ("none", "pillow") for n in range(TRIALS)}
    assert set(searched.trial) == expected
    assert not run.trials.trial.duplicated().any()
    assert set(searched.state) == {"complete", "pruned"}
    per_time = run.per_time[run.per_time.phase == "search"]
    assert (per_time.groupby("trial").size() == ROWS).all()
    assert set(per_time.trial) == expected
    assert not per_time.duplicated(["trial", "replicate", "sequence", "time_index"]).any()
    children = tracked(tmp_path)
    assert expected == {name.removesuffix("/r0") for name in children if name.startswith("search-")}
