"""The MLflow writer, read back with MLflow's own client and with plain SQLite; the check of tracking URIs."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import types
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit

import numpy as np
import pandas as pd
import pytest

from study import tracking
from study.tracking import database, server

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:mlflow")
PROJECT = Path(__file__).parents[3]
CREATED = 1_750_000_000_000
METRICS = ("chamfer", "hausdorff", "dice")
ROLES = {0: "train", 1: "validation", 2: "test", 3: "validation", 4: "train"}


def record(run: str, **changes: Any) -> dict[str, Any]:
    return {
        "study": "bifurcation",
        "run": run,
        "status": "running",
        "created_ms": CREATED,
        "finished": None,
        "preset": "laptop",
        "seed": 7,
        "command": "python -m study.run bifurcation",
        "question": "Does transport help?",
        "methods": ["none", "sinkhorn"],
        "supervisions": ["sparse", "dense"],
        "baseline": "none",
        "objective": {"metric": "chamfer", "direction": "minimize", "role": "validation"},
        "metrics": [{"name": n, "label": n.title(), "unit": "", "better": "lower"} for n in METRICS],
        "replication_unit": "training noise of one sequence (seeds)",
        "trials_per_arm": 4,
        "replicates": 2,
        "versions": {"torch": "2.13.0"},
        "commit": "0123abc",
        **changes,
    }


def trial(name: str, **changes: Any) -> dict[str, Any]:
    return {
        "study": "bifurcation",
        "run": "test",
        "trial": name,
        "phase": "confirm",
        "setting": "best",
        "method": "sinkhorn+barycenter",
        "supervision": "sparse",
        "number": -1,
        "state": "complete",
        "reason": "",
        "objective": 0.25,
        "epochs": 400,
        "replicates": 2,
        "seconds": 12.5,
        "started": "2025-06-15T15:07:00+00:00",
        "param.optimiser.learning_rate": 1e-3,
        "param.regularizers.sinkhorn.grid": 7.0,
        "param.regularizers.barycenter.beta": float("nan"),
        **changes,
    }


def per_time(name: str, sequences: tuple[str, ...] = ("bifurcation",), seed: int = 0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    keys = [(r, s, i) for r in range(2) for s in sequences for i in ROLES]
    rows = pd.DataFrame(keys, columns=["replicate", "sequence", "time_index"])
    rows["trial"], rows["seed"] = name, 100 + rows["replicate"]
    rows["time"], rows["role"] = rows["time_index"] / 4, rows["time_index"].map(ROLES)
    for metric in METRICS:
        rows[metric] = random.random(len(rows))
    rows["empty"], rows["components"], rows["bifurcation_time_error"] = False, 2, 0.1 + rows["replicate"]
    return rows


def curves(name: str) -> pd.DataFrame:
    epochs = np.arange(1, 401)
    table = [
        pd.DataFrame(
            {
                "trial": name,
                "replicate": replicate,
                "epoch": epochs,
                "loss": 1.0 / epochs + replicate,
                "sinkhorn": np.where(epochs > 80, 0.5, np.nan),
                "topology": np.nan,
            }
        )
        for replicate in range(2)
    ]
    return pd.concat(table, ignore_index=True)


@pytest.fixture(scope="module")
def uri(tmp_path_factory: pytest.TempPathFactory) -> str:
    """One database for the module: making it takes seconds."""
    folder = tmp_path_factory.mktemp("tracking with space")
    uri = f"sqlite:///{folder / 'deep' / 'mlflow.db'}"
    tracker = Strict(uri, record("first"))
    tracker.log_study()
    tracker.close()
    return uri


@pytest.fixture(scope="module")
def client(uri: str) -> Any:
    from mlflow import MlflowClient

    return MlflowClient(uri)


def fail(message: str) -> None:
    raise AssertionError(message)


def Strict(uri: str, content: dict[str, Any]) -> tracking.Tracker:
    """A tracker whose trouble fails the test."""
    return tracking.Tracker(uri, content, on_trouble=fail)


def runs(client: Any, condition: str) -> list[Any]:
    experiment = client.get_experiment_by_name("bifurcation")
    found = client.search_runs([experiment.experiment_id], condition)
    return sorted(found, key=lambda run: run.info.run_name)


def history(client: Any, run: Any, metric: str) -> dict[int, float]:
    """Step to value; fails on two values for a step."""
    points = client.get_metric_history(run.info.run_id, metric)
    assert len({point.step for point in points}) == len(points)
    assert all(point.timestamp == CREATED + point.step for point in points)
    return {point.step: point.value for point in points}


def content(uri: str) -> dict[str, list[tuple]]:
    """All rows of the tables that logging writes, read without MLflow."""
    tables = ("experiments", "runs", "metrics", "latest_metrics", "params", "tags", "logged_models", "inputs")
    with contextlib.closing(sqlite3.connect(database.file_of(uri))) as connection:
        return {t: sorted(connection.execute(f"SELECT * FROM {t}").fetchall(), key=repr) for t in tables}


# the parent


def test_parent_run_describes_the_study(uri: str, client: Any) -> None:
    tracker = Strict(uri, record("parent", finished="2025-06-15T16:00:00+00:00"))
    tracker.log_study()
    (parent,) = runs(client, "tags.run = 'parent'")
    assert parent.info.status == "RUNNING"
    assert parent.info.start_time == CREATED
    tracker.close()
    (parent,) = runs(client, "tags.run = 'parent'")
    assert (parent.info.run_name, parent.info.status) == ("parent", "FINISHED")
    assert parent.info.end_time == pd.Timestamp("2025-06-15T16:00:00Z").value // 10**6
    assert parent.data.params == {
        "preset": "laptop",
        "seed": "7",
        "methods": "none, sinkhorn",
        "supervisions": "sparse, dense",
        "baseline": "none",
        "objective": "minimize chamfer at validation times",
        "replication_unit": "training noise of one sequence (seeds)",
    }
    assert parent.data.tags["version.torch"] == "2.13.0"
    assert parent.data.tags["commit"] == parent.data.tags["mlflow.source.git.commit"] == "0123abc"
    note = parent.data.tags["mlflow.note.content"]
    assert "Does transport help?" in note
    assert "`test/chamfer`" in note


def test_the_data_set_is_an_input_of_the_parent_once(uri: str, client: Any) -> None:
    roles = ["train", "validation", "test", "train"]
    configuration = {
        "methods": {"none": {"sequences": [{"name": "one"}, {"name": "two"}]}},
        "supervisions": {"sparse": {"times": [0.0, 0.3, 0.6, 1.0], "roles": roles}},
    }
    for _ in range(2):
        tracker = Strict(uri, record("with-data", configuration=configuration))
        tracker.log_study()
        tracker.close()
    other = Strict(uri, record("other-data", configuration=configuration, data={"source": "hl60", "notes": ["n"]}))
    other.log_study()
    other.close()
    (parent,), (recorded,) = (runs(client, f"tags.run = '{name}'") for name in ("with-data", "other-data"))
    (given,) = parent.inputs.dataset_inputs
    assert json.loads(given.dataset.profile) == {
        "sequences": 2,
        "times by role": {"sparse": {"train": 2, "validation": 1, "test": 1}},
    }
    assert {tag.key: tag.value for tag in given.tags} == {"mlflow.data.context": "training and evaluation"}
    (taken,) = recorded.inputs.dataset_inputs
    assert json.loads(taken.dataset.source) == {"url": "hl60"}
    assert taken.dataset.digest != given.dataset.digest


def test_extended_run_is_reopened_and_its_tags_follow_the_record(uri: str, client: Any) -> None:
    first = Strict(uri, record("extended"))
    first.log_study()
    first.close(finished=False)
    (before,) = runs(client, "tags.run = 'extended'")
    assert before.info.status == "KILLED"
    second = Strict(uri, record("extended", trials_per_arm=9))
    second.log_study()
    (after,) = runs(client, "tags.run = 'extended'")
    assert after.info.run_id == before.info.run_id
    assert after.info.status == "RUNNING"
    assert after.data.tags["trials_per_arm"] == "9"
    assert "9 trials an arm" in after.data.tags["mlflow.note.content"]


def test_artifacts_lie_beside_the_database_under_their_names(uri: str, client: Any, tmp_path: Path) -> None:
    source = tmp_path / "some other name.png"
    source.write_bytes(b"figure")
    tracker = Strict(uri, record("artifacts"))
    tracker.log_artifacts({"figures/chamfer.png": source, "report.html": f"file://{source}"})
    (parent,) = runs(client, "tags.run = 'artifacts'")
    assert [entry.path for entry in client.list_artifacts(parent.info.run_id)] == ["figures", "report.html"]
    copy = client.download_artifacts(parent.info.run_id, "figures/chamfer.png", str(tmp_path))
    assert Path(copy).read_bytes() == b"figure"
    folder = database.file_of(uri).parent / "mlruns" / "bifurcation" / parent.info.run_id
    assert (folder / "artifacts" / "report.html").read_bytes() == b"figure"
    with pytest.raises(FileNotFoundError):
        tracker.log_artifacts({"absent.png": tmp_path / "absent.png"})
    assert tracker.available


def test_closing_an_unused_tracker_makes_nothing(tmp_path: Path) -> None:
    Strict(f"sqlite:///{tmp_path / 'mlflow.db'}", record("unused")).close()
    assert list(tmp_path.iterdir()) == []


def test_experiment_deleted_in_the_browser_comes_back(uri: str, client: Any) -> None:
    Strict(uri, record("undeleted", study="deleted")).log_study()
    deleted = client.get_experiment_by_name("deleted")
    client.delete_experiment(deleted.experiment_id)
    Strict(uri, record("undeleted", study="deleted")).log_study()
    assert client.get_experiment(deleted.experiment_id).lifecycle_stage == "active"


# children


def test_child_holds_the_trial(uri: str, client: Any) -> None:
    name = "confirm-sinkhorn-sparse-best"
    rows = per_time(name)
    Strict(uri, record("child")).log_trial(trial(name), rows, curves(name))
    (parent,) = runs(client, "tags.run = 'child' AND tags.kind = 'run'")
    found = runs(client, "tags.run = 'child' AND tags.kind = 'replicate'")
    assert [run.info.run_name for run in found] == [f"{name}/r0", f"{name}/r1"]
    child = found[1]
    assert child.info.status == "FINISHED"
    assert child.info.end_time - child.info.start_time == 12_500
    assert child.data.params == {
        "method": "sinkhorn+barycenter",
        "supervision": "sparse",
        "setting": "best",
        "seed": "101",
        "optimiser.learning_rate": "0.001",
        "regularizers.sinkhorn.grid": "7",
    }
    expected = {
        "study": "bifurcation",
        "trial": name,
        "replicate": "1",
        "phase": "confirm",
        "state": "complete",
    }
    assert expected.items() <= child.data.tags.items()
    assert child.data.tags["mlflow.parentRunId"] == parent.info.run_id
    note = child.data.tags["mlflow.note.content"]
    assert note.startswith(
        "**sinkhorn+barycenter** under sparse supervision at the search's best setting, replicate 1."
    )
    assert "`test/chamfer` is what the report compares" in note

    own = rows[rows["replicate"] == 1]
    for role, shown in (("train", "shown"), ("validation", "validation"), ("test", "test")):
        values = own[own["role"] == role].set_index("time_index")["dice"]
        assert history(client, child, f"{shown}/dice") == values.to_dict()
        mean = history(client, child, f"mean/{shown}/dice")
        assert mean == {0: pytest.approx(values.mean(), rel=1e-12)}
    assert history(client, child, "test/empty") == {2: 0.0}
    assert history(client, child, "bifurcation_time_error") == {0: 1.1}
    assert history(client, child, "objective") == {0: 0.25}
    loss = history(client, child, "train/loss")
    assert 20 < len(loss) <= 100
    assert min(loss) == 1
    assert max(loss) == 400
    assert all(value == 1.0 / epoch + 1 for epoch, value in loss.items())
    assert min(history(client, child, "train/sinkhorn")) == 81
    assert not [metric for metric in child.data.metrics if "topology" in metric or "bifurcation/" in metric]


def test_several_sequences_give_their_mean_and_each(uri: str, client: Any) -> None:
    rows = per_time("t", sequences=("cell 1", "cell:2"))
    rows.loc[(rows["sequence"] == "cell 1") & (rows["time_index"] == 2), "chamfer"] = np.nan
    Strict(uri, record("sequences")).log_trial(trial("t"), rows, pd.DataFrame())
    child = runs(client, "tags.run = 'sequences' AND tags.replicate = '0'")[0]
    of = {
        name: group.set_index("time_index")["chamfer"].to_dict()
        for name, group in rows[rows["replicate"] == 0].groupby("sequence")
    }
    assert history(client, child, "validation/chamfer") == {
        i: pytest.approx((of["cell 1"][i] + of["cell:2"][i]) / 2, rel=1e-12) for i in (1, 3)
    }
    assert history(client, child, "validation/chamfer/cell 1") == {i: of["cell 1"][i] for i in (1, 3)}
    assert history(client, child, "test/chamfer") == {2: of["cell:2"][2]}
    assert "test/chamfer/cell 1" not in child.data.metrics
    assert "test/chamfer/cell_2" in child.data.metrics


def test_many_sequences_give_their_mean_only(uri: str, client: Any) -> None:
    rows = per_time("t", sequences=tuple(f"s{i}" for i in range(40)))
    Strict(uri, record("many")).log_trial(trial("t"), rows, pd.DataFrame())
    child = runs(client, "tags.run = 'many' AND tags.replicate = '0'")[0]
    assert len(history(client, child, "validation/dice")) == 2
    assert not [metric for metric in child.data.metrics if metric.endswith("/s1")]


def test_more_values_than_one_call_takes_all_arrive(uri: str, client: Any) -> None:
    rows = per_time("t").query("role == 'test' and replicate == 0").drop(columns="time_index")
    rows = rows.merge(pd.DataFrame({"time_index": range(400)}), how="cross")
    wide = {f"param.p{i}": i for i in range(150)} | {"replicates": 1}
    Strict(uri, record("wide")).log_trial(trial("t", **wide), rows, pd.DataFrame())
    child = runs(client, "tags.run = 'wide' AND tags.replicate = '0'")[0]
    for metric in METRICS:
        assert len(history(client, child, f"test/{metric}")) == 400
    assert child.data.params["p149"] == "149"


@pytest.mark.parametrize(("state", "status"), [("failed", "FAILED"), ("pruned", "KILLED")])
def test_trial_without_rows_has_its_state(uri: str, client: Any, state: str, status: str) -> None:
    row = trial("t", state=state, reason="loss is NaN " * 1000, objective=float("nan"))
    Strict(uri, record(state)).log_trial(row, pd.DataFrame(), pd.DataFrame())
    found = runs(client, f"tags.run = '{state}' AND tags.kind = 'replicate'")
    assert [run.info.status for run in found] == [status, status]
    assert found[0].data.tags["reason"].startswith("loss is NaN")
    assert found[0].data.metrics == {}


# twice, cut short, changed


def test_logging_again_changes_nothing(uri: str) -> None:
    one, two = trial("t1"), trial("t2", state="pruned")
    first = Strict(uri, record("again"))
    for row in (one, two):
        first.log_trial(row, per_time(row["trial"]), curves(row["trial"]))
    before = content(uri)
    rows = per_time("t1").sample(frac=1.0, random_state=0)  # read from files: another order, other rows among them
    first.log_trial(one, pd.concat([rows, per_time("t2"), rows.head(3)]), curves("t1"))
    second = Strict(uri, record("again"))
    for row in (two, one):
        second.log_trial(row, per_time(row["trial"]), curves(row["trial"]))
    assert content(uri) == before


def test_child_cut_short_is_completed(uri: str, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlflow import MlflowClient

    rows = per_time("t")
    tracker = Strict(uri, record("cut"))
    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, "set_terminated", interrupt)
        with pytest.raises(KeyboardInterrupt):
            tracker.log_trial(trial("t"), rows, curves("t"))
    (cut,) = runs(client, "tags.run = 'cut' AND tags.kind = 'replicate'")
    assert cut.info.status == "RUNNING"
    Strict(uri, record("cut")).log_trial(trial("t"), rows, curves("t"))
    found = runs(client, "tags.run = 'cut' AND tags.kind = 'replicate'")
    assert [run.info.status for run in found] == ["FINISHED", "FINISHED"]
    assert found[0].info.run_id == cut.info.run_id
    for run in found:
        assert len(history(client, run, "validation/dice")) == 2


def interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


def test_trial_that_changed_replaces_its_children(uri: str, client: Any) -> None:
    tracker = Strict(uri, record("changed"))
    tracker.log_trial(trial("t"), per_time("t"), curves("t"))
    better = trial("t", **{"param.optimiser.learning_rate": 0.5})
    tracker.log_trial(better, per_time("t", seed=1), curves("t"))
    found = runs(client, "tags.run = 'changed' AND tags.kind = 'replicate'")
    assert [run.data.params["optimiser.learning_rate"] for run in found] == ["0.5", "0.5"]
    fewer = better | {"replicates": 1}
    only = per_time("t", seed=1).query("replicate == 0")
    tracker.log_trial(fewer, only, curves("t").query("replicate == 0"))
    found = runs(client, "tags.run = 'changed' AND tags.kind = 'replicate'")
    assert [run.data.tags["replicate"] for run in found] == ["0"]


def test_threads_may_log_at_once(uri: str, client: Any) -> None:
    tracker = Strict(uri, record("threads"))

    def log(number: int) -> None:
        tracker.log_trial(trial(f"t{number}"), per_time(f"t{number}"), pd.DataFrame())

    threads = [threading.Thread(target=log, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = runs(client, "tags.run = 'threads' AND tags.kind = 'replicate'")
    assert [run.info.run_name for run in found] == [f"t{i}/r{k}" for i in range(4) for k in range(2)]
    assert {run.info.status for run in found} == {"FINISHED"}


# models


def test_model_is_loaded_from_code_and_state(
    uri: str, client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow.pyfunc

    def load(path: str, replicate: int = 0, sequence: int = 0) -> Any:
        weights = np.array(json.loads(Path(path).read_text()))[replicate]
        return lambda points: points @ weights.astype(np.float32)

    module = types.ModuleType("trainables.saved_model")
    monkeypatch.setattr(module, "load", load, raising=False)
    monkeypatch.setitem(sys.modules, "trainables.saved_model", module)
    state = tmp_path / "confirm.pt"
    state.write_text(json.dumps([[0, 0, 0, 1], [1, 10, 100, 1000]]))

    elsewhere = mlflow.get_tracking_uri()
    tracker = Strict(uri, record("model"))
    tracker.log_trial(trial("t"), per_time("t"), pd.DataFrame())
    tracker.log_model("t", 1, state, {"width": 64})
    before = content(uri)
    tracker.log_model("t", 1, state, {"width": 64})
    assert content(uri) == before
    assert mlflow.get_tracking_uri() == elsewhere

    child = runs(client, "tags.run = 'model' AND tags.replicate = '1'")[0]
    entry = client.get_logged_model(child.data.tags["model"])
    assert entry.status == "READY"
    assert entry.source_run_id == child.info.run_id
    assert entry.params["optimiser.learning_rate"] == "0.001"
    assert [output.model_id for output in child.outputs.model_outputs] == [entry.model_id]

    location = entry.artifact_location
    folder = Path(unquote(urlsplit(location).path))
    assert not [path for path in folder.rglob("*") if path.suffix in (".pkl", ".pickle", ".joblib")]
    assert "trainables/autodecoder/__init__.py" in zipfile.ZipFile(folder / "artifacts/trainables.zip").namelist()
    points = pd.DataFrame({"t": [1.0, 2.0], "x": [1.0, 0.0], "y": [0.0, 1.0], "z": [0.0, 0.0]})
    model = mlflow.pyfunc.load_model(location)
    assert model.predict(points)["sdf"].tolist() == [1001.0, 2010.0]
    other = mlflow.pyfunc.load_model(location, model_config={"replicate": 0})
    assert other.predict(points)["sdf"].tolist() == [1.0, 2.0]
    assert model.metadata.get_input_schema().input_names() == ["x", "y", "z", "t"]


def test_model_upload_cut_short_is_completed(uri: str, client: Any, tmp_path: Path) -> None:
    state = tmp_path / "state.pt"
    state.write_bytes(b"weights")
    tracker = Strict(uri, record("model-cut"))
    tracker.log_trial(trial("t"), per_time("t"), pd.DataFrame())
    child = runs(client, "tags.run = 'model-cut' AND tags.replicate = '0'")[0]
    pending = client.create_logged_model(child.info.experiment_id, "t-r0", source_run_id=child.info.run_id)
    tracker.log_model("t", 0, state, {})
    child = client.get_run(child.info.run_id)
    assert child.data.tags["model"] == pending.model_id
    assert client.get_logged_model(pending.model_id).status == "READY"


# trouble


def test_run_deleted_in_the_browser_ends_tracking_with_one_sentence(uri: str, client: Any) -> None:
    told: list[str] = []
    tracker = tracking.Tracker(uri, record("deleted-run"), on_trouble=told.append)
    tracker.log_study()
    (parent,) = runs(client, "tags.run = 'deleted-run'")
    client.delete_run(parent.info.run_id)
    tracker.log_study()
    assert not tracker.available
    tracker.log_trial(trial("t"), per_time("t"), curves("t"))
    tracker.log_artifacts({"absent": "/absent"})
    tracker.close()
    assert len(told) == 1
    assert "\n" not in told[0]
    assert runs(client, "tags.run = 'deleted-run'") == []


class Answer(BaseHTTPRequestHandler):
    """One answer for every question; what was asked is kept."""

    status: ClassVar[int] = 200
    body: ClassVar[bytes] = b"{}"
    asked: ClassVar[list[tuple[str, str | None]]] = []

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers.get("Authorization")))
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: Any) -> None:
        """Silent."""


@contextlib.contextmanager
def answering(status: int, body: bytes) -> Iterator[tuple[ThreadingHTTPServer, list[tuple[str, str | None]]]]:
    asked: list[tuple[str, str | None]] = []
    handler = type("Handler", (Answer,), {"status": status, "body": body, "asked": asked})
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield httpd, asked
    finally:
        httpd.shutdown()
        httpd.server_close()


def test_server_that_goes_away_ends_tracking_within_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")
    told: list[str] = []
    with answering(200, b'{"experiments": []}') as (httpd, asked):
        address = f"http://user:secret@127.0.0.1:{httpd.server_port}"
        tracker = tracking.Tracker(address, record("away"), on_trouble=told.append)
        monkeypatch.setattr(server, "check_server", lambda uri: gone(uri, httpd))
        started = time.monotonic()
        tracker.log_study()
    tracker.log_trial(trial("t"), per_time("t"), curves("t"))
    assert time.monotonic() - started < 15
    assert not tracker.available
    assert len(told) == 1
    assert "secret" not in told[0]
    assert str(httpd.server_port) in told[0]
    assert asked == []


def gone(_: str, httpd: ThreadingHTTPServer) -> None:
    """The server passes its check, and dies right after."""
    httpd.shutdown()
    httpd.server_close()


# how the database comes to be


def test_killed_creation_leaves_no_database(tmp_path: Path) -> None:
    home, scratch = tmp_path / "home", tmp_path / "scratch"
    home.mkdir()
    scratch.mkdir()
    create = "import sys, pathlib; from study.tracking import database; database.create(pathlib.Path(sys.argv[1]))"
    process = subprocess.Popen(
        [sys.executable, "-c", create, str(home / "mlflow.db")],
        cwd=PROJECT,
        env={**os.environ, "TMPDIR": str(scratch), "MLFLOW_DISABLE_TELEMETRY": "true"},
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not list(scratch.glob("*/draft.db")):
        assert process.poll() is None, "the database was made elsewhere"
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert list(home.iterdir()) == []


KILLED_WRITER = """
import os, signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA cache_size = 5")  # the change spills into the file before it is committed
connection.execute("BEGIN IMMEDIATE")
connection.execute("CREATE TABLE half_done (filler TEXT)")
connection.executemany("INSERT INTO half_done VALUES (?)", [("x" * 4000,)] * 200)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_writer_left_half_done_is_rolled_back(uri: str) -> None:
    file = database.file_of(uri)
    before = database.tables(file)
    subprocess.run([sys.executable, "-c", KILLED_WRITER, str(file)], check=False)
    assert file.with_name(f"{file.name}-journal").stat().st_size > 0
    tracking.check(uri)
    assert database.tables(file) == before


