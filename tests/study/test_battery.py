"""Tampered run folders, generated from the schema of a record: every field with every wrong type, every file torn,
emptied, linked, replaced. A command answers or says one sentence, and touches nothing outside of the folder."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from analysis.tables.soundness import Record
from study.tracking import database
from tests.study import fake_runs
from tests.study.test_states import COMMANDS, IT, THIS

WRONG: dict[str, Any] = {
    "number": 7, "huge": 10**40, "text": "\x1b[31m../x", "flag": True, "list": [[1]], "object": {"a": {"b": None}},
    "half letter": "\ud800",
}  # fmt: skip
FIELDS = sorted(field.alias or name for name, field in Record.model_fields.items())
FILES = (
    *("study.json", "trials.parquet", "per_time/confirm.parquet", "curves/search.parquet"),
    *("journal.log", "models/confirm-none-sparse-best.pt"),
)
RUNS = COMMANDS | {
    "compare": [f"sound/bifurcation/{THIS}", IT], "track": [IT, "--tracking-uri", "sqlite:///tracked.db"],
}  # fmt: skip
"""Every command that opens a run."""
OWN = ("page", "exports", "tracked", "mlruns", "bifurcation-frames")
"""What commands are told to make, or make of themselves, in the working directory."""
CANARY = "canary-of-somebody"


def _emptied(file: Path) -> None:
    file.write_bytes(b"")


def _torn(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def _linked(file: Path) -> None:
    file.unlink()
    file.symlink_to(file.parents[len(file.parts) - len(_run(file).parts) - 1] / "nowhere")


def _run(file: Path) -> Path:
    return next(parent for parent in file.parents if parent.name == THIS)


def _to_secret(file: Path) -> None:
    file.unlink()
    file.symlink_to(_run(file).parents[2] / "secret")


def _piped(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def _foldered(file: Path) -> None:
    file.unlink()
    file.mkdir()


HARMS: dict[str, Callable[[Path], None]] = {
    "emptied": _emptied, "torn": _torn, "linked to nothing": _linked, "linked to a secret": _to_secret,
    "a pipe": _piped, "a folder": _foldered,
}  # fmt: skip


def tamperings() -> dict[str, Callable[[Path], None]]:
    """Name → what it does to a run folder."""
    found: dict[str, Callable[[Path], None]] = {}
    for field in FIELDS:
        for kind, value in WRONG.items():
            found[f"{field} a {kind}"] = lambda folder, field=field, value=value: fake_runs.change(
                folder, **{field: value}
            )
        found[f"{field} an address"] = lambda folder, field=field: fake_runs.change(
            folder, **{field: os.environ.get("ADDRESS", "http://127.0.0.1:9/x")}
        )
    for name in FILES:
        for harm, action in HARMS.items():
            found[f"{name} {harm}"] = lambda folder, name=name, action=action: action(folder / name)
    return found


ALL = tamperings()
SAMPLE = [
    *(f"{name} {harm}" for name in FILES[:2] for harm in HARMS),
    "tracking_uri a text",
    "tracking_uri an address",
    "metrics a list",
]


@pytest.fixture(scope="module")
def mlflow(tmp_path_factory) -> Path:
    """MLflow's database, empty; making one takes seconds."""
    file = tmp_path_factory.mktemp("mlflow") / "tracked.db"
    database.create(file)
    return file


@pytest.fixture
def world(tmp_path, monkeypatch, mlflow) -> Iterator[Path]:
    """A folder with a sound run, a secret beside it, and a listener on loopback that nobody may ask."""
    monkeypatch.chdir(tmp_path)
    for name in ("state", "cache"):
        monkeypatch.setenv(f"STUDY_{name.upper()}", str(tmp_path / name))
    monkeypatch.delenv("STUDY_RESULTS", raising=False)
    monkeypatch.setattr("analysis.figures.names", list)  # none
    (tmp_path / "secret").write_text(CANARY)
    shutil.copy(mlflow, tmp_path / "tracked.db")
    sound(tmp_path / "sound")
    asked: list[str] = []
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        monkeypatch.setenv("ADDRESS", f"http://127.0.0.1:{listener.getsockname()[1]}/x")

        def listen() -> None:
            while True:
                try:
                    listener.accept()[0].close()
                except OSError:
                    return
                asked.append("asked")

        threading.Thread(target=listen, daemon=True).start()
        yield tmp_path
        listener.shutdown(socket.SHUT_RDWR)
    assert asked == [], "an address of the run folder was asked"


