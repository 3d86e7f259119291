"""`python -m study.report`: the report again, the same as the run made it; several runs; and what it refuses."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from study.report import TOGETHER, command_line
from study.storage.lock import Lock
from study.storage.run_folder import RunFolder
from tests.analysis import conftest as runs


@pytest.fixture
def results(tmp_path, monkeypatch) -> Path:
    """Two finished runs and one that is going, in the working directory's `results`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STUDY_RESULTS", raising=False)
    monkeypatch.setattr("analysis.figures.names", lambda: ["interpolation"])  # one figure is enough here
    for run, status in (("one", "finished"), ("two", "finished"), ("going", "running")):
        plan = runs.Plan(run=run, status=status, methods=("none", "sinkhorn"), supervisions=("sparse",), trials=1)
        runs.write(tmp_path / "results" / "bifurcation" / run, plan)
    return tmp_path / "results" / "bifurcation"


def test_a_report_is_made_again_with_its_figures(results, capsys):
    assert command_line(["results/bifurcation/one"]) == 0
    assert capsys.readouterr().out.strip() == str(results / "one" / "report.html")
    first = (results / "one" / "report.html").read_bytes()
    assert b"Does optimal-transport regularization help" in first
    assert (results / "one" / "figures" / "interpolation-chamfer.png").read_bytes().startswith(b"\x89PNG")
    assert command_line(["results/bifurcation/one"]) == 0
    assert (results / "one" / "report.html").read_bytes() == first
    assert not list((results / "one").glob("lock*"))


def test_several_runs_are_one_page(results, tmp_path, capsys):
    assert command_line(["results/bifurcation/one", "results/bifurcation/two", "results/bifurcation/one"]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / TOGETHER)
    assert "2 runs side by side" in (tmp_path / TOGETHER).read_text()
    assert not (results / "one" / "report.html").exists()
    assert command_line(["results/bifurcation/one", "results/bifurcation/going", "--output", "both/page.html"]) == 0
    assert "bifurcation going is not finished" in " ".join((tmp_path / "both" / "page.html").read_text().split())


def test_a_run_that_is_going_keeps_its_folder_to_itself(results, tmp_path, capsys):
    with Lock(RunFolder(str(results / "going"))):
        assert command_line(["results/bifurcation/going"]) == 0
    said = capsys.readouterr()
    assert said.out.strip() == str(tmp_path / "bifurcation-going.html")
    assert "is still being written" in said.err
    assert "still running" in (tmp_path / "bifurcation-going.html").read_text()
    assert not (results / "going" / "report.html").exists()


def torn(results: Path) -> None:
    (results / "one" / "per_time" / "confirm.parquet").write_bytes(b"PAR1")


@pytest.mark.parametrize(
    ("arguments", "culprit", "prepare"),
    [
        ([], "RUN is missing", None),
        (["nosuch"], "no study 'nosuch'", None),
        (["results/bifurcation"], "is no run folder but holds 3", None),
        (["results/bifurcation/one"], "its tables cannot be read", torn),
        (["results/bifurcation/one", "--output", "results"], "--output results: cannot be written", None),
        (["bifurcation", "--results", "nosuch://x"], "nosuch", None),
        (["bifurcation", "--format", "pdf"], "--format", None),
    ],
)
def test_wrong_input_is_one_sentence(results, arguments, culprit, prepare, capsys):
    if prepare:
        prepare(results)
    before = sorted(results.parent.parent.rglob("*"))
    assert command_line(arguments) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    assert culprit in line
    assert sorted(results.parent.parent.rglob("*")) == before


def test_a_folder_that_cannot_be_written_to_is_refused(results, capsys, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everywhere
    assert command_line(["results/bifurcation/one"]) == 2
    assert "cannot be written to" in capsys.readouterr().err
    assert not (results / "one" / "report.html").exists()


def test_all_trials_failed_is_an_honest_report(results, capsys):
    folder = results / "lost"
    plan = runs.Plan(run="lost", methods=("none", "sinkhorn"), supervisions=("sparse",), confirmed=False)
    plan.lost_arms = (("none", "sparse"), ("sinkhorn", "sparse"))
    runs.write(folder, plan)
    assert command_line([str(folder)]) == 0
    assert "all 8 trials failed" in (folder / "report.html").read_text()


def test_a_run_with_one_replicate_and_a_damaged_record(results, capsys):
    plan = runs.Plan(run="single", methods=("none", "sinkhorn"), supervisions=("sparse",), replicates=1)
    runs.write(results / "single", plan)
    assert command_line([str(results / "single")]) == 0
    assert "n&nbsp;=&nbsp;1 is too few" in (results / "single" / "report.html").read_text().replace("\u00a0", "&nbsp;")
    capsys.readouterr()
    shutil.copytree(results / "single", results / "damaged")
    (results / "damaged" / "study.json").write_text(json.dumps([1]))
    assert command_line([str(results / "damaged")]) == 2
    assert "is not a record" in capsys.readouterr().err