def test_finished_database_never_replaces_another_creators(uri: str, tmp_path: Path) -> None:
    draft, file = tmp_path / "draft.db", tmp_path / "mlflow.db"
    shutil.copy(database.file_of(uri), draft)
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE experiments (mark)")
    database._publish(draft, file)
    assert database.tables(file) == {"experiments"}
    file.write_bytes(b"")
    database._publish(draft, file)
    assert database.tables(file) == database.tables(draft)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["draft.db", "mlflow.db"]


# checking a URI


def refusal(uri: str) -> str:
    with pytest.raises(ValueError) as caught:
        tracking.check(uri)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert "secret" not in sentence
    assert ": " in sentence
    return sentence


def test_default_is_what_a_bare_mlflow_ui_opens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlflow.tracking._tracking_service.utils import _get_default_tracking_uri

    monkeypatch.chdir(tmp_path)
    assert tracking.default_uri() == _get_default_tracking_uri() == "sqlite:///mlflow.db"
    assert tracking.how_to_look(tracking.default_uri()) == "mlflow ui"
    assert tracking.how_to_look(f"sqlite:///{tmp_path}/mlflow.db") == "mlflow ui"
    elsewhere = tracking.how_to_look("sqlite:////data/mlflow.db")
    assert elsewhere == "mlflow ui --backend-store-uri sqlite:////data/mlflow.db"
    assert tracking.how_to_look("https://me:secret@host/mlflow") == "open https://host/mlflow"
    (tmp_path / "mlruns" / "0").mkdir(parents=True)
    (tmp_path / "mlruns" / "0" / "meta.yaml").touch()
    assert _get_default_tracking_uri() != tracking.default_uri()
    assert tracking.how_to_look(tracking.default_uri()).endswith("--backend-store-uri sqlite:///mlflow.db")


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("", "retired plain folders"),
        ("mlruns", "retired plain folders"),
        ("file:///tmp/mlruns", "retired plain folders"),
        ("sqlite://", "names no file"),
        ("sqlite:mlflow.db", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("htp://host:5000", "unknown scheme 'htp'"),
        ("http://", "no valid host"),
        ("http://me:secret@", "no valid host"),
        ("http://host:port", "malformed host or port"),
        ("http://me:secret@[host", "malformed host or port"),
        ("http://127.0.0.1:5000/#/experiments/1", "use the server's, http://127.0.0.1:5000"),
        ("postgresql://me:secret@127.0.0.1:9/db", "tracking database postgresql://127.0.0.1:9/db"),
    ],
)
def test_malformed_address_is_refused(uri: str, words: str) -> None:
    assert words in refusal(uri)