def sound(results: Path) -> Path:
    """A run with a file of every kind."""
    folder = fake_runs.run(results, THIS)
    (folder / "models").mkdir()
    (folder / "models" / "confirm-none-sparse-best.pt").write_bytes(b"no model")
    (folder / "journal.log").write_text('{"op_code": 0}\n' * 3)
    return folder


def tampered(world: Path, name: str) -> None:
    shutil.rmtree(world / "results", ignore_errors=True)
    shutil.copytree(world / "sound", world / "results")
    ALL[name](world / IT)


def outside(world: Path) -> set[str]:
    """What lies beside the results, the state and the cache."""
    ours = ("results", "state", "cache", "sound")
    return {str(path) for path in world.rglob("*") if path.relative_to(world).parts[0] not in ours}


def held(world: Path, command: str, capfd: pytest.CaptureFixture[str]) -> None:
    before = outside(world)
    status = importlib.import_module(f"study.{command}").command_line(RUNS[command])
    out, err = capfd.readouterr()
    errors = [line for line in err.splitlines() if not line.startswith("note: ")]
    assert status in (0, 2), f"{out}\n{err}"
    assert len(errors) == (1 if status else 0), err
    assert not {"\x1b", "\x07"} & set(err), "commands to the terminal"
    assert CANARY not in out + err
    made = {path for path in outside(world) - before if not path.startswith(tuple(f"{world}/{own}" for own in OWN))}
    assert not made, made
    for path in (world / "results").rglob("*"):
        assert not path.is_file() or path.is_symlink() or CANARY not in path.read_text(errors="ignore")


@pytest.mark.parametrize("name", SAMPLE)
def test_a_command_says_one_sentence_and_touches_nothing_else(world, name, capfd):
    for command in ("export", "frames", "run"):
        tampered(world, name)
        held(world, command, capfd)


@pytest.mark.slow
@pytest.mark.parametrize("name", ALL)
def test_so_does_every_command_on_every_tampering(world, name, capfd):
    for command in RUNS:
        tampered(world, name)
        held(world, command, capfd)


def test_every_tampered_run_has_its_row(tmp_path, capfd):
    """One folder with all of them."""
    whole = sound(tmp_path / "sound")
    (tmp_path / "secret").write_text(CANARY)
    for number, name in enumerate(ALL):
        folder = tmp_path / "results" / "bifurcation" / f"run-{number:04d}" / THIS
        shutil.copytree(whole, folder)
        ALL[name](folder)
        folder.rename(folder.parent.with_suffix(".moved"))
        folder.parent.rmdir()
        folder.parent.with_suffix(".moved").rename(folder.parent)
    status = importlib.import_module("study.status").command_line(["--results", str(tmp_path / "results")])
    out, err = capfd.readouterr()
    assert status == 0, err
    rows = [line for line in out.splitlines()[3:] if line.strip()]
    assert len([row for row in rows if "run-" in row or THIS in row or "damaged" in row]) >= len(ALL)
    assert all(line.startswith("note: ") for line in err.splitlines())


@pytest.mark.parametrize("uri", ["http://me@127.0.0.1:9/x", "sqlite:////tmp/elsewhere.db"])
def test_a_tracking_uri_of_a_folder_is_used_only_if_the_user_has_named_it(uri, tmp_path, monkeypatch):
    from study import tracking

    monkeypatch.setenv("STUDY_CACHE", str(tmp_path))
    record = json.loads(json.dumps({"tracking_uri": uri}))
    with pytest.raises(ValueError, match="which you have not used here: give it with --tracking-uri"):
        tracking.recorded_uri(record)
    tracking.remember_uri(uri)
    assert tracking.recorded_uri(record) == uri
    assert tracking.recorded_uri({}) is None
