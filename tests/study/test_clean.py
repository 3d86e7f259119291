"""`study.clean`: what it removes, and what it leaves alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from study.clean import command_line
from study.storage.places import state_folder
from study.storage.run_folder import RunFolder
from tests.study.test_status import locked, run
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
