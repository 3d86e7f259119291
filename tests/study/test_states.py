"""Every command on every state of a run: an answer or one sentence, and never a traceback."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from tests.study import fake_runs

NEIGHBOUR, THIS = "20260101-120000-aaaa", "20260102-120000-bbbb"
IT = f"results/bifurcation/{THIS}"
COMMANDS = {
    "status": [],
    "clean": ["--unfinished", "--keep", "1"],
    "report": [IT, "--output", "page.html"],
    "compare": [f"results/bifurcation/{NEIGHBOUR}", IT],
    "export": [IT, "--output", "exports"],
    "claims": [IT],
    "frames": [IT],
    "run": ["bifurcation", "--resume", THIS, "--dry-run"],
}
LISTING = ("status", "clean")


@pytest.fixture
def make(tmp_path, monkeypatch):
    """`make(state)` puts a run in that state beside a sound one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STUDY_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("STUDY_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("STUDY_RESULTS", raising=False)
    monkeypatch.setattr("analysis.figures.names", list)  # none

    def made(state: str) -> Path:
        fake_runs.run(tmp_path / "results", NEIGHBOUR)
        folder = fake_runs.run(tmp_path / "results", THIS, created_ms=1_767_268_900_000)
        fake_runs.STATES[state](folder)
        return folder

    return made


def call(command: str, arguments: list[str]) -> int:
    status: int = importlib.import_module(f"study.{command}").command_line(arguments)
    return status


@pytest.mark.parametrize("state", fake_runs.STATES)
def test_every_command_answers_or_says_one_sentence(make, state, capfd):
    make(state)
    for command, arguments in COMMANDS.items():
        status = call(command, arguments)
        out, err = capfd.readouterr()
        errors = [line for line in err.splitlines() if not line.startswith("note: ")]
        if command in LISTING:  # a damaged run costs its own row, and no other's
            assert (status, errors) == (0, []), f"{command}\n{out}\n{err}"
        if command == "status":
            assert any(NEIGHBOUR in line and "finished" in line for line in out.splitlines())
            assert state == "moved" or THIS in out, out
        if command not in LISTING:
            assert status in (0, 2), f"{command}\n{out}\n{err}"
            assert len(errors) == (1 if status else 0), f"{command}\n{err}"
            assert all(line.startswith("error: ") and len(line) > 30 for line in errors), f"{command}\n{err}"


def test_a_results_folder_in_which_every_second_run_is_broken_is_listed(tmp_path, capfd):
    results = tmp_path / "results"
    for number, state in enumerate(fake_runs.DAMAGED):
        fake_runs.run(results, f"20260101-1200{number:02d}-good")
        fake_runs.DAMAGED[state](fake_runs.run(results, f"20260101-1200{number:02d}-hurt"))
    assert call("status", ["--results", str(results)]) == 0
    out, err = capfd.readouterr()
    lines = {line.split()[0]: line for line in out.splitlines() if line.strip().startswith("bifurcation/")}
    assert len(lines) == 2 * len(fake_runs.DAMAGED), "one row each"
    assert all("finished" in line for name, line in lines.items() if name.endswith("good"))
    assert all(line.startswith("note: ") for line in err.splitlines())
    assert [name for name, line in lines.items() if "damaged" in line and name.endswith("good")] == []
