"""`study.status`: what it says of runs that are finished, going on, killed, empty or damaged."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import analysis
from study.errors import Mistake
from study.status import command_line, status
from study.storage.places import find_any, find_run, new_run, refuse_taken
from tests.study.fake_runs import locked

SEARCH = [("none", "sparse", "complete", 0.2), ("none", "dense", "complete", 0.1), ("sinkhorn", "dense", "failed", 9.0)]


def run(results: Path, name: str, finished: bool = False, **changes: Any) -> Path:
    folder = results / "bifurcation" / name
    (folder / "trials").mkdir(parents=True)
    record = {
        "study": "bifurcation", "run": name, "status": "finished" if finished else "running", "created_ms": 1,
        "created": "2026-01-01T12:00:00+00:00", "search_trials": 10, "durations": {"search": 0.0},
        "objective": {"metric": "chamfer", "direction": "minimize", "role": "validation"}, **changes,
    }  # fmt: skip
    (folder / "study.json").write_text(json.dumps(record))
    for number, (method, supervision, state, objective) in enumerate(SEARCH):
        row = {"trial": f"search-{number}", "phase": "search", "setting": "search", "method": method}
        row |= {"supervision": supervision, "state": state, "objective": objective, "replicates": 1}
        (folder / "trials" / f"search-{number}.json").write_text(json.dumps(row))
    return folder


def test_a_run_runs_only_while_its_process_lives(tmp_path: Path) -> None:
    folder = run(tmp_path, "20260101-120000-aaaa")
    locked(folder, os.getpid())
    found = status(analysis.load(folder))
    assert (found.status, found.phase, found.done, found.total, found.failed) == ("running", "search", 3, 10, 1)
    assert found.best == "chamfer: sparse 0.2 (none), dense 0.1 (none)"  # the failed trial's penalty is no best
    locked(folder, 2**22 + 1)  # beyond the largest process number
    assert status(analysis.load(folder)).status == "unfinished"
    (folder / "lock.json").unlink()
    assert status(analysis.load(folder)).status == "unfinished"


def test_the_arms_are_told_with_how_many_looks_each_had(tmp_path: Path) -> None:
    found = status(analysis.load(run(tmp_path, "20260101-120000-aaaa")))
    assert found.arms == "1 complete, 0 pruned: none (sparse), none (dense); 0 complete, 0 pruned: sinkhorn (dense)"


def test_many_arms_with_the_same_looks_are_told_by_their_number(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("tests.study.test_status.SEARCH", [(f"m{n}", "sparse", "complete", 0.2) for n in range(9)])
    folder = run(tmp_path, "20260101-120000-aaaa")
    row = json.loads((folder / "trials" / "search-0.json").read_text())
    (folder / "trials" / "more.json").write_text(json.dumps(row | {"trial": "search-9"}))
    assert status(analysis.load(folder)).arms == "2 complete, 0 pruned: m0 (sparse); 1 complete, 0 pruned: 8 arms"


def test_a_phase_has_passed_once_its_duration_is_recorded(tmp_path: Path) -> None:
    folder = run(tmp_path, "20260101-120000-aaaa", durations={"search": 10.0, "confirm": 0.0}, search_trials=3)
    assert status(analysis.load(folder)).phase == "confirm"
    folder = run(tmp_path, "20260101-120000-bbbb", finished=True)
    assert status(analysis.load(folder)).phase == ""


def test_the_phase_is_what_the_record_says_also_after_an_interruption(tmp_path: Path) -> None:
    told = {"phase": "confirm", "phase_trials": 7, "durations": {"search": 9.0, "confirm": 4.0}, "preset": "laptop"}
    folder = run(tmp_path, "20260101-120000-aaaa", search_trials=3, data={"source": "nuclei.tif"}, **told)
    row = json.loads((folder / "trials" / "search-0.json").read_text())
    (folder / "trials" / "more.json").write_text(json.dumps(row | {"trial": "confirm-0", "phase": "confirm"}))
    found = status(analysis.load(folder))
    assert (found.phase, found.done, found.total) == ("confirm", 1, 7)
    assert (found.data, found.preset, found.path) == ("nuclei.tif", "laptop", "bifurcation/20260101-120000-aaaa")
    assert found.size == sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def test_what_stands_under_run_and_a_name_open_it_in_every_way(tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.chdir(tmp_path)
    run(tmp_path / "results", "20260101-120000-control", finished=True)
    run(tmp_path / "results", "20260102-120000-other", finished=True)
    run(tmp_path / "results", "20260103-120000-other")
    for name in ("control", "20260101-120000-control", "bifurcation/20260101-120000-control", "bifurcation/control"):
        folder = find_any(name, "results")
        assert folder.name == find_run("results", "bifurcation", name).name == "20260101-120000-control"
        assert Path(analysis.load(name).location).name == folder.name
        assert command_line([name]) == 0
        assert [line.split()[0] for line in capsys.readouterr().out.splitlines() if "bifurcation/" in line] == [
            "bifurcation/20260101-120000-control"
        ]
    with pytest.raises(analysis.LoadError, match="2 runs are called 'other'"):
        analysis.load("other")
    with pytest.raises(Mistake, match="run 20260101-120000-control of bifurcation has it"):
        refuse_taken("control", "results", "bifurcation")
    assert new_run("results", "bifurcation", "night-2").name.endswith("-night-2")


def test_folders_that_are_links_are_runs_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(tmp_path / "elsewhere", "20260101-120000-aaaa", finished=True)
    results = tmp_path / "results"
    (results / "linked").mkdir(parents=True)
    (results / "linked" / "20260101-120000-aaaa").symlink_to(tmp_path / "elsewhere/bifurcation/20260101-120000-aaaa")
    (results / "study").symlink_to(tmp_path / "elsewhere/bifurcation")
    assert command_line(["--results", str(results)]) == 0
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines() if "aaaa" in line]
    assert listed == ["linked/20260101-120000-aaaa", "study/20260101-120000-aaaa"]
    assert analysis.load("study/20260101-120000-aaaa", str(results)).finished


def test_every_run_is_listed_and_a_damaged_one_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(tmp_path, "20260101-120000-aaaa", finished=True)
    run(tmp_path, "20260102-120000-bbbb")
    torn = run(tmp_path, "20260103-120000-cccc")
    (torn / "study.json").write_text("{")
    assert command_line(["--results", str(tmp_path)]) == 0
    out, err = capsys.readouterr()
    lines = [line for line in out.splitlines() if "bifurcation" in line]
    assert ["aaaa" in lines[0], "finished" in lines[0], "bbbb" in lines[1], "3 of 10" in lines[1]] == [True] * 4
    assert ["cccc" in lines[2], "damaged" in lines[2], len(lines)] == [True, True, 3]
    assert err.startswith("note: the study.json of")
    assert "cccc" in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--results", "nowhere"], "there is no run in nowhere: start one with python -m study.run"),
        (["spheres", "--results", "."], "STUDY spheres: there is no run of it in ., which has bifurcation"),
        (["--results", "unknown://x"], "--results unknown://x: cannot reach"),
    ],
)
def test_wrong_input_is_one_sentence(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    run(tmp_path, "20260101-120000-aaaa")
    assert command_line(arguments) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert err.startswith("error: ")
    assert words in err


def test_all_runs_are_opened_in_order(tmp_path: Path) -> None:
    run(tmp_path, "b", created_ms=2)
    run(tmp_path, "a", created_ms=3)
    assert [one.name for one in analysis.runs(str(tmp_path))] == ["b", "a"]
    assert isinstance(analysis.runs(str(tmp_path))[0].trials, pd.DataFrame)
