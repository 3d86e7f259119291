"""A tiny package, installed beside the program, brings a regularizer, a metric, a method and a study: all are used."""

import json
import warnings
from dataclasses import asdict

import pandas as pd
import pyarrow as pa
import pytest

from study import catalog
from study.design import flags
from study.design.arm import Arm
from tests.installed import install
from trainables import plugins
from trainables.actor import Actor
from trainables.base import Request

PARTS = """
from typing import ClassVar
from pydantic import Field
from trainables.autodecoder.regularizers.base import Regularizer
from trainables.metrics.shapes.base import PerTime
from trainables.models.base import OwnNetwork

class Small(Regularizer):
    name: ClassVar[str] = "small"
    strength: float = Field(0.1, ge=0)

    @property
    def weight(self):
        return self.strength

    def prepare(self, problem):
        import torch
        points = torch.zeros(1, 1, 4, 4)
        return lambda decode: decode(points).square().mean((1, 2))

class InsideShare(PerTime):
    name: ClassVar[str] = "inside_share"
    label: ClassVar[str] = "Share of the domain that is inside"

    @classmethod
    def of(cls, moment):
        return float(moment.inside.mean())

class Straight(OwnNetwork):
    name: ClassVar[str] = "straight"
    sizes: ClassVar = {"smoke": {"epochs": 5}}

    def network(self):
        from torch import nn
        return nn.Sequential(nn.Linear(4, 1), nn.Flatten(0))
"""

STUDY = """
from study.design import methods, presets
from study.design.study import Objective, Study
from trainables.metrics.shapes.base import declared
from trainables.shapes.sphere import Sphere

def study():
    ball = [Sphere(z1=0.5, z2=0.2)]
    return Study(
        name="tiny-balls", question="Is small better?", replication_unit="seeds",
        methods=methods.networks(ball, ["none", "small"]) | methods.own(ball, ["straight"]), baseline="none",
        supervisions={"dense": methods.SUPERVISIONS["dense"]}, space=methods.space(["none", "small"], []),
        metrics=[*methods.metrics(), *declared("inside_share")], objective=Objective(metric="chamfer"),
    )

PRESETS = presets.PRESETS
"""


@pytest.fixture
def _installed(tmp_path, monkeypatch):
    points = {
        "regularizers": {"small": "tiny_balls.parts:Small"},
        "metrics": {"inside_share": "tiny_balls.parts:InsideShare"},
        "models": {"straight": "tiny_balls.parts:Straight"},
        "studies": {"tiny-balls": "tiny_balls.balls", "broken": "tiny_balls.absent"},
    }
    site = install(tmp_path / "site", "tiny_balls", {"parts": PARTS, "balls": STUDY}, points)
    monkeypatch.syspath_prepend(str(site))
    plugins.forget()
    yield
    plugins.forget()


@pytest.mark.usefixtures("_installed")
def test_a_trial_of_its_study_trains_with_its_parts_and_what_is_broken_costs_itself(tmp_path):
    with pytest.warns(plugins.LeftOut, match="'broken' of tiny_balls, among .*studies, is left out"):
        assert "tiny-balls" in catalog.names()
    with warnings.catch_warnings():
        warnings.simplefilter("error", plugins.LeftOut)
        study = catalog.load("tiny-balls", "smoke")
        study.put("epochs", 4)
        study.put("evaluation_grid", 14)
        study.put("regularizers.small.strength", 0.5)
        flags.keep(study, ["small", "straight"], None)
    for method in ("small", "straight"):
        configuration = study.configured(Arm(method, "dense"), {}, "confirm")
        request = Request(
            labels={"study": study.name, "run": "r", "trial": "t", "phase": "confirm", "method": method},
            implementation=configuration.implementation,
            configuration=configuration.model_dump(mode="json"),
            timeline=study.timeline("dense", "confirm").model_dump(mode="json"),
            seeds=[1, 2],
            roles=["train", "validation"],
            metric="inside_share",
            objective_role="validation",
            report_epochs=[],
            checkpoint=str(tmp_path / f"{method}.pt"),
        )
        actor = Actor(config={"request": json.dumps(asdict(request))})
        while not (result := actor.step())["done"]:
            pass
        assert "failed" not in result, result
        rows, curves = (pa.ipc.open_stream(result[name]).read_all().to_pandas() for name in ("rows", "curves"))
        assert rows["inside_share"].between(0, 1).all()
        assert result["objective"] == pytest.approx(rows[rows.role == "validation"]["inside_share"].mean())
        assert isinstance(curves, pd.DataFrame)
        assert ("small" if method == "small" else "reconstruction") in curves
