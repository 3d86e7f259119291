"""Names that are no text but bytes of another encoding: of arguments, variables and folders."""

from __future__ import annotations

import importlib
import os

import pytest

from tests.study import fake_runs

LATIN, SHOWN = os.fsdecode(b"M\xfcller"), "M\\udcfcller"


def said(command: str, arguments: list[str], capfd: pytest.CaptureFixture[str]) -> str:
    assert importlib.import_module(f"study.{command}").command_line(arguments) == 2
    out, err = capfd.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    return err


def test_an_argument_or_a_variable_is_named(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    for command, arguments in {
        "run": ["bifurcation", "--output", LATIN], "fill": [LATIN], "export": [f"results/{LATIN}"],
        "status": ["--results", LATIN], "clean": ["--cache", "--results", LATIN],
    }.items():  # fmt: skip
        assert said(command, arguments, capfd) == (
            f"error: {arguments[-1].replace(LATIN, SHOWN)}: not a name in UTF-8; rename it, or set the locale "
            "that it is of\n"
        )
    monkeypatch.setenv("STUDY_RESULTS", LATIN)
    assert said("status", [], capfd).startswith("error: $STUDY_RESULTS M\\udcfcller: not a name in UTF-8; rename it")
    assert list(tmp_path.iterdir()) == []


def test_so_is_the_working_directory(tmp_path, monkeypatch, capfd):
    (tmp_path / LATIN).mkdir()
    monkeypatch.chdir(tmp_path / LATIN)
    assert said("run", ["bifurcation"], capfd).startswith(f"error: the working directory {tmp_path}/M\\udcfcller: not")


def test_a_run_folder_of_such_a_name_has_its_row(tmp_path, capfd):
    fake_runs.run(tmp_path / "results", "20260101-120000-aaaa")
    (tmp_path / "results" / "bifurcation" / "20260101-120000-aaaa").rename(tmp_path / "results" / "bifurcation" / LATIN)
    assert importlib.import_module("study.status").command_line(["--results", str(tmp_path / "results")]) == 0
    assert "bifurcation/M\\udcfcller" in capfd.readouterr().out
