"""MLflow on a real database server: PostgreSQL on loopback, killed in mid-run and brought back."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from study import tracking
from study.tracking.removal import Removal
from tests.study.tracking.written import METRICS, curves, history, per_time, record, runs, trial

MISSING = [program for program in ("initdb", "pg_ctl") if shutil.which(program) is None]
MISSING += [name for name in ("psycopg",) if importlib.util.find_spec(name) is None]
pytestmark = [
    pytest.mark.slow,  # MLflow's seventy migrations
    pytest.mark.skipif(bool(MISSING), reason=f"absent: {', '.join(MISSING)} (Debian's postgresql, extra postgresql)"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:mlflow"),
]


class Server:
    """A cluster of its own, which an ordinary user runs: PostgreSQL refuses root."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, _free_port()
        folder.chmod(0o755)
        (folder / "data").mkdir()
        if os.geteuid() == 0:
            shutil.chown(folder / "data", "nobody")
        self._run("initdb", "-A", "trust", "-U", "studies", "-D", str(folder / "data"))
        self.start()

    @property
    def uri(self) -> str:
        return f"postgresql+psycopg://studies@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        options = f"-c listen_addresses=127.0.0.1 -c port={self.port} -c unix_socket_directories='' -c fsync=off"
        log = str(self.folder / "data" / "log")
        self._run("pg_ctl", "start", "-w", "-D", str(self.folder / "data"), "-l", log, "-o", options)

    def kill(self) -> None:
        self._run("pg_ctl", "stop", "-m", "immediate", "-D", str(self.folder / "data"))

    def _run(self, program: str, *arguments: str) -> None:
        path = os.path.realpath(shutil.which(program) or program)  # as another user, PATH may be another
        user = ["runuser", "-u", "nobody", "--"] if os.geteuid() == 0 else []
        done = subprocess.run([*user, path, *arguments], cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        assert done.returncode == 0, done.stderr.decode()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture
def server() -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix="postgresql-", dir="/tmp"))  # other users may not enter pytest's folders
    found = Server(folder)
    try:
        yield found
    finally:
        found.kill()
        shutil.rmtree(folder, ignore_errors=True)


def test_what_a_killed_server_missed_is_there_once_it_is_back(server, tmp_path, monkeypatch):
    from mlflow import MlflowClient

    monkeypatch.chdir(tmp_path)
    assert tracking.check(server.uri) == ""
    troubles: list[str] = []
    tracker = tracking.Tracker(server.uri, record("night"), on_trouble=troubles.append)
    tracker.log_trial(trial("confirm-a"), per_time("confirm-a"), curves("confirm-a"))
    assert troubles == []
    server.kill()
    tracker.log_trial(trial("confirm-b"), per_time("confirm-b"), curves("confirm-b"))
    tracker.close()
    assert len(troubles) == 1
    assert "the run's tables lack nothing" in troubles[0]
    with pytest.raises(ValueError, match=r"tracking database postgresql\+psycopg://127.0.0.1:\d+/postgres cannot be"):
        tracking.check(server.uri)
    server.start()
    again = tracking.Tracker(server.uri, record("night"), on_trouble=troubles.append)
    for name in ("confirm-a", "confirm-b"):
        again.log_trial(trial(name), per_time(name), curves(name))
    again.close()
    assert len(troubles) == 1
    client = MlflowClient(server.uri)
    children = runs(client, "tags.kind = 'replicate'")
    assert [child.info.run_name for child in children] == [f"confirm-{n}/r{r}" for n in "ab" for r in range(2)]
    for child in children:
        rows = per_time("x")[lambda table, own=int(child.data.tags["replicate"]): table["replicate"] == own]
        expected = rows[rows["role"] == "test"].set_index("time_index")
        for metric in METRICS:
            assert history(client, child, f"test/{metric}") == pytest.approx(expected[metric].to_dict())
    place = Removal(server.uri)
    found = place.found(record("night"))
    assert len(found) == 5
    place.remove(found)
    assert place.found(record("night")) == []
