"""Exports that are asked for wrongly, and of runs that have moved, lack something or lie behind a password."""

import http.server
import json
import shutil
import threading
from functools import partial
from pathlib import Path

import pytest

from analysis.testing.runs import change
from study import catalog
from study.data.recordings import Wanted, find, keep
from study.export import command_line
from study.storage.run_folder import RunFolder
from tests.study.confirmed import export, finished_run
from tests.study.data.drifting import recording


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A run of two recorded cells and one of the bifurcation, of models trained for a while."""
    base = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STUDY_CACHE", str(base / "cache"))
        path = recording(base / "source" / "TRA", {1: range(6), 2: range(6)})
        cells = catalog.load("cells", "smoke", find(Wanted(path=str(path), voxel="1,0.5,0.5"), 32))
        folder, analytic = (RunFolder(str(base / "results" / name / "run")) for name in ("cells", "bifurcation"))
        keep(cells, folder)
        bifurcation = catalog.load("bifurcation", "smoke")
        yield {
            "cells": finished_run(folder, cells, epochs=60),
            "bifurcation": finished_run(analytic, bifurcation, epochs=60),
        }


def test_an_export_is_not_overwritten_unless_told(runs, tmp_path, capsys):
    export(runs["bifurcation"], tmp_path, "--at", "0.5", "--grid", "24")
    capsys.readouterr()
    assert command_line([runs["bifurcation"].url, "--output", str(tmp_path), "--at", "0.5"]) == 2
    assert "--force" in capsys.readouterr().err
    export(runs["bifurcation"], tmp_path, "--at", "0,0.5", "--grid", "24", "--force")
    assert len(list(tmp_path.rglob("man_track*.tif"))) == 2


CASES = {
    "no run": ([], "no run is named"),
    "absent run": (["nowhere"], "no study 'nowhere'"),
    "one time": (["{run}", "--times", "1"], "--times 1"),
    "a time outside": (["{run}", "--at", "0,1.5"], "1.5 lies outside"),
    "times in words": (["{run}", "--at", "noon"], "--at noon: not a list of times"),
    "both kinds of times": (["{run}", "--times", "3", "--at", "0"], "were both given"),
    "unknown format": (["{run}", "--format", "stl"], "stl"),
    "unknown method": (["{run}", "--method", "sinkhorn"], "--method sinkhorn"),
    "unknown supervision": (["{run}", "--supervision", "sparse"], "--supervision sparse"),
    "unconfirmed setting": (["{run}", "--setting", "published"], "no confirmed trial of setting published"),
    "unknown sequence": (["{run}", "--sequence", "track-99"], "--sequence track-99"),
    "a replicate too many": (["{run}", "--replicate", "2"], "--replicate 2"),
    "unwritable output": (["{run}", "--output", "/proc/nowhere"], "cannot be written to"),
    "output that is no folder": (["{run}", "--output", "memory://x"], "name a folder"),
}


@pytest.mark.parametrize("case", CASES)
def test_wrong_input_is_one_sentence_and_leaves_nothing(case, runs, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STUDY_RESULTS", raising=False)
    arguments, culprit = CASES[case]
    before = sorted(Path(runs["cells"].path).rglob("*"))
    assert command_line([part.format(run=runs["cells"].url) for part in arguments]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert len(err.splitlines()) == 1
    assert culprit in err
    assert list(tmp_path.iterdir()) == []
    assert sorted(Path(runs["cells"].path).rglob("*")) == before


def test_a_model_that_is_gone_is_told(runs, tmp_path, capsys):
    copy = tmp_path / "run"
    shutil.copytree(runs["bifurcation"].path, copy)
    shutil.rmtree(copy / "models")
    assert command_line([str(copy)]) == 2
    assert "keeps a model" in capsys.readouterr().err


def test_a_run_that_has_moved_is_exported_and_one_whose_data_are_gone_is_told(runs, tmp_path, capsys):
    home, moved = Path(runs["cells"].path), tmp_path / "moved"
    shutil.copytree(home, moved)
    hidden = home.with_name("hidden")
    home.rename(hidden)
    try:
        assert command_line([str(moved), "--at", "0"]) == 0
        assert (moved / "exports" / "labels" / "spread.csv").exists(), "the run folder is where exports go unless told"
        shutil.rmtree(moved / "data")
        capsys.readouterr()
        assert command_line([str(moved), "--at", "0", "--output", str(tmp_path / "out")]) == 2
    finally:
        hidden.rename(home)
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert "is gone, and track-01 cannot be scored: restore it" in err
    assert not (tmp_path / "out").exists()


def test_a_model_of_sequences_that_were_not_trained_on_is_not_exported(runs, tmp_path, capsys):
    copy = tmp_path / "run"
    shutil.copytree(runs["bifurcation"].path, copy)
    change(copy, configuration={"methods": {"none": {"unseen": []}}})
    assert command_line([str(copy)]) == 2
    assert "keeps no codes of them" in capsys.readouterr().err


@pytest.fixture
def served(runs, tmp_path):
    """A copy of the results on loopback, with a password in its address; what was asked for, in order."""
    shutil.copytree(Path(runs["cells"].path).parents[1], tmp_path / "results")
    asked: list[str] = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            asked.append(self.path)

    handler = partial(Handler, directory=tmp_path / "results")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://me:s3cretpw@127.0.0.1:{server.server_port}", tmp_path / "results", asked
        server.shutdown()


def test_a_password_in_the_address_of_a_run_reaches_no_export_and_no_report(served, tmp_path, monkeypatch):
    from study.report import command_line as report

    monkeypatch.setattr("analysis.figures.names", list)  # none
    monkeypatch.setattr("sys.argv", ["study.export", f"{served[0]}/bifurcation/run"])
    assert command_line([f"{served[0]}/bifurcation/run", "--output", str(tmp_path / "out"), "--at", "0"]) == 0
    assert report([f"{served[0]}/bifurcation/run", "--output", str(tmp_path / "page.html")]) == 0
    for file in [tmp_path / "page.html", *(tmp_path / "out").rglob("*.json")]:
        assert "***@127.0.0.1" in file.read_text()
        assert "s3cretpw" not in file.read_text()


def test_a_model_has_no_address_asked(served, tmp_path, capsys):
    import torch

    address, results, asked = served
    (file,) = (results / "cells" / "run" / "models").iterdir()
    model = torch.load(file, weights_only=True)
    configuration = json.loads(model["configuration"])
    configuration["sequences"][0]["file"] = f"{address}/secret.npz"
    torch.save(model | {"configuration": json.dumps(configuration)}, file)
    assert command_line([str(results / "cells" / "run"), "--output", str(tmp_path / "out"), "--at", "0"]) == 2
    assert "secret.npz is gone, and track-01 cannot be scored" in capsys.readouterr().err
    assert asked == []
