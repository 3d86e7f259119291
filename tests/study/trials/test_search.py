"""The search: equal shares, the published setting first, resuming equal to never having stopped."""

import zlib

import numpy as np
import optuna
import pandas as pd
import pytest
from optuna.samplers import TPESampler

from study import catalog
from study.design.arm import Arm
from study.design.study import Constraints
from study.running import recorder
from study.running.recorder import Recorder
from study.trials import journal
from study.trials.confirmation import Confirmation
from study.trials.search import trial_id
from tests.study.bench import Bench, Killed, arrow, table


def rows(bench):
    return [str(row) for row in table(bench)]


def test_every_arm_gets_its_share_and_the_published_etting_first(bench):
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


@pytest.mark.parametrize("where", ["asked", "reported", "written", "told"])
@pytest.mark.parametrize("victim", ["search-none-sparse-0000", "search-sinkhorn-dense-0003"])
def test_a_search_killed_anywhere_ends_like_one_that_was_not(bench, another_bench, where, victim):
    bench.run(bench.open())
    with pytest.raises(Killed):
        another_bench.run(another_bench.open(), lambda at, job: at == where and job.trial == victim)
    ran = another_bench.run(another_bench.open())
    assert rows(another_bench) == rows(bench)
    assert len(ran) == len(set(ran))
    if where == "told":
        assert victim not in ran


@pytest.mark.parametrize("where", ["asked", "reported", "written", "told"])
@pytest.mark.parametrize("victim", ["search-none-sparse-0001", "search-sinkhorn-dense-0003"])
def test_what_the_journals_copy_lacks_is_made_again_from_the_tables(bench, another_bench, where, victim, monkeypatch):
    """Killed, and gone on with on another machine: the copy is that of the first trial."""
    monkeypatch.setattr(journal, "_SECONDS", 1e9)
    search = bench.open()
    bench.run(search)
    with pytest.raises(Killed):
        another_bench.run(another_bench.open(), lambda at, job: at == where and job.trial == victim)
    ended = set(another_bench.folder.trials())
    assert len(ended) > 1
    (another_bench.path / "state" / "journal.log").unlink()
    assert another_bench.folder.read("journal.log").count(b"datetime_complete") == 1
    resumed = another_bench.open()
    ran = another_bench.run(resumed)
    assert rows(another_bench) == rows(bench)
    assert not ended & set(ran)
    for arm in bench.study.arms():
        found, expected = (
            [(t.number, t.state, t.params, t.values, t.intermediate_values) for t in one._arms[arm].trials]
            for one in (resumed, search)
        )
        assert found == expected


def test_of_many_trials_few_have_files_of_their_own_and_a_kill_costs_none(bench, another_bench, monkeypatch):
    bench.run(bench.open())
    monkeypatch.setattr(recorder, "APART", 5)
    victim = lambda at, job: at == "reported" and job.trial == "search-sinkhorn-dense-0003"  # noqa: E731
    with pytest.raises(Killed):
        another_bench.run(another_bench.open(), victim)
    another_bench.run(another_bench.open())
    assert len(another_bench.folder.names("trials", ".json")) < 5
    assert len(another_bench.folder.names("per_time", ".parquet")) < 5 + 1
    for each in (bench, another_bench):
        each.folder.compact("search")
    assert rows(another_bench) == rows(bench)
    for trial in bench.folder.trials():
        one, other = (b.folder.rows_of("per_time", trial, "search") for b in (bench, another_bench))
        pd.testing.assert_frame_equal(one, other)


def test_of_several_that_were_running_those_without_tables_are_proposed_again(bench):
    """Trials that were begun before one that has ended, at a kill with several at once."""
    search = bench.open()
    begun = [search.next() for _ in range(3 * len(bench.study.arms()))]
    last = begun[-1]
    Recorder(bench.study, bench.folder, lambda row: None).end(search, last, "failed", "no bed")
    (bench.path / "state" / "journal.log").unlink()
    bench.folder.remove("journal.log")
    resumed = bench.open()
    assert resumed.done == 1
    ran = bench.run(resumed)
    assert last.trial not in ran
    assert sorted({*ran, last.trial}) == sorted(bench.folder.trials())
    assert len(ran) == resumed.total - 1


