"""Models in MLflow: loaded from their code and state, completed after an upload that was cut short."""

from __future__ import annotations

import json
import sys
import types
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np
import pandas as pd
import pytest

from tests.study.tracking.written import Strict, content, per_time, record, runs, trial

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:mlflow")


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
