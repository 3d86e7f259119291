"""A search that is killed, extended or taken elsewhere ends like one that never stopped."""

import pandas as pd
import pytest

from study.running import recorder
from study.running.recorder import Recorder
from study.trials import journal
from tests.study.bench import Bench, Killed, table


def rows(bench):
    return [str(row) for row in table(bench)]


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


def test_more_trials_extend_a_finished_search(bench, small_study):
    bench.run(bench.open())
    bench.folder.compact("search")
    before = rows(bench)
    small_study.trials = 8
    ran = bench.run(bench.open())
    assert len(ran) == 2 * 4
    assert set(before) <= set(rows(bench))
    assert bench.run(bench.open()) == []


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
