"""What is open to whom: Ray and MLflow answer nobody without token or password, and no password is written down."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from study import tracking
from study.errors import Mistake
from study.run import command_line
from study.running.plan import Options, plan
from study.storage.credentials import without_credentials
from tests.study.sleeping_runs import ROOT, finish, run_folder, start, trace, until, with_database

SHORT = ["--preset", "short", "--trials", "1", "--replicates", "1"]
PATIENT = {"MLFLOW_HTTP_REQUEST_TIMEOUT": "60"}
SERVER = ROOT / "study" / "clusters" / "mlflow-server.sh"
ASK = "import sys; from ray._raylet import GcsClient; GcsClient(address=sys.argv[1]).get_all_node_info(timeout=10)"


def ray_answers(address: str, **credentials: str) -> bool:
    """Whether a client that knows no more than `credentials` may ask Ray at `address`."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("RAY_")} | credentials
    asked = subprocess.run([sys.executable, "-c", ASK, address], capture_output=True, text=True, env=environment)
    return asked.returncode == 0


def listening(process: psutil.Process) -> dict[tuple[str, int], str]:
    """Address and port → name, of every socket that a process and its children listen on."""
    found = {}
    for one in [process, *process.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            for connection in one.net_connections("inet"):
                if connection.status == psutil.CONN_LISTEN:
                    found[connection.laddr.ip.removeprefix("::ffff:"), connection.laddr.port] = one.name()
    return found


def test_a_study_listens_on_loopback_only_and_answers_no_stranger(tmp_path):
    process = start(with_database(tmp_path), *SHORT, "--set", "seconds=1", "--set", "epochs=1000")
    try:
        until(process, lambda: len(trace(tmp_path)) > 0)
        own = psutil.Process(process.pid)
        found = listening(own)
        (gcs,) = [one for one in own.children(recursive=True) if one.name() == "gcs_server"]
        (address,) = [f"{ip}:{port}" for (ip, port) in listening(gcs)][:1]
        assert "raylet" in found.values()
        assert {ip for ip, _ in found} <= {"127.0.0.1", "::1"}, found
        assert not ray_answers(address)
        assert not ray_answers(address, RAY_AUTH_MODE="token", RAY_AUTH_TOKEN="0" * 64)
        assert gcs.environ()["RAY_USAGE_STATS_ENABLED"] == "0"
        token = gcs.environ()["RAY_AUTH_TOKEN"]
        assert any(
            ray_answers(f"{ip}:{port}", RAY_AUTH_MODE="token", RAY_AUTH_TOKEN=token) for ip, port in listening(gcs)
        )
        # What would be open to other users of the machine is closed to them.
        assert stat.S_IMODE((tmp_path / "state" / f"study-{os.getuid()}").stat().st_mode) == 0o700
    finally:
        process.terminate()
        out, err = process.communicate(timeout=400)
    assert token not in out + err
    assert not [file for file in tmp_path.rglob("*") if file.is_file() and token in file.read_text(errors="ignore")]


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[tuple[int, str, Path]]:
    """The MLflow server of the cluster's head, here: its port, its password and its folder."""
    pytest.importorskip("flask_wtf", reason="MLflow's server needs Flask-WTF for passwords")
    home = tmp_path_factory.mktemp("home")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = home / "mlflow"
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MLFLOW_")} | {
        "HOME": str(home),
        "PATH": path,
    }
    begin = ["bash", str(SERVER), str(folder), "127.0.0.1", str(port)]
    subprocess.run(begin, env=environment, check=True)
    number = (folder / "process").read_text()
    process = psutil.Process(int(number))
    try:
        subprocess.run(begin, env=environment, check=True)
        assert (folder / "process").read_text() == number  # it runs already
        credentials = (home / ".mlflow" / "credentials").read_text()
        yield port, credentials.rpartition("= ")[2].strip(), home
    finally:
        for one in [*process.children(recursive=True), process]:
            one.kill()


