"""The search: equal shares, the published setting first, what is proposed next, and which trial is the best."""

import zlib

import numpy as np
import optuna
import pytest
from optuna.samplers import TPESampler

from study import catalog
from study.design.arm import Arm
from study.design.study import Constraints
from study.trials.search import trial_id
from tests.study.bench import Bench, Killed, table


def test_every_arm_gets_its_share_and_the_published_setting_first(bench):
    bench.run(bench.open())
    found = {row["trial"]: row for row in table(bench)}
    for arm in bench.study.arms():
        own = [t for t in found if t.startswith(f"search-{arm}-")]
        assert len(own) == (1 if arm.method == "linear-blend" else 6)
        first = found[trial_id(arm, 0)]
        for path, value in bench.study.published_setting(arm).items():
            assert first[f"param.{path}"] == value


def test_arms_take_turns(bench):
    order = bench.run(bench.open())
    assert {name.rsplit("-", 1)[0] for name in order[:6]} == {f"search-{arm}" for arm in bench.study.arms()}


def test_proposals_stay_inside_the_space_and_differ(bench):
    bench.run(bench.open())
    rates = [row["param.learning_rate"] for row in table(bench) if row["method"] == "none"]
    space = bench.study.space["learning_rate"]
    assert all(space.low <= rate <= space.high for rate in rates)
    assert len({row for row in rates if row != 1e-3}) == len(rates) - 2


def test_an_arm_of_few_choices_has_each_once_and_then_what_is_added(bench, small_study, monkeypatch):
    monkeypatch.setattr("study.design.study.FEW", 6)
    laptop = catalog.load("bifurcation", "laptop")
    small_study.space = laptop.space
    small_study.methods = {"none": small_study.methods["none"]} | {
        name: laptop.methods[name] for name in ("volume-blend", "lineage+volume-blend")
    }
    small_study.supervisions = {"sparse": small_study.supervisions["sparse"]}
    bench.run(bench.open())
    asked = [row for row in table(bench) if row["method"] == "volume-blend"]
    assert sorted(row["param.rules.volume.exponent"] for row in asked) == pytest.approx([1 / 3, 1, 5 / 3])
    assert len([row for row in table(bench) if row["method"] == "lineage+volume-blend"]) == 6, "twelve are too many"
    small_study.trials = 12
    bench.run(bench.open())
    both = [row for row in table(bench) if row["method"] == "lineage+volume-blend"]
    settings = {(row["param.rules.volume.exponent"], row["param.rules.lineage.smoothing"]) for row in both}
    repeated = len(both) - len(settings)  # proposals of the sampler, from when not all could be tried
    assert len(both) == 12
    assert repeated <= 4


def test_a_rule_tries_all_its_few_settings_whatever_the_number_of_trials(bench, small_study):
    laptop, name = catalog.load("bifurcation", "laptop"), "lineage+volume-blend"
    small_study.methods, small_study.space = {"none": laptop.methods["none"], name: laptop.methods[name]}, laptop.space
    small_study.supervisions = {"sparse": small_study.supervisions["sparse"]}
    small_study.trials = 2
    order = bench.run(bench.open())
    rule = [row for row in table(bench) if row["method"] == "lineage+volume-blend"]
    settings = {(row["param.rules.volume.exponent"], row["param.rules.lineage.smoothing"]) for row in rule}
    assert len(settings) == len(rule) == 12
    assert [trial.startswith("search-lineage") for trial in order] == [True] * 12 + [False] * 2
    small_study.trials = 1  # nothing is to be searched
    assert small_study.arm_trials(Arm("lineage+volume-blend", "sparse")) == 1


