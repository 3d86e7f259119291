"""What other runs found to be best is tried early, in the arms that have the method, and recorded as such."""

from __future__ import annotations

import json

import pytest
from optuna.distributions import FloatDistribution

from study.errors import Mistake
from study.running.warm_start import warm_starts
from study.trials.search import trial_id
from tests.study.bench import Bench, Killed, table


@pytest.fixture
def earlier(bench):
    """A finished search, whose results lie beside those of the new run."""
    bench.run(bench.open())
    bench.folder.write("study.json", content=json.dumps({"study": bench.study.name, "run": "run"}).encode())
    return bench


def best(bench, arm):
    own = [r for r in table(bench) if r["trial"].startswith(f"search-{arm}-") and r["state"] == "complete"]
    return min(own, key=lambda row: row["objective"])


def test_the_best_of_each_method_is_the_next_trial_after_the_published_setting(earlier, small_study):
    small_study.put("learning_rate", 2e-3)  # else the published setting was the best
    starts = warm_starts(small_study, ["run"], str(earlier.path / "results"))
    arm = next(a for a in small_study.arms() if a.method == "sinkhorn")
    row = best(earlier, arm)
    small_study.seed, small_study.trials, small_study.warm_start = 7, 3, starts
    again = Bench(earlier.path / "again", small_study)
    with pytest.raises(Killed):
        again.run(again.open(), lambda where, job: where == "asked" and job.trial == trial_id(arm, 1))
    search = again.open()
    again.run(search)
    found = {own["trial"]: own for own in table(again)}
    for path, value in small_study.published_setting(arm).items():
        assert found[trial_id(arm, 0)][f"param.{path}"] == value
        assert found[trial_id(arm, 1)][f"param.{path}"] == row[f"param.{path}"]
    assert found[trial_id(arm, 2)]["param.learning_rate"] != row["param.learning_rate"]
    (start,) = starts[str(arm)]
    assert (start.run, start.trial) == ("run", row["trial"])
    told = [trial.user_attrs.get("warm start") for trial in search._arms[arm].get_trials()]
    assert told == [None, f"run, {row['trial']}", None]


def test_a_setting_outside_the_ranges_is_left_out_and_of_nothing_one_is_told(earlier, small_study):
    small_study.put("learning_rate", 2e-3)
    small_study.space = {"learning_rate": FloatDistribution(1.9e-3, 2.1e-3, log=True)}
    with pytest.raises(Mistake, match="inside the ranges of study bifurcation"):
        warm_starts(small_study, ["run"], str(earlier.path / "results"))


def test_runs_without_a_method_in_common_are_refused(earlier, small_study):
    methods = small_study.methods
    small_study = small_study.model_copy(update={"methods": {f"other-{name}": m for name, m in methods.items()}})
    with pytest.raises(Mistake, match="no trial there is of a method of study"):
        warm_starts(small_study, ["run"], str(earlier.path / "results"))