def test_mlflow_answers_nobody_without_the_password(server, capfd, monkeypatch):
    monkeypatch.setattr("study.tracking.server.PATIENCE", 60.0)  # it takes its time over a wrong password
    port, password, home = server
    assert len(password) == 48
    secret = [
        home / ".mlflow" / "credentials",
        *(home / "mlflow" / name for name in ("secret", "auth.ini", "login.sh")),
    ]
    assert [stat.S_IMODE(file.stat().st_mode) for file in secret] == [0o600] * 4
    number = int((home / "mlflow" / "process").read_text())
    assert {ip for ip, p in listening(psutil.Process(number)) if p == port} == {"127.0.0.1"}
    for credentials in ("", "admin:wrong@", "admin:@", f"root:{password}@"):
        with pytest.raises(ValueError, match="refuses with HTTP status 401"):
            tracking.check(f"http://{credentials}127.0.0.1:{port}")
    tracking.check(f"http://admin:{password}@127.0.0.1:{port}")
    assert command_line(["bifurcation", "--tracking-uri", f"http://admin:wrong@127.0.0.1:{port}"]) == 2
    error = capfd.readouterr().err
    assert error.startswith("error: tracking server http://127.0.0.1:")
    assert "wrong" not in error


def test_a_password_in_a_uri_reaches_no_table_log_or_artifact(server, tmp_path):
    port, password, home = server
    uri = f"http://admin:{password}@127.0.0.1:{port}"
    out, err = finish(start(tmp_path, *SHORT, "--tracking-uri", uri, **PATIENT))
    assert "warning" not in err
    assert f"open http://127.0.0.1:{port}" in out
    artifacts = list((home / "mlflow" / "artifacts").rglob("report.html"))
    assert artifacts, "MLflow has not got the report"
    assert password not in out + err
    assert not (tmp_path / "mlflow.db").exists()
    where = [run_folder(tmp_path), tmp_path / "state", home / "mlflow"]
    kept = [file for folder in where for file in folder.rglob("*") if file.is_file()]
    assert {"study.json", "report.html", "mlflow.db"} <= {file.name for file in kept}
    assert [file for file in kept if password.encode() in file.read_bytes()] == []
    again = start(tmp_path, *SHORT, "--resume", "last")
    _, err = finish(again, 2)
    assert "the credentials of tracking URI" in err


def test_the_servers_address_is_taken_from_the_environment(server, monkeypatch):
    """As the login shell of a cluster's head gives it, and the password as MLflow's own client finds it."""
    monkeypatch.setattr("study.tracking.server.PATIENCE", 60.0)
    port, _, home = server
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{port}")
    with pytest.raises(Mistake, match="refuses with HTTP status 401"):
        plan(Options(study="bifurcation", output=str(home / "results")))
    monkeypatch.setenv("HOME", str(home))
    assert plan(Options(study="bifurcation", output=str(home / "results"))).tracking_uri == f"http://127.0.0.1:{port}"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("http://me:pa/s@s@host:5000/x", "http://***@host:5000/x"),
        ("postgresql+psycopg2://me:pa/ss?w@h/db?sslmode=on&password=abc", "postgresql+psycopg2://***@h/db?sslmode=on&password=***"),
        ("ftp://token@host/x and s3://b/x", "ftp://***@host/x and s3://b/x"),
        ("see 'http://u:p@h' or http://h:1/ and mail me@x.org", "see 'http://***@h' or http://h:1/ and mail me@x.org"),
        ("https://h/?api_key=123&x=1", "https://h/?api_key=***&x=1"),
        ("s3://bucket/a@b/results", "s3://bucket/a@b/results"),
        ("sqlite:////a/b.db http://host:5432/path", "sqlite:////a/b.db http://host:5432/path"),
    ],
)  # fmt: skip
def test_credentials_are_found_in_every_kind_of_uri(text, masked):
    assert without_credentials(text) == masked


@pytest.mark.parametrize("flag", ["--output", "--resume"])
def test_credentials_in_the_place_of_results_are_refused(flag, capfd):
    assert command_line(["bifurcation", flag, "ftp://me:secret@127.0.0.1/results"]) == 2
    error = capfd.readouterr().err
    assert error.startswith(f"error: {flag} ftp://***@127.0.0.1/results: credentials in a URI")
    assert "secret" not in error
