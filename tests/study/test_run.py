"""The whole program with a real Ray, as a user runs it: killed in search and in confirm, resumed, extended, stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import torch

import analysis
from study import catalog
from study.design import flags
from study.design.arm import Arm
from study.design.study import Study
from study.trials.search import trial_id
from trainables.autodecoder.autodecoder import Autodecoder

COMMAND = [sys.executable, "-m", "study.run", "bifurcation"]
METHODS = ["none", "sinkhorn+barycenter", "anchored", "lineage-blend"]
SETTINGS = ["epochs=30", "evaluation_grid=16"]
SMOKE = ["--preset", "smoke", "--methods", ",".join(METHODS), "--trials", "1"]
SMOKE += [argument for setting in SETTINGS for argument in ("--set", setting)]


def environment(folder: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k not in ("RAY_ADDRESS", "STUDY_RESULTS", "STUDY_STATE")}
    return kept | {"STUDY_CACHE": str(folder / "cache")}


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def until(process: subprocess.Popen[str], condition: Callable[[], bool], seconds: float = 240) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)


def smoke() -> Study:
    """The study that is run."""
    study = catalog.load("bifurcation", "smoke")
    flags.keep(study, METHODS, None)
    for setting in SETTINGS:
        flags.edit(study, *setting.split("="))
    return study


def run_folder(folder: Path) -> Path:
    (found,) = (folder / "results" / "bifurcation").iterdir()
    return found


def ended(folder: Path, phase: str) -> int:
    return len(list(folder.glob(f"results/bifurcation/*/trials/{phase}-*.json")))


@pytest.fixture(scope="module")
def killed_twice(tmp_path_factory) -> tuple[Path, str, str]:
    """A smoke run, SIGKILLed in search and in confirm, then resumed to its end: (folder, stdout, stderr)."""
    folder = tmp_path_factory.mktemp("user")
    process = start(folder, *SMOKE)
    until(process, lambda: ended(folder, "search") >= 4)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    process = start(folder, "--resume", "last")
    until(process, lambda: ended(folder, "confirm") >= 2)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    process = start(folder, "--resume", "last")
    out, err = process.communicate(timeout=400)
    assert process.returncode == 0, err
    return folder, out, err


def test_a_run_killed_twice_is_complete_and_nothing_is_doubled(killed_twice):
    folder, _, _ = killed_twice
    run = analysis.load(str(run_folder(folder)))
    study = smoke()
    arms = study.arms()
    expected = {trial_id(arm, 0) for arm in arms}
    expected |= {f"confirm-{arm}-{setting}" for arm in arms for setting in ("best", "published")}
    assert set(run.trials.trial) == expected
    assert len(run.trials) == len(expected)
    assert set(run.trials.state) == {"complete"}
    key = ["trial", "replicate", "sequence", "time_index"]
    assert not run.per_time.duplicated(key).any()
    confirm = run.per_time[run.per_time.phase == "confirm"]
    assert len(confirm) == len(arms) * 2 * study.replicates * 21
    assert set(run.per_time[run.per_time.phase == "search"].role) == {"train", "validation"}
    assert run.record["status"] == "finished"


def test_the_run_folder_holds_what_it_should_and_no_scratch(killed_twice):
    folder = run_folder(killed_twice[0])
    names = {path.name for path in folder.iterdir()}
    assert names == {
        *("study.json", "trials.parquet", "per_time", "curves", "surfaces", "ensembles", "models", "figures"),
        *("report.html", "journal.log"),
    }
    assert {p.name for p in (folder / "per_time").iterdir()} == {"search.parquet", "confirm.parquet"}
    assert all(p.name.startswith("confirm-") for p in (folder / "models").iterdir())
    assert {"interpolation-chamfer.png"} <= {p.name for p in (folder / "figures").iterdir()}


def test_the_user_is_told_three_things_and_spared_the_rest(killed_twice):
    folder, out, err = killed_twice
    lines = out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["answer", "results", "mlflow"]
    assert str(run_folder(folder)) in lines[1]
    assert "Traceback" not in err
    assert "Warning" not in err
    assert len(err.splitlines()) < 25


def test_mlflow_holds_every_trial_once_with_metrics_over_time(killed_twice, monkeypatch):
    folder = killed_twice[0]
    monkeypatch.chdir(folder)
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{folder}/mlflow.db")
    experiment = client.get_experiment_by_name("bifurcation")
    runs = client.search_runs([experiment.experiment_id], max_results=500)
    names = [run.info.run_name for run in runs]
    assert len(names) == len(set(names))
    loaded = analysis.load(str(run_folder(folder)))
    expected = {f"{row.trial}/r{k}" for row in loaded.trials.itertuples() for k in range(row.replicates)}
    assert set(names) == expected | {run_folder(folder).name}
    name = "confirm-sinkhorn+barycenter-sparse-published"
    (child,) = (run for run in runs if run.info.run_name == f"{name}/r1")
    history = {m.step: m.value for m in client.get_metric_history(child.info.run_id, "test/chamfer")}
    rows = loaded.per_time.query("trial == @name and replicate == 1 and role == 'test'")
    assert history == pytest.approx(dict(zip(rows.time_index, rows.chamfer, strict=True)))


def test_the_published_command_prints_the_bands(killed_twice):
    code = "import analysis; s = analysis.load('bifurcation'); print(analysis.iqr_bands(s.per_time, metric='chamfer'))"
    folder = killed_twice[0]
    ran = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    assert "q25" in ran.stdout
    assert "sparse" in ran.stdout


def test_the_same_configuration_and_seeds_give_the_same_numbers_again(killed_twice, monkeypatch):
    folder = killed_twice[0]
    monkeypatch.setenv("STUDY_CACHE", str(folder / "cache"))
    loaded = analysis.load(str(run_folder(folder)))
    study = smoke()
    arm = Arm("sinkhorn+barycenter", "dense")
    torch.set_num_threads(1)
    configuration = study.configured(arm, study.published_setting(arm), "confirm").model_dump(mode="json")
    timeline = study.timeline("dense", "confirm")
    again = Autodecoder(configuration, timeline, study.seeds("confirm"), torch.device("cpu"))
    while again.epoch < again.epochs:
        again.train_epoch()
    stored = loaded.per_time[loaded.per_time.trial == f"confirm-{arm}-published"]
    assert set(stored.seed) == set(study.seeds("confirm"))
    key = ["replicate", "time_index"]
    columns = ["chamfer", "hausdorff", "dice", "components", "bifurcation_time"]
    stored = stored.sort_values(key)[columns].reset_index(drop=True)
    computed = pd.DataFrame(again.rows({"train", "validation", "test"})).sort_values(key)[columns]
    pd.testing.assert_frame_equal(stored, computed.reset_index(drop=True), check_exact=True, check_dtype=False)


def test_overhead_and_provenance_are_recorded(killed_twice):
    record = json.loads((run_folder(killed_twice[0]) / "study.json").read_text())
    assert 0 < record["durations"]["overhead_fraction"] < 1
    assert len(record["sessions"]) == 3
    assert record["versions"]["torch"].startswith("2.13")
    assert record["configuration"]["trials"] == 1
    assert not set(record["seeds"]["search"]) & set(record["seeds"]["confirm"])


def test_a_finished_run_is_extended_and_can_be_stopped_and_taken_up_again(killed_twice):
    folder = killed_twice[0]
    before = pd.read_parquet(run_folder(folder) / "trials.parquet").set_index("trial")
    process = start(folder, "--resume", "last", "--trials", "2")
    until(process, lambda: ended(folder, "search") >= 2)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 143, err
    assert f"--resume {run_folder(folder)}" in err.splitlines()[-1]
    process = start(folder, "--resume", run_folder(folder).name)
    _, err = process.communicate(timeout=400)
    assert process.returncode == 0, err
    after = pd.read_parquet(run_folder(folder) / "trials.parquet").set_index("trial")
    study = smoke()
    searched = [str(trial) for trial in after.index if str(trial).startswith("search-")]
    study.trials = 2
    assert len(searched) == sum(map(study.arm_trials, study.arms()))
    kept = [trial for trial in before.index if str(trial).startswith("search-")]
    pd.testing.assert_frame_equal(before.loc[kept], after.loc[kept], check_dtype=False)
