"""`study.clean`: what it removes, and what it leaves alone."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pandas as pd
import pytest

from study.clean import command_line
from study.storage.places import state_folder
from study.storage.run_folder import RunFolder
from study.tracking import Tracker, remember_uri
from tests.study.fake_runs import locked
from tests.study.test_status import run
from trainables.files import remember, remembered


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two finished runs, one that was killed, and one that goes on."""
    monkeypatch.setenv("STUDY_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("STUDY_CACHE", str(tmp_path / "cache"))
    results = tmp_path / "results"
    for day, name in enumerate(("old", "new")):
        run(results, f"2026010{day + 1}-120000-{name}", finished=True, created_ms=day)
    run(results, "20260103-120000-dead", created_ms=3)
    locked(run(results, "20260104-120000-busy", created_ms=4), os.getpid())
    journal = state_folder(RunFolder(str(results / "bifurcation" / "20260103-120000-dead"))) / "journal.log"
    journal.parent.mkdir(parents=True)
    journal.touch()
    return results


def left(results: Path) -> list[str]:
    return sorted(folder.name[-4:].strip("-") for folder in (results / "bifurcation").iterdir())


def clean(results: Path, *arguments: str) -> int:
    return command_line([*arguments, "--results", str(results)])


def test_nothing_is_removed_before_it_is_confirmed(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert clean(results, "--unfinished") == 0
    assert left(results) == ["busy", "dead", "new", "old"]
    first, last = capsys.readouterr().out.splitlines()
    assert first.startswith("would remove run ")
    assert "dead" in first
    assert last.endswith("--yes removes it")


def test_an_unfinished_run_goes_with_its_journal_and_one_that_goes_on_stays(results: Path) -> None:
    assert clean(results, "--unfinished", "--yes") == 0
    assert left(results) == ["busy", "new", "old"]
    assert not list(results.parent.glob("state/*/*"))


def test_a_run_that_is_named_goes_with_what_mlflow_has_of_it_and_nothing_else(
    results: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from mlflow import MlflowClient
    from mlflow.entities import ViewType

    uri = f"sqlite:///{results.parent}/mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    remember_uri(uri)
    made = {"methods": ["none"], "supervisions": ["sparse"], "metrics": [], "tracking_uri": uri}
    for name in ("old", "new"):
        (file,) = results.glob(f"bifurcation/*-{name}/study.json")
        record = json.loads(file.read_text()) | made
        file.write_text(json.dumps(record))
        tracker = Tracker(uri, record)
        row = {"trial": "search-none-sparse-0000", "phase": "search", "setting": "search", "method": "none"}
        row |= {"supervision": "sparse", "state": "complete", "objective": 0.2, "replicates": 1, "seconds": 1.0}
        tracker.log_trial(row, pd.DataFrame(), pd.DataFrame())
        tracker.log_artifacts({"study.json": file})
        tracker.close()
    client, kept = MlflowClient(uri), results.parent / "mlruns"
    bin_ = client.create_run(client.get_experiment_by_name("bifurcation").experiment_id)
    client.delete_run(bin_.info.run_id)
    assert clean(results, "old", "--mlflow") == 0
    assert "-old and 2 runs of MLflow" in capsys.readouterr().out
    assert len(list(kept.rglob("study.json"))) == 2
    assert clean(results, "old", "--mlflow", "--yes") == 0
    assert left(results) == ["busy", "dead", "new"]
    (experiment,) = client.search_experiments(filter_string="name = 'bifurcation'")
    runs = client.search_runs([experiment.experiment_id], run_view_type=ViewType.ALL)
    assert {run.data.tags.get("run", "")[-3:] for run in runs} == {"new", ""}, "the user's bin is left alone"
    assert len(runs) == 3
    assert len(list(kept.rglob("study.json"))) == 1


def test_a_folder_of_somebody_else_has_nothing_of_mine_removed(
    results: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its record names a run of this user's."""
    monkeypatch.setattr("study.clean.removal.Removal", lambda uri: pytest.fail("MLflow is not asked"))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{results.parent}/mlflow.db")
    (file,) = results.glob("bifurcation/*-old/study.json")
    record = json.loads(file.read_text()) | {"tracking_uri": f"sqlite:///{results.parent}/mlflow.db"}
    file.write_text(json.dumps(record | {"run": "20260102-120000-new"}))
    assert clean(results, "20260102-120000-new", "--mlflow", "--yes") == 0
    assert "is of run 20260102-120000-new, and its folder is called 20260101-120000-old" in capsys.readouterr().err


@pytest.mark.parametrize(("keep", "kept"), [(2, ["busy", "dead", "new", "old"]), (1, ["busy", "dead", "new"])])
def test_the_newest_finished_runs_stay(results: Path, keep: int, kept: list[str]) -> None:
    assert clean(results, "bifurcation", "--keep", str(keep), "--yes") == 0
    assert left(results) == kept


def test_the_cache_goes_alone_and_nothing_else_under_its_place(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cache = results.parent / "cache"
    (cache / "thesis").mkdir(parents=True)
    (cache / "barycenters").mkdir()
    (cache / "thesis" / "chapter1.txt").write_text("years")
    remember("barycenters", "a.npy", b"0" * 1500)
    assert clean(results, "--cache", "--yes") == 0
    assert sorted(path.name for path in cache.rglob("*")) == ["barycenters", "chapter1.txt", "thesis"], "others' stays"
    assert remembered("barycenters", "a.npy") is None
    assert left(results) == ["busy", "dead", "new", "old"]
    assert "1.5 kB freed" in capsys.readouterr().out
    assert clean(results, "--cache", "--yes") == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "nothing was chosen"),
        (["cells", "--unfinished"], "STUDY cells: there is no run of it"),
        (["--keep", "-1"], "--keep"),
        (["bifurcation"], "STUDY bifurcation: of a study name --unfinished or --keep N"),
    ],
)
def test_wrong_input_is_one_sentence(
    results: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert clean(results, *arguments) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    assert said in line
    assert left(results) == ["busy", "dead", "new", "old"]
