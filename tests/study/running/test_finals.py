"""A run with finals: which trials it has, what is confirmed, and what is said of it."""

from __future__ import annotations

import analysis
from analysis.statistics import search
from tests.study.sleeping_runs import finish, run_folder, start


def test_finalists_are_trained_again_and_the_best_of_them_is_confirmed(tmp_path):
    few = ["--preset", "short", "--set", "finalists=2", "--set", "finalist_replicates=3"]
    _, err = finish(start(tmp_path, *few, "--methods", "none,pillow"))
    assert "final: 2 of 2 trials" in err
    run = analysis.load(str(run_folder(tmp_path)))
    trials = run.trials.set_index("trial")
    finals = trials[trials.phase == "final"]
    assert set(finals.setting) == {"finalist"}
    assert set(finals.replicates) == {3}
    assert set(finals.method) == {"pillow"}, "of the other's trials one alone is complete"
    rows = run.per_time[run.per_time.phase == "final"]
    assert set(rows.role) == {"train", "validation"}
    assert not set(rows.seed) & set(run.per_time[run.per_time.phase != "final"].seed)
    best = finals.loc[finals.objective.idxmin()]
    assert trials.loc["confirm-pillow-sparse-best", "param.depth"] == best["param.depth"]
    ranked = search.ranked(run, "pillow", "sparse").set_index("rank")
    assert ranked.loc[1.0, "number"] == best.number
    assert any("(up to 2 of each trained again with 3 seeds)" in line for line in analysis.answer(run))
    assert run.record["durations"]["final"] > 0