def test_a_search_killed_between_its_tables_and_optuna_is_settled_without_running_again(bench, monkeypatch):
    search = bench.open()
    monkeypatch.setattr(search, "end", lambda *a: (_ for _ in ()).throw(Killed()))
    with pytest.raises(Killed):
        bench.run(search)
    resumed = bench.open()
    assert resumed.done == 1
    assert "search-linear-blend-sparse-0000" not in bench.run(resumed)


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


def test_more_trials_extend_a_finished_search(bench, small_study):
    bench.run(bench.open())
    bench.folder.compact("search")
    before = rows(bench)
    small_study.trials = 8
    ran = bench.run(bench.open())
    assert len(ran) == 2 * 4
    assert set(before) <= set(rows(bench))
    assert bench.run(bench.open()) == []


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


def test_the_journal_of_another_machine_is_taken_from_the_run_folder(bench):
    with pytest.raises(Killed):
        bench.run(bench.open(), lambda at, job: at == "told" and job.number == 2)
    told = len(bench.folder.trials())
    (bench.path / "state" / "journal.log").unlink()
    assert bench.open().done == told


def test_a_journal_torn_in_its_last_line_opens(bench):
    bench.run(bench.open())
    journal = bench.path / "state" / "journal.log"
    journal.write_bytes(journal.read_bytes()[:-7])
    search = bench.open()
    assert search.done >= search.total - 1
    bench.run(search)
    assert len(table(bench)) == search.total


def test_confirmation_takes_best_and_published_longest_first_and_copies_equals(bench):
    search = bench.open()
    bench.run(search)
    confirmation = Confirmation(bench.study, search, bench.folder, bench.request)
    jobs = []
    while (job := confirmation.next()) is not None:
        jobs.append(job)
    names = [job.trial for job in jobs] + [job.trial for _, job in confirmation.copies]
    expected = {f"confirm-{arm}-{setting}" for arm in bench.study.arms() for setting in ("best", "published")}
    assert set(names) == expected
    assert confirmation.total == len(jobs)
    copied = {job.trial: original for original, job in confirmation.copies}
    assert copied["confirm-linear-blend-dense-published"] == "confirm-linear-blend-dense-best"
    for job in jobs:
        assert not set(job.request.seeds) & set(bench.study.seeds("search"))
        assert "test" in job.request.roles


def test_a_confirmation_whose_best_changed_is_run_again(bench, small_study):
    search = bench.open()
    bench.run(search)
    first = Confirmation(bench.study, search, bench.folder, bench.request)
    bench.run(first)
    recorder = Recorder(bench.study, bench.folder, lambda row: None)
    for original, copied in first.copies:
        mean = {"trial": original, "setting": "best", "draw": -1, "sequence": "s", "time_index": 1, "chamfer": 0.1}
        bench.folder.write_table("ensembles", original, arrow([mean]))
        recorder.copy(original, copied)
        rows = bench.folder.rows_of("ensembles", copied.trial, "confirm")
        assert rows[["trial", "setting"]].to_numpy().tolist() == [[copied.trial, "published"]]
    assert Confirmation(bench.study, search, bench.folder, bench.request).next() is None
    arm = Arm("sinkhorn", "sparse")
    other = search.best(arm) | {"learning_rate": 1.234e-3}
    search.best = lambda a, found=search.best: other if a == arm else found(a)
    again = Confirmation(bench.study, search, bench.folder, bench.request)
    job = again.next()
    assert job.trial == "confirm-sinkhorn-sparse-best"
    assert job.trial not in bench.folder.trials()
    assert again.next() is None


@pytest.mark.parametrize("sampler", ["random", "gp"])
def test_every_sampler_goes_on_as_if_it_had_never_been_stopped(sampler, tmp_path, small_study):
    small_study.sampler, small_study.trials, small_study.pruning.least_trials = sampler, 5, 10
    small_study.supervisions = {"sparse": small_study.supervisions["sparse"]}
    whole, killed = (Bench(tmp_path / name, small_study) for name in ("whole", "killed"))
    whole.run(whole.open())
    with pytest.raises(Killed):
        killed.run(killed.open(), lambda where, job: where == "reported" and job.trial.endswith("sparse-0003"))
    killed.run(killed.open())
    assert table(killed) == table(whole)
    own = [row["param.learning_rate"] for row in table(whole) if row["method"] == "none"]
    assert len(set(own)) == 5


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