def test_unusable_files_are_refused_and_nothing_is_made(tmp_path: Path, uri: str) -> None:
    def at(name: str) -> str:
        return f"sqlite:///{tmp_path / name}"

    (tmp_path / "text.db").write_text("not a database, but long enough to be one " * 100)
    with contextlib.closing(sqlite3.connect(tmp_path / "other.db")) as connection:
        connection.execute("CREATE TABLE cells (id)")
    shutil.copy(database.file_of(uri), tmp_path / "older.db")
    with contextlib.closing(sqlite3.connect(tmp_path / "older.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '181f10493468'")
        connection.commit()
    (tmp_path / "empty.db").touch()
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    assert "is not a SQLite database" in refusal(at("text.db"))
    assert "something else than MLflow" in refusal(at("other.db"))
    assert "mlflow db upgrade" in refusal(at("older.db"))
    assert "is a folder" in refusal(f"sqlite:///{tmp_path}")
    assert "is a file" in refusal(at("text.db/mlflow.db"))
    tracking.check(uri)
    tracking.check(at("empty.db"))
    tracking.check(at("new/folder/mlflow.db"))
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_folder_without_permission_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The administrator may write anywhere, and tests may run as such: the permission is taken away here.
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path)
    assert f"no permission in {tmp_path}" in refusal(f"sqlite:///{tmp_path}/sub/mlflow.db")


