"""Trials that fail in every way: the reason is in the tables, Optuna is told, and the study goes on to its report."""

from __future__ import annotations

from pathlib import Path

import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from study.running.lost_workers import RETRIES
from tests.study.bench import table
from tests.study.sleeping_runs import finish, run_folder, start, tables, trace, with_database

ALWAYS = {
    "exception": "ValueError: a pea under the mattress",
    "memory": "MemoryError: no bed is large enough",
    "gpu-memory": "OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB",
    "divergence": "diverged: replicate 0: dream exploded at epoch 4",
    "killed": f"the worker was lost {RETRIES + 1} times, perhaps for want of memory: "
    "The actor is dead because its worker process has died.",
}


def optuna_states(folder: Path) -> dict[str, list[TrialState]]:
    """Method → states of its trials, in the journal of the run folder."""
    storage = JournalStorage(JournalFileBackend(str(run_folder(folder) / "journal.log")))
    return {
        study.study_name.rpartition("/")[2].removesuffix("-sparse"): [
            t.state for t in storage.get_all_trials(study._study_id)
        ]
        for study in storage.get_all_studies()
    }


@pytest.fixture(scope="module")
def faults(tmp_path_factory) -> tuple[Path, str, str]:
    folder = tmp_path_factory.mktemp("faults")
    few = {"SLEEPING_SESSION": "9"}
    return folder, *finish(
        start(with_database(folder), "--preset", "faults", "--set", "resources.cpus=1", **few), status=1
    )


def test_a_study_of_several_sessions_runs_every_trial_once(faults):
    """Of 18 trials of the search, and as many confirmations: in each session other processes, and no trial twice."""
    trials = tables(faults[0])["trials"]
    assert (trials[trials.phase == "search"].groupby("method").size() == 2).all()
    assert not trials.trial.duplicated().any()
    well = trials[(trials.method == "none") & (trials.phase == "search")]
    assert set(well.state) <= {"complete", "pruned"}
    epochs = [(line["offset"], line["depth"], line["seed"], line["epoch"]) for line in trace(faults[0])]
    assert max(epochs.count(one) for one in epochs if one[0] == 0.0) == 1


def test_a_trial_that_fails_has_its_reason_and_optuna_knows(faults):
    trials = tables(faults[0])["trials"]
    known = optuna_states(faults[0])
    for method, reason in ALWAYS.items():
        own = trials[trials.method == method]
        assert set(own.setting) == {"search", "published"}, "there is no best setting"
        assert (own.state == "failed").sum() >= 2
        failed = own[own.state == "failed"]
        assert all(text.startswith(reason) for text in failed.reason), set(failed.reason)
        assert known[method][0] == TrialState.FAIL
        assert TrialState.COMPLETE not in known[method]
    assert (run_folder(faults[0]) / "errors" / "search-exception-sparse-0000.txt").read_text().startswith("Traceback")


def test_the_study_goes_on_and_the_report_says_what_failed(faults):
    folder, out, err = faults
    assert [line.split(":")[0] for line in out.splitlines()] == ["answer", "results", "mlflow"]
    assert "Traceback" not in err
    assert "failed: every trial of exception: " in err
    assert "every trial of sometimes" not in err
    assert "raylet" not in out + err
    trials = tables(folder)["trials"].set_index("trial")
    assert set(trials.loc[["confirm-none-sparse-best", "confirm-pillow-sparse-best"]].state) == {"complete"}
    report = (run_folder(folder) / "report.html").read_text()
    for sentence in (*ALWAYS.values(), "No trial of the search was completed for"):
        assert sentence in report


def test_a_process_that_dies_once_costs_the_epochs_since_its_checkpoint(faults):
    folder, _, _ = faults
    trials = tables(folder)["trials"]
    assert "failed" not in set(trials[trials.method == "killed-once"].state)
    own = [line for line in trace(folder) if line["offset"] == pytest.approx(0.7)]
    first = [line for line in own if line["depth"] == own[0]["depth"] and line["seed"] == own[0]["seed"]]
    # Killed in its fourth epoch, it goes on from the checkpoint after the second.
    assert [line["epoch"] for line in first] == [1, 2, 3, 3, 4, 5, 6, 7, 8]
    assert len({line["process"] for line in first}) == 2


def test_a_trial_that_failed_stops_no_other(faults):
    """The published setting fails after the first rung; another is the arm's only hope."""
    trials = tables(faults[0])["trials"]
    own = trials[(trials.method == "sometimes") & (trials.phase == "search")]
    assert own.state.tolist() == ["failed", "complete"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("preset", "status", "answer"),
    [
        ("baseline-fails", 1, "nothing can be compared, because the baseline 'none' has no confirmed values"),
        ("all-fail", 1, "There is no answer: the run is finished, but all 8 trials failed."),
    ],
)
def test_a_study_without_a_baseline_or_without_anything_says_so(preset, status, answer, tmp_path):
    out, err = finish(start(tmp_path, "--preset", preset), status)
    assert answer in out.splitlines()[0]
    assert "Traceback" not in err
    assert "warning" not in err
    assert "ValueError: a pea under the mattress" in (run_folder(tmp_path) / "report.html").read_text()


def test_a_search_holds_no_trial_against_one_that_failed(bench):
    """Without Ray: in the arm whose first trial fails after its last rung, some trial is completed."""
    search = bench.open()
    original = search.end

    def end(job, state, row):
        original(job, "failed" if job.number == 0 else state, row)

    search.end = end
    bench.run(search)
    assert {row["method"] for row in table(bench)} == {"none", "sinkhorn", "linear-blend"}
    for arm in bench.study.arms():
        states = [t.state for t in search._arms[arm].get_trials()]
        assert states[0] == TrialState.FAIL
        assert len(states) == 1 or TrialState.COMPLETE in states


def test_a_node_without_memory_costs_the_trials_that_ran_there_their_processes_alone(tmp_path):
    """Ray kills them, in words that Tune does not expect: its session ends, and the next one goes on."""
    out, err = finish(start(tmp_path, "--preset", "short", SLEEPING_EVICTED="9"))
    assert "Traceback" not in out + err
    trials = tables(tmp_path)["trials"]
    assert set(trials.state) <= {"complete", "pruned"}
    assert (trials[trials.phase == "search"].groupby("method").size() == 3).all()
    assert "evicted" in err, "it happened"
