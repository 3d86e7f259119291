"""Wrong input: exit status 2, exactly one line that names the culprit, nothing left behind, nothing slow imported."""

import os
import socket
import subprocess
import sys
import time

import pytest

from study.run import command_line


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("RAY_ADDRESS", "STUDY_RESULTS"):
        monkeypatch.delenv(name, raising=False)


def closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


CASES = {
    "no study": ([], "no study is named"),
    "unknown study": (["bifurcatoin"], "there is no study 'bifurcatoin'; choose among"),
    "unknown option": (["bifurcation", "--tirals", "3"], "--tirals"),
    "surplus argument": (["bifurcation", "again"], "again"),
    "unknown preset": (["bifurcation", "--preset", "huge"], "no preset 'huge'"),
    "unknown key": (["bifurcation", "--set", "decoder.widht=1"], "there is no 'decoder.widht'"),
    "no value": (["bifurcation", "--set", "epochs"], "not of the form key=value"),
    "wrong type": (["bifurcation", "--set", "epochs=many"], "--set epochs=many: input should be a valid integer"),
    "negative weight": (["bifurcation", "--set", "regularizers.sinkhorn.alpha=-1"], "greater than or equal to 0"),
    "negative gamma": (["bifurcation", "--set", "regularizers.barycenter.gamma=-0.5"], "greater than or equal to 0"),
    "grid of one": (["bifurcation", "--set", "regularizers.sinkhorn.grid=1"], "greater than or equal to 2"),
    "outside the space": (["bifurcation", "--set", "regularizers.sinkhorn.beta=1000"], "outside its search range"),
    "nan": (["bifurcation", "--set", "learning_rate=NaN"], "--set learning_rate=NaN"),
    "no trials": (["bifurcation", "--trials", "0"], "--trials"),
    "trials in words": (["bifurcation", "--trials", "four"], "--trials"),
    "no replicates": (["bifurcation", "--replicates", "0"], "--replicates"),
    "negative seed": (["bifurcation", "--seed", "-1"], "--seed"),
    "epochs within the warm-up": (["bifurcation", "--set", "epochs=50"], "end before its regularizers begin"),
    "output in a file": (["bifurcation", "--output", "a-file/results"], "a-file is a file"),
    "output of unknown protocol": (["bifurcation", "--output", "nowhere://x"], "--output nowhere://x"),
    "nothing to resume": (["bifurcation", "--resume", "last"], "there is no run of bifurcation"),
    "unknown run": (["bifurcation", "--resume", "20200101-000000-dead"], "there is no such run"),
    "absent data": (["bifurcation", "--data", "cells.h5"], "there is no such file"),
    "data that is not taken": (["bifurcation", "--data", "a-file"], "makes its own data"),
    "time limit": (["bifurcation", "--time-limit", "soon"], "not a time"),
    "zero time limit": (["bifurcation", "--time-limit", "0h"], "not a time"),
    "address without port": (["bifurcation", "--address", "somewhere"], "write HOST:PORT"),
    "unknown tracking scheme": (["bifurcation", "--tracking-uri", "ftp://x"], "ftp"),
    "tracking into a folder": (["bifurcation", "--tracking-uri", "sqlite:///."], "is a folder"),
}


@pytest.mark.parametrize("case", CASES)
def test_wrong_input_is_one_sentence_and_leaves_nothing(case, tmp_path, capfd):
    arguments, culprit = CASES[case]
    (tmp_path / "a-file").write_text("not a folder")
    began = time.monotonic()
    assert command_line(arguments) == 2
    assert time.monotonic() - began < 10
    out, err = capfd.readouterr()
    assert out == ""
    lines = err.splitlines()
    assert len(lines) == 1, err
    assert lines[0].startswith("error: ")
    assert culprit in lines[0]
    assert [p.name for p in tmp_path.iterdir()] == ["a-file"]


@pytest.mark.parametrize(
    ("option", "value"), [("--address", "127.0.0.1:{port}"), ("--tracking-uri", "http://127.0.0.1:{port}")]
)
def test_an_unreachable_server_is_one_sentence(option, value, tmp_path, capfd):
    began = time.monotonic()
    assert command_line(["bifurcation", option, value.format(port=closed_port())]) == 2
    assert time.monotonic() - began < 10
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("error: ")
    assert list(tmp_path.iterdir()) == []


def test_an_unreachable_address_in_the_environment_is_named(capfd, monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", f"127.0.0.1:{closed_port()}")
    assert command_line(["bifurcation"]) == 2
    assert capfd.readouterr().err.startswith("error: $RAY_ADDRESS 127.0.0.1:")


def test_a_damaged_record_is_named(tmp_path, capfd):
    record = tmp_path / "results" / "bifurcation" / "20200101-000000-dead" / "study.json"
    record.parent.mkdir(parents=True)
    record.write_text('{"study": ')
    assert command_line(["bifurcation", "--resume", "last"]) == 2
    assert "study.json is not JSON" in capfd.readouterr().err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_an_unwritable_output_is_one_sentence(tmp_path, capfd):
    (tmp_path / "closed").mkdir(mode=0o500)
    assert command_line(["bifurcation", "--output", "closed/results"]) == 2
    assert "cannot be written to" in capfd.readouterr().err


def test_arguments_are_checked_before_anything_slow_is_imported(tmp_path):
    code = (
        "import sys; from study.run import command_line; status = command_line(sys.argv[1:]); "
        "print(status, sorted({'torch', 'ray', 'mlflow', 'matplotlib'} & set(sys.modules)))"
    )
    for arguments in ("bifurcation --preset huge", "bifurcation --set epochs=0", "bifurcation --dry-run", "--help"):
        command = [sys.executable, "-c", code, *arguments.split()]
        ran = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=True)
        assert ran.stdout.endswith("[]\n"), ran.stdout


def test_a_dry_run_checks_describes_and_leaves_nothing(tmp_path, capfd):
    assert command_line(["bifurcation", "--dry-run"]) == 0
    assert "sinkhorn, sparse: 4 search trials" in capfd.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_the_list_names_every_study(capfd):
    from study import catalog

    assert command_line(["--list"]) == 0
    listed = capfd.readouterr().out
    assert all(name in listed for name in catalog.names())


def test_help_shows_examples(capfd):
    assert command_line(["--help"]) == 0
    assert "--resume last" in capfd.readouterr().out