def test_a_network_on_an_interpolant_begins_with_the_one_that_was_best_by_itself(bench, small_study):
    methods = catalog.load("bifurcation", "laptop").methods
    small_study.methods = {name: methods[name] for name in ("none", "anchored", "anchored+sinkhorn")}
    small_study.trials, small_study.pruning.least_trials = 4, 10
    search, best = bench.open(), small_study.space["anchor"].choices[0]
    assert best != small_study.methods["anchored"].anchor
    bare, on_top = Arm("anchored", "dense"), Arm("anchored+sinkhorn", "dense")
    assert (small_study.simpler(on_top), small_study.simpler(bare)) == (bare, None)
    while (job := search.next()) is not None:
        row = {"objective": 0.1 if job.parameters.get("anchor") == best else 0.5, "seconds": 1.0, "reason": ""}
        search.end(job, "complete", row)
    first, second, *others = (trial.params for trial in search._arms[on_top].trials)
    assert first == small_study.published_setting(on_top)
    assert second == first | {"anchor": best}
    assert all(setting["learning_rate"] != first["learning_rate"] for setting in others)
    assert {trial.params["anchor"] for trial in search._arms[bare].trials} == {*small_study.space["anchor"].choices}


def test_a_network_begins_with_the_published_interpolant_only_where_that_is_the_best(bench, small_study):
    methods = catalog.load("bifurcation", "laptop").methods
    small_study.methods = {name: methods[name] for name in ("none", "anchored", "anchored+sinkhorn")}
    search, on_top = bench.open(), Arm("anchored+sinkhorn", "dense")
    while (job := search.next()) is not None:
        published = job.parameters.get("anchor") == small_study.published_setting(on_top)["anchor"]
        search.end(job, "complete", {"objective": 0.1 if published else 0.5, "seconds": 1.0, "reason": ""})
    settings = [trial.params for trial in search._arms[on_top].trials]
    assert settings.count(small_study.published_setting(on_top)) == 1


def test_pruned_trials_have_rows_and_best_is_among_the_complete(bench):
    search = bench.open()
    bench.run(search)
    states = {row["trial"]: row["state"] for row in table(bench)}
    assert "pruned" in states.values()
    for trial in states:
        assert len(bench.folder.rows_of("per_time", trial, "search")) == 1
    best = search.best(Arm("none", "sparse"))
    complete = [r for r in table(bench) if r["trial"].startswith("search-none-sparse") and r["state"] == "complete"]
    assert best["learning_rate"] == min(complete, key=lambda r: r["objective"])["param.learning_rate"]


def test_an_arm_of_few_trials_completes_them_all(bench, small_study):
    small_study.pruning.least_trials = 10
    bench.run(bench.open())
    assert {row["state"] for row in table(bench)} == {"complete"}


def test_what_is_proposed_is_what_optuna_asks_for_jointly(bench):
    """Optuna's own `ask`, of a study with the same history, with the sampler seeded as ours."""
    search, arm = bench.open(), Arm("sinkhorn", "sparse")
    bench.run(search)
    searched, space = search._arms[arm], bench.study.arm_space(arm)
    number = len(searched.get_trials())
    seed = int(np.random.SeedSequence([bench.study.seed, zlib.crc32(str(arm).encode()), number]).generate_state(1)[0])
    sampler = TPESampler(seed=seed, n_startup_trials=2, multivariate=True, constant_liar=False)
    beside = optuna.create_study(sampler=sampler)
    beside.add_trials(searched.get_trials())
    assert search._propose(arm, number) == pytest.approx(beside.ask(space).params)
    assert len(space) > 1


def test_what_predicts_nothing_is_never_the_best_before_and_after_resuming(bench):
    bench.run(bench.open())
    arm = Arm("none", "sparse")
    best = bench.open().best(arm)
    other = type(bench)(bench.path / "empty", bench.study)
    other.empty = lambda job: job.parameters.get("learning_rate") == best["learning_rate"]
    search = other.open()
    other.run(search)
    found = search.best(arm)
    complete = [r for r in table(other) if r["trial"].startswith("search-none-sparse") and r["state"] == "complete"]
    assert min(complete, key=lambda r: r["objective"])["empty"] == 1
    second = sorted(complete, key=lambda r: r["objective"])[1]
    assert found["learning_rate"] == second["param.learning_rate"] != best["learning_rate"]
    assert other.open().best(arm) == found


