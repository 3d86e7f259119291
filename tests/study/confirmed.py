"""Runs of one confirmed model that was trained for real, as the driver leaves them behind, and exports of them."""

import json
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from study.design.arm import Arm
from study.export import command_line
from study.storage.run_folder import RunFolder
from trainables.actor import Actor
from trainables.autodecoder.configuration import DecoderConfiguration
from trainables.base import Request

SEEDS = [1, 2]
REPLICATES = len(SEEDS)


def finished_run(folder: RunFolder, study, name: str = "none", epochs: int = 120) -> RunFolder:
    """A run of one confirmed model of the study's method `name`."""
    arm, trial = Arm(name, "dense"), f"confirm-{name}-dense-best"
    method = study.methods[name]
    method.epochs = epochs
    if name == "none":
        method.decoder = DecoderConfiguration(layers=3, width=48, code_layers=[2])
        method.learning_rate = method.code_learning_rate = 2e-3
    configuration = study.configured(arm, {}, "confirm")
    request = Request(
        labels={"study": study.name, "run": "run", "trial": trial, "phase": "confirm", "setting": "best"}
        | {"method": name, "supervision": "dense"},
        implementation=configuration.implementation,
        configuration=configuration.model_dump(mode="json"),
        timeline=study.supervisions["dense"].model_dump(mode="json"),
        seeds=SEEDS,
        roles=["train", "validation", "test"],
        metric="chamfer",
        objective_role="validation",
        report_epochs=[],
        checkpoint=folder.file("checkpoints", "t.pt"),
        model=folder.file("models", f"{trial}.pt"),
    )
    actor = Actor(config={"request": json.dumps(asdict(request))})
    result = actor.step()
    while not result["done"]:
        result = actor.step()
    assert "failed" not in result, result
    folder.write_table("per_time", trial, result["rows"])
    folder.write_trial(
        request.labels
        | {"number": -1, "state": "complete", "reason": "", "objective": result["objective"], "epochs": epochs}
        | {"replicates": REPLICATES, "seconds": 1.0, "started": ""}
    )
    folder.compact("confirm")
    folder.remove("checkpoints")
    record = {"study": study.name, "run": "run", "status": "finished", "created_ms": 1, "baseline": "none"}
    record |= {"dimension": study.dimension}
    record |= {"methods": [name], "supervisions": ["dense"], "objective": study.objective.model_dump()}
    folder.write_record(record | {"metrics": [metric.model_dump() for metric in study.metrics]})
    return folder


def export(run: RunFolder, output: Path, *options: str) -> None:
    assert command_line([run.url, "--output", str(output), *options]) == 0


def rows_of(folder: Path) -> pd.DataFrame:
    (file,) = folder.rglob("spread.csv")
    return pd.read_csv(file)
