"""MLflow goes away in mid-study: the study goes on and says so once, and `study.track` brings MLflow up to date."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

from study.track import command_line
from tests.study.sleeping_runs import (
    ONE_AT_A_TIME,
    PATIENCE,
    finish,
    run_folder,
    start,
    tables,
    tracked,
    until,
    with_database,
)
from tests.study.tracking.written import content

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:mlflow")
SIZE = ["--preset", "short", "--trials", "2", "--replicates", "1", *ONE_AT_A_TIME]


def runs_in(database: Path) -> int:
    """How many runs MLflow shows."""
    if not database.exists():
        return 0
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        return connection.execute("SELECT count(*) FROM runs").fetchone()[0]


def says_so_once(err: str) -> None:
    assert err.count("warning: ") == 1, err
    assert "the run's tables lack nothing" in err
    assert "Traceback" not in err


def holds_what_the_tables_hold(folder: Path, uri: str) -> None:
    """A run for each replicate of each trial, and in it every test time's value."""
    found, expected = tracked(folder, uri), tables(folder)
    trials = expected["trials"]
    names = {f"{row.trial}/r{r}" for row in trials.itertuples() for r in range(row.replicates)}
    assert set(found) == names | {"parent", "models"}
    tested = expected["per_time"][expected["per_time"].role == "test"]
    assert len(tested)
    for (trial, replicate), rows in tested.groupby(["trial", "replicate"]):
        logged = found[f"{trial}/r{replicate}"]["metrics"]["test/tiredness"]
        assert [(step, value) for step, value, _ in logged] == list(zip(rows.time_index, rows.tiredness, strict=True))
    assert {name for name, _, _ in found["models"]} == {f"{t}-r0" for t in trials.trial[trials.setting == "best"]}


def test_a_database_that_breaks_in_mid_study_is_written_again_from_the_tables(tmp_path, capsys):
    database = tmp_path / "mlflow.db"
    process = start(with_database(tmp_path), *SIZE, "--set", "seconds=0.1")
    until(process, lambda: runs_in(database) >= 2)
    database.write_bytes(b"spilled coffee" * 1000)
    out, err = finish(process)
    says_so_once(err)
    last = out.splitlines()[-1]
    run = run_folder(tmp_path)
    assert last == f"mlflow: is behind; bring it up to date with: python -m study.track {run}"
    assert command_line([str(run)]) == 2
    assert f"tracking database {database} is not a SQLite database" in capsys.readouterr().err
    database.rename(tmp_path / "spoilt.db")
    assert command_line([str(run)]) == 0
    assert "MLflow has all 8 trials that have ended" in capsys.readouterr().out
    uri = f"sqlite:///{database}"
    holds_what_the_tables_hold(tmp_path, uri)
    assert tracked(tmp_path, uri)["parent"]["status"] == "FINISHED"
    before = content(uri)
    assert command_line(["sleeping", "--results", str(tmp_path / "results")]) == 0
    assert content(uri) == before
    assert not list(run.glob("lock*"))


def test_a_run_that_is_being_written_is_refused(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = tmp_path / "results" / "sleeping" / "20260101-120000-cafe"
    run.mkdir(parents=True)
    record = {name: [] for name in ("methods", "supervisions", "metrics")}
    record |= {"study": "sleeping", "run": run.name, "created_ms": 1, "status": "running"}
    record["objective"] = {"metric": "chamfer", "direction": "minimize", "role": "validation"}
    record["configuration"] = {"methods": {}}
    (run / "study.json").write_text(json.dumps(record))
    holder = {"host": "elsewhere", "process": 7, "token": "t", "heartbeat": time.time()}
    (run / "lock.json").write_text(json.dumps(holder))
    assert command_line([str(run)]) == 2
    assert capsys.readouterr().err.startswith("error: run 20260101-120000-cafe is being written by process 7 on els")
    assert [path.name for path in tmp_path.iterdir()] == ["results"]


def test_help_shows_examples(capsys):
    assert command_line(["--help"]) == 0
    assert "python -m study.track bifurcation" in capsys.readouterr().out


class Server:
    """A real MLflow server."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.folder, self.uri = folder, f"http://127.0.0.1:{self.port}"
        folder.mkdir()

    def start(self) -> None:
        command = [sys.executable, "-m", "mlflow", "server", "--port", str(self.port), "--workers", "1"]
        command += ["--backend-store-uri", f"sqlite:///{self.folder}/server.db"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(command, cwd=self.folder, start_new_session=True, **quiet)  # type: ignore[call-overload]
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            assert self.process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.2)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.uri}/health", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def server(tmp_path):
    server = Server(tmp_path / "server")
    server.start()
    yield server
    if server.process.poll() is None:
        server.kill()


@pytest.mark.slow
def test_a_server_killed_in_mid_study_is_brought_up_to_date_when_it_is_back(server, tmp_path, capsys):
    """Unfinished and finished; at the end MLflow shows what it shows of a study that was never disturbed."""
    undisturbed, folder = tmp_path / "undisturbed", tmp_path / "disturbed"
    finish(start(undisturbed, *SIZE))
    process = start(folder, *SIZE, "--set", "seconds=0.2", "--tracking-uri", server.uri)
    until(process, lambda: runs_in(server.folder / "server.db") >= 2)
    server.kill()
    until(process, lambda: len(list((run_folder(folder) / "trials").glob("*.json"))) >= 3)
    process.send_signal(signal.SIGINT)
    _, err = finish(process, 130)
    says_so_once(err)
    run = run_folder(folder)
    behind, unfinished = err.splitlines()[-2:]
    assert behind == f"MLflow is behind; resuming brings it up to date, and so does: python -m study.track {run}"
    assert unfinished.startswith("unfinished; resume with: python -m study.run sleeping --resume")
    assert command_line([str(run)]) == 2
    assert "cannot be reached" in capsys.readouterr().err
    server.start()
    assert command_line([str(run)]) == 0
    found = tracked(folder, server.uri)
    ended = [json.loads(file.read_text())["trial"] for file in (run / "trials").glob("*.json")]
    assert set(found) == {f"{trial}/r0" for trial in ended} | {"parent", "models"}
    assert found["parent"]["status"] == "KILLED"
    again = start(folder, "--resume", "last")
    until(again, lambda: tracked(folder, server.uri)["parent"]["status"] == "RUNNING")
    server.kill()
    out, err = finish(again)
    says_so_once(err)
    server.start()
    assert command_line(out.splitlines()[-1].split("python -m study.track ")[1].split()) == 0
    shown, expected = tracked(folder, server.uri), tracked(undisturbed)
    assert server.uri in shown["parent"]["tags"].pop("command")
    assert server.uri not in expected["parent"]["tags"].pop("command")
    assert shown == expected
