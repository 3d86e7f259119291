"""Wrong input: exit status 2, exactly one line that names the culprit, nothing left behind, nothing slow imported."""

import http.server
import json
import socket
import subprocess
import sys
import threading
import time

import pytest

from study.run import command_line
from study.storage.run_folder import RunFolder
from trainables.files import write_atomically


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("RAY_ADDRESS", "STUDY_RESULTS"):
        monkeypatch.delenv(name, raising=False)


def closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.mark.parametrize(
    ("option", "value"), [("--address", "127.0.0.1:{port}"), ("--tracking-uri", "http://127.0.0.1:{port}")]
)
def test_an_unreachable_server_is_one_sentence(option, value, tmp_path, capfd):
    began = time.monotonic()
    assert command_line(["bifurcation", option, value.format(port=closed_port())]) == 2
    assert time.monotonic() - began < 100, "it is not asked again for minutes"
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("error: ")
    assert list(tmp_path.iterdir()) == []


def test_an_unreachable_address_in_the_environment_is_named(capfd, monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", f"127.0.0.1:{closed_port()}")
    assert command_line(["bifurcation"]) == 2
    assert capfd.readouterr().err.startswith("error: $RAY_ADDRESS 127.0.0.1:")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"study": ', "study.json is not JSON"),
        ("[]", "study.json holds no object"),
        ("{}", "study.json is not that of a run of bifurcation"),
        ('{"study": "other", "choices": {}, "configuration": {}}', "is not that of a run of bifurcation"),
    ],
)
def test_a_damaged_record_is_named(content, said, tmp_path, capfd):
    record = tmp_path / "results" / "bifurcation" / "20200101-000000-dead" / "study.json"
    record.parent.mkdir(parents=True)
    record.write_text(content)
    assert command_line(["bifurcation", "--resume", "last"]) == 2
    assert said in capfd.readouterr().err


def test_something_else_at_the_address_is_named(tmp_path, capfd):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    began = time.monotonic()
    code = "import sys; from study.run import command_line; sys.exit(command_line(sys.argv[1:]))"
    arguments = ["bifurcation", "--address", f"127.0.0.1:{server.server_port}"]
    command = [sys.executable, "-c", code, *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    server.shutdown()
    assert ran.returncode == 2
    assert ran.stderr.startswith(f"error: --address 127.0.0.1:{server.server_port}: what listens there")
    assert len(ran.stderr.splitlines()) == 1
    assert time.monotonic() - began < 300, "10 s on a machine that has nothing else to do"
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_is_being_written_is_refused_at_once(tmp_path, capfd):
    folder = RunFolder(str(tmp_path / "results" / "bifurcation" / "20200101-000000-cafe"))
    folder.write_record({"study": "bifurcation"})
    other = {"host": "elsewhere", "process": 1, "token": "x", "heartbeat": time.time()}
    write_atomically(folder.file("lock.json"), json.dumps(other).encode())
    assert command_line(["bifurcation", "--resume", "last"]) == 2
    assert "is being written by process 1 on elsewhere" in capfd.readouterr().err
    assert folder.exists("lock.json")


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
    assert command_line(["bifurcation", "--dry-run", "--trials", "6"]) == 0
    assert "sinkhorn, sparse: 6 search trials" in capfd.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_the_list_names_every_study(capfd):
    from study import catalog

    assert command_line(["--list"]) == 0
    listed = capfd.readouterr().out
    assert all(name in listed for name in catalog.names())


def test_help_shows_examples(capfd):
    assert command_line(["--help"]) == 0
    assert "--resume last" in capfd.readouterr().out