def test_unreachable_server_is_refused_within_five_seconds() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = f"http://me:secret@127.0.0.1:{free.getsockname()[1]}"
        started = time.monotonic()
        assert "cannot be reached" in refusal(closed)
        assert time.monotonic() - started < 5
        free.listen()  # connects, and never answers
        started = time.monotonic()
        assert "did not answer" in refusal(closed) or "cannot be reached" in refusal(closed)
        assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (200, b"<html>hello</html>", "not as MLflow does"),
        (200, b"[1]", "not as MLflow does"),
        (401, b"", "MLFLOW_TRACKING_USERNAME"),
        (403, b"", "--allowed-hosts"),
        (404, b"", "check address and port"),
        (500, b"", "status 500"),
    ],
)
def test_server_that_is_not_usable_is_refused(status: int, body: bytes, words: str) -> None:
    with answering(status, body) as (httpd, _):
        assert words in refusal(f"http://me:secret@127.0.0.1:{httpd.server_port}/mlflow")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MLFLOW_TRACKING_AUTH", "my-plugin"),
        ("MLFLOW_TRACKING_AWS_SIGV4", "true"),
        ("MLFLOW_TRACKING_CLIENT_CERT_PATH", "me.pem"),
    ],
)
def test_where_mlflow_authenticates_itself_by_other_means_a_refusal_is_a_doubt(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    for status, body in ((401, b""), (403, b""), (200, b"<html>log in</html>")):
        with answering(status, body) as (httpd, _):
            doubt = tracking.check(f"http://me:secret@127.0.0.1:{httpd.server_port}/mlflow")
        assert name in doubt
        assert "which was not tried" in doubt
        assert "secret" not in doubt
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        assert "cannot be reached" in refusal(f"http://127.0.0.1:{free.getsockname()[1]}")
    with answering(200, b'{"experiments": []}') as (httpd, _):
        assert tracking.check(f"http://127.0.0.1:{httpd.server_port}") == ""


def test_what_only_a_plug_in_reaches_is_a_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    for uri in ("databricks", "databricks://profile"):
        assert "reached by a plug-in" in tracking.check(uri)
        assert tracking.absolute(uri) == uri
        assert tracking.how_to_look(uri) == f"open MLflow at {uri}"
    azure, amazon = "azureml://west.api.azureml.ms/mlflow", "arn:aws:sagemaker:us-east-1:1:mlflow-tracking-server/x"
    assert "install azureml-mlflow" in refusal(azure)
    assert "install sagemaker-mlflow" in refusal(amazon)
    there = {"azureml", "arn"}
    monkeypatch.setattr("study.tracking.probe.entry_points", lambda group, name: [name] if name in there else [])
    assert "reached by a plug-in" in tracking.check(azure)
    assert "reached by a plug-in" in tracking.check(amazon)
    assert "unknown scheme 'ftp'" in refusal("ftp://x")


def test_server_is_asked_with_the_credentials_of_the_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "token")
    with answering(200, b'{"experiments": []}') as (httpd, asked):
        tracking.check(f"http://127.0.0.1:{httpd.server_port}/mlflow/")
        tracking.check(f"http://me:secret@127.0.0.1:{httpd.server_port}")
    assert asked == [
        ("/mlflow/api/2.0/mlflow/experiments/search?max_results=1", "Bearer token"),
        ("/api/2.0/mlflow/experiments/search?max_results=1", "Basic bWU6c2VjcmV0"),
    ]


def test_checking_imports_no_heavy_library(tmp_path: Path) -> None:
    code = (
        "import sys; from study import tracking; tracking.check('sqlite:///' + sys.argv[1]);"
        "print([name for name in ('mlflow', 'torch', 'ray', 'optuna', 'sqlalchemy') if name in sys.modules])"
    )
    (tmp_path / "empty.db").touch()
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "empty.db")],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