def test_where_all_predict_nothing_one_of_them_is_the_best(bench):
    bench.empty = lambda job: True
    search = bench.open()
    bench.run(search)
    assert search.best(Arm("none", "sparse")) is not None


def test_with_a_second_objective_both_are_searched_no_trial_is_stopped_and_the_metric_decides(bench, small_study):
    small_study.objective = small_study.objective.model_copy(update={"cost": "seconds"})
    search = bench.open()
    bench.run(search)
    assert {row["state"] for row in table(bench)} == {"complete"}
    arm = Arm("none", "sparse")
    ended = [row for row in table(bench) if row["trial"].startswith(f"search-{arm}-")]
    optuna = search._arms[arm]
    assert [trial.values for trial in optuna.trials] == [[row["objective"], row["seconds"]] for row in ended]
    assert optuna.best_trials
    assert search.best(arm) == optuna.trials[min(range(6), key=lambda i: ended[i]["objective"])].params
    assert bench.open().done == search.done, "what was told is known to a resuming process"


def test_the_best_keeps_to_the_constraints_as_optuna_says_it_too(bench, small_study):
    small_study.pruning.least_trials = 100  # all are complete
    small_study.put("constraints.empty", 0)
    bench.empty = lambda job: job.number != 3
    search = bench.open()
    bench.run(search)
    arm = Arm("none", "sparse")
    trials = search._arms[arm].trials
    assert [trial.constraints for trial in trials] == [{"empty": float(number != 3)} for number in range(6)]
    assert search.best(arm) == trials[3].params == search._arms[arm].best_trial.params
    assert trials[3].values[0] > min(trial.values[0] for trial in trials), "one that breaks it has less"
    small_study.put("constraints.seconds", 0.5)  # each takes one
    stricter = Bench(bench.path / "stricter", small_study)
    search = stricter.open()
    stricter.run(search)
    assert search.best(arm) is not None, "what breaks the fewest, where all break some"


def test_more_is_better_turns_the_bound_on_shown_frames_around():
    bound = Constraints(shown=0.9)
    assert bound.excess({"shown": 0.8}, "maximize")["shown"] == pytest.approx(0.1)
    assert bound.excess({"shown": 0.8}, "minimize")["shown"] == pytest.approx(-0.1)
    assert bound.excess({"shown": float("nan")}, "minimize") == {"shown": 1.0}
    assert bound.excess({}, "minimize") == {"shown": 1.0}


def test_an_arm_has_no_more_trials_once_its_patience_is_over(bench, small_study):
    """Trials until the first two in a row that are no better than all before, counted from an unlimited search."""
    small_study.trials, small_study.pruning.least_trials = 12, 20
    bench.run(bench.open())
    expected = {}
    for arm in bench.study.arms():
        values = [row["objective"] for row in table(bench) if row["trial"].startswith(f"search-{arm}-")]
        best = [min(values[:n]) for n in range(1, len(values) + 1)]
        ends = [n for n in range(3, len(values) + 1) if best[n - 1] == best[n - 3]]
        expected[str(arm)] = ends[0] if ends else len(values)
    small_study.patience = 2
    short = Bench(bench.path / "short", small_study)
    search = short.open()
    with pytest.raises(Killed):
        short.run(search, lambda where, job: where == "told" and job.number == 1)
    search = short.open()
    short.run(search)
    found = {str(a): sum(r["trial"].startswith(f"search-{a}-") for r in table(short)) for a in bench.study.arms()}
    assert found == expected
    assert min(expected.values()) < 12 < sum(expected.values())
    assert search.total == search.done == sum(expected.values())
    assert short.open().next() is None
