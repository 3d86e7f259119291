"""Wrong input in bulk: status 2, one line that names the culprit, and everything is left as it was."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from study import catalog
from tests.study.wrong_input import world
from tests.study.wrong_input.cases import COMMANDS, ENVIRONMENT, PROCESSES
from trainables.configuration import paths

ROOT = Path(__file__).parents[3]
VARIABLES = {
    *("HOME", "LOGNAME", "USER", "XDG_CACHE_HOME"),
    *("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN"),
    *("MLFLOW_TRACKING_SERVER_CERT_PATH", "MLFLOW_TRACKING_INSECURE_TLS"),
    *("MLFLOW_TRACKING_AUTH", "MLFLOW_TRACKING_AWS_SIGV4", "MLFLOW_TRACKING_CLIENT_CERT_PATH"),
    *("RAY_AUTH_TOKEN", "TUNE_MAX_PENDING_TRIALS_PG"),
}
"""Environment variables of others, which may hold anything or are set by us."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    made = tmp_path_factory.mktemp("world")
    world.make(made)
    return made


@pytest.fixture(autouse=True)
def _there(folder, monkeypatch):
    monkeypatch.chdir(folder)
    for name in ("RAY_ADDRESS", "STUDY_RESULTS", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)


def refused(command: str, arguments: list[str], culprit: str, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before = world.content(folder)
    assert importlib.import_module(f"study.{command}").command_line(arguments) == 2
    out, err = capfd.readouterr()
    said(out, err, culprit)
    assert world.content(folder) == before


def said(out: str, err: str, culprit: str) -> None:
    assert out == ""
    *notes, sentence = err.splitlines()
    assert notes == [], "one line"
    assert sentence.startswith("error: ")
    assert culprit in sentence


@pytest.mark.parametrize(
    ("command", "case"), [(command, case) for command, cases in COMMANDS.items() for case in cases]
)
def test_wrong_input_is_one_sentence_and_leaves_nothing(command, case, folder, capfd):
    refused(command, *COMMANDS[command][case], folder, capfd)


@pytest.mark.parametrize("case", ENVIRONMENT)
def test_a_wrong_environment_variable_is_named(case, folder, capfd, monkeypatch):
    variables, command, arguments, culprit = ENVIRONMENT[case]
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    refused(command, arguments, culprit, folder, capfd)


def keys() -> dict[str, str]:
    """Every key that `--set` takes, with a study that has it."""
    found: dict[str, str] = {}
    for name in catalog.names():
        study = catalog.load(name, "laptop")
        for key in sorted({*study.own_paths(), *(path for method in study.methods.values() for path in paths(method))}):
            found.setdefault(key, name)
    return found


@pytest.mark.parametrize(("key", "study"), keys().items())
def test_a_wrong_value_of_every_key_is_named(key, study, folder, capfd):
    for value in ('{"no": "such value"}', "nonsense"):
        refused("run", [study, "--set", f"{key}={value}"], f"--set {key}={value}: ", folder, capfd)


@pytest.mark.parametrize(("command", "case"), PROCESSES, ids=[command for command, _ in PROCESSES])
def test_as_a_process_it_prints_no_more(command, case, folder):
    arguments, culprit = case
    before = world.content(folder)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    process = [sys.executable, "-m", f"study.{command}", *arguments]
    ran = subprocess.run(process, capture_output=True, text=True, env=environment)
    assert ran.returncode == 2
    said(ran.stdout, ran.stderr, culprit)
    assert world.content(folder) == before


def test_a_damaged_run_beside_the_chosen_one_is_a_note(folder, capfd):
    assert importlib.import_module("study.export").command_line(["bifurcation", "--results", "damaged"]) == 2
    *notes, sentence = capfd.readouterr().err.splitlines()
    assert [note.startswith("note: left out: the study.json of ") for note in notes] == [True, True]
    assert sentence.startswith("error: ")


def commands() -> list[str]:
    """Every module that is `python -m study.…`."""
    files = sorted((ROOT / "study").glob("*.py"))
    return [file.stem for file in files if file.stem != "__main__" and '__name__ == "__main__"' in file.read_text()]


@pytest.mark.parametrize("command", commands())
def test_every_command_and_every_option_that_can_be_wrong_is_in_the_table(command):
    given = {word.partition("=")[0] for arguments, _ in COMMANDS[command].values() for word in arguments}
    parameters = importlib.import_module(f"study.{command}").main.params
    options = [p for p in parameters if isinstance(p, click.Option) and not p.is_flag]
    missing = [option.opts[0] for option in options if option.opts[0] not in given]
    assert not missing


def test_every_environment_variable_that_can_be_wrong_is_in_the_table():
    tried = {name for variables, *_ in ENVIRONMENT.values() for name in variables}
    pattern = re.compile(r"""environ(?:\.get\(|\[)["'](\w+)["']""")
    sources = [file for room in ("study", "trainables", "analysis") for file in (ROOT / room).rglob("*.py")]
    read = {name for file in sources for name in pattern.findall(file.read_text())}
    assert read - VARIABLES <= tried
    assert tried <= read
