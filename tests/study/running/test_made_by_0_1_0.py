"""A run of version 0.1.0, as it lay on disk (without figures, report and surfaces), opens, is exported and goes on.

`python -m study.run bifurcation --methods none,linear-blend,advection --supervisions sparse --preset smoke --set
evaluation_grid=12 --set decoder.width=8`, at commit 3a63436.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile

import analysis
from trainables.base import Request
from trainables.saved_model import load
from trainables.shapes.sequence import grid_points

ZIP = Path(__file__).parent / "run-0.1.0.zip"
METHODS = ["none", "linear-blend", "advection"]


@pytest.fixture
def run(tmp_path) -> Path:
    results = tmp_path / "results" / "bifurcation"
    shutil.unpack_archive(ZIP, results)
    (folder,) = results.iterdir()
    return folder


def command(run: Path, *arguments: str) -> str:
    folder = run.parents[2]
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=Path(__file__).parents[3],
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "STUDY_RESULTS": str(folder / "results")}
        | {"STUDY_STATE": str(folder / "state"), "MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_its_tables_are_read(run):
    opened = analysis.load(run)
    assert opened.trials["phase"].value_counts().to_dict() == {"confirm": 6, "search": 5}
    table = analysis.compare(opened.per_time, metric="chamfer", baseline="none")
    assert set(table["method"]) == {"linear-blend", "advection"}
    assert not analysis.iqr_bands(opened.per_time, metric="chamfer").empty


def test_its_published_setting_is_called_so_now(run):
    opened = analysis.load(run)
    for table in (opened.trials, opened.per_time, opened.ensembles):
        assert set(table.query("phase == 'confirm'")["setting"]) == {"best", "published"}
    now, then = (analysis.compare(opened.per_time, setting=name) for name in ("published", "document"))
    assert now["difference"].tolist() == then["difference"].tolist()
    command(run, "study.export", str(run), "--setting", "published", "--method", "none", "--at", "0", "--grid", "16")


@pytest.mark.parametrize("method", METHODS)
def test_its_models_are_functions_of_place_and_time(run, method):
    sdf = load(str(run / "models" / f"confirm-{method}-sparse-best.pt"))
    points = grid_points(12).numpy().reshape(-1, 3)
    values = sdf(np.concatenate([points, np.zeros((len(points), 1), "float32")], axis=1))
    assert values.shape == (12**3,)
    assert 0 < (values < 0).sum() < 12**3 / 2


@pytest.mark.parametrize("method", METHODS)
def test_its_models_are_exported(run, method):
    command(run, "study.export", str(run), "--method", method, "--at", "0,1", "--grid", "16")
    masks = sorted((run / "exports").rglob("*.tif"))
    assert len(masks) == 2
    assert all(tifffile.imread(mask).any() for mask in masks)


@pytest.mark.slow
def test_it_is_resumed_with_more_trials(run):
    before = pd.read_parquet(run / "trials.parquet").set_index("trial")
    uri = f"sqlite:///{run.parent}/mlflow.db"  # that of its record is another user's
    command(run, "study.run", "bifurcation", "--resume", str(run), "--trials", "3", "--tracking-uri", uri)
    after = pd.read_parquet(run / "trials.parquet").set_index("trial")
    kept = before.index[before["phase"] == "search"]
    pd.testing.assert_series_equal(after.loc[kept, "objective"], before.loc[kept, "objective"])
    assert len(after.query("phase == 'search'")) == len(kept) + 2
    assert (after["state"] == "complete").all()
    confirmed = analysis.load(run).trials.query("phase == 'confirm'")
    settings = confirmed.groupby("method", observed=True)["setting"].agg(lambda names: " ".join(sorted(names)))
    why = "what had ended under the earlier name is not trained again under the new one"
    assert settings.to_dict() == dict.fromkeys(METHODS, "best published"), why


PRINTS = {
    "trainables.autodecoder.autodecoder:Autodecoder": "8abd9252b0d07599",
    "trainables.advection.advected_shapes:AdvectedShapes": "05c0a38e32f1f5be",
}
"""Trainable, by its place in 0.1.0 → how what 0.1.0 wrote into checkpoints of the request below begins."""


@pytest.mark.parametrize(("implementation", "known"), PRINTS.items())
def test_checkpoints_of_an_interrupted_trial_are_gone_on_from(implementation, known):
    request = Request(
        labels={"trial": "t"},
        implementation=implementation,
        configuration={"epochs": 1},
        timeline={"times": [0.0]},
        seeds=[1],
        roles=["test"],
        metric="chamfer",
        objective_role="validation",
        report_epochs=[],
        checkpoint="t.pt",
        model="m.pt",
    )
    assert request.fingerprint().startswith(known)
