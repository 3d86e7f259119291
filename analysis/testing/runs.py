"""Small run folders, written as a study writes them, with effects that are known: for tests of what reads them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

NETWORKS = ("none", "sinkhorn", "barycenter", "sinkhorn+barycenter")
DETERMINISTIC = ("linear-blend", "barycenter-only")
ADDRESS = ("study", "run", "trial", "phase", "setting", "method", "supervision")
SHOWN = {"sparse": {0, 20}, "dense": {0, 5, 10, 15, 20}}
LEVEL = {
    "none": 0.30, "sinkhorn": 0.15, "barycenter": 0.18, "sinkhorn+barycenter": 0.13,
    "linear-blend": 0.40, "barycenter-only": 0.20,
}  # fmt: skip
METRICS = [
    {"name": "chamfer", "label": "Chamfer distance", "unit": "domain units", "better": "lower"},
    {"name": "hausdorff", "label": "Hausdorff distance", "unit": "domain units", "better": "lower"},
    {"name": "dice", "label": "Dice score", "unit": "", "better": "higher"},
    {"name": "bifurcation_time_error", "label": "Bifurcation time error", "unit": "", "better": "lower"},
]


@dataclass(kw_only=True)
class Plan:
    """What a run folder shall hold. ``level`` is the height of a method's error between shown frames,
    sparse."""

    study: str = "bifurcation"
    run: str = "20260101-120000"
    status: str = "finished"
    created_ms: int = 1_767_268_800_000
    methods: tuple[str, ...] = NETWORKS + DETERMINISTIC
    supervisions: tuple[str, ...] = ("sparse", "dense")
    sequences: tuple[str, ...] = ("bifurcation",)
    replicates: int = 6
    trials: int = 4
    level: dict[str, float] = field(default_factory=lambda: dict(LEVEL))
    dense_factor: float = 0.15
    noise: float = 0.02
    confirmed: bool = True
    lost_arms: tuple[tuple[str, str], ...] = ()
    diverged: dict[str, tuple[int, ...]] = field(default_factory=dict)
    compacted: bool = True
    seed: int = 0


def role(supervision: str, index: int) -> str:
    """What a time point, i / 20, is used for."""
    return "train" if index in SHOWN[supervision] else "validation" if index % 2 else "test"


def per_time_rows(plan: Plan, trial: dict[str, Any], random: np.random.Generator) -> pd.DataFrame:
    """The rows of one trial: an error that is small at shown frames and rises to ``level`` between them."""
    method, supervision, confirm = trial["method"], trial["supervision"], trial["phase"] == "confirm"
    height = plan.level[method] * (1.0 if supervision == "sparse" else plan.dense_factor)
    height *= 1.15 if trial["setting"] == "published" else 1.0
    indices = np.array([index for index in range(21) if confirm or role(supervision, index) != "test"])
    shape = (trial["replicates"], len(plan.sequences), len(indices))
    replicate, sequence, place = (axis.ravel() for axis in np.indices(shape))
    index = indices[place]
    noise = np.zeros(shape[0]) if method in DETERMINISTIC else random.normal(0.0, plan.noise, shape[0])
    gap = 20 if supervision == "sparse" else 5
    bump = np.sin(np.pi * (index % gap) / gap) ** 2
    error = np.abs(0.02 + height * bump + noise[replicate] * (0.2 + bump))
    error[np.isin(replicate, plan.diverged.get(method, ()))] = np.nan
    rows = {name: trial[name] for name in ADDRESS}
    rows |= {"replicate": replicate, "seed": (1000 if confirm else 0) + replicate}
    rows |= {"sequence": np.array(plan.sequences)[sequence], "time_index": index, "time": index / 20}
    rows |= {"role": [role(supervision, now) for now in index]}
    rows |= {"chamfer": error, "hausdorff": 2.5 * error + 0.05, "dice": 1.0 - 0.9 * error}
    rows |= {"empty": False, "components": 1}
    rows |= {
        "bifurcation_time": 0.5 if confirm else np.nan,
        "bifurcation_time_error": 0.259 if confirm else np.nan,
    }
    return pd.DataFrame(rows)


def curve_rows(trial: dict[str, Any], random: np.random.Generator) -> pd.DataFrame:
    """The loss terms of one trial at 20 epochs: exponential decay; terms that a method lacks are missing."""
    epochs = np.tile(np.arange(0, 300, 15), trial["replicates"])
    replicates = np.repeat(np.arange(trial["replicates"]), 20)
    decay = 0.5 * np.exp(-epochs / 60) + 0.01 * random.uniform(0.9, 1.1, len(epochs))
    nothing = np.full(len(epochs), np.nan)
    terms = {"loss": 1.3 * decay, "reconstruction": decay, "code": 0.05 * decay}
    terms["sinkhorn"] = 0.3 * decay if "sinkhorn" in trial["method"] else nothing
    terms["barycenter"] = 0.2 * decay if trial["method"].endswith("barycenter") else nothing
    return pd.DataFrame({"trial": trial["trial"], "replicate": replicates, "epoch": epochs, **terms})


def trial_records(plan: Plan, random: np.random.Generator) -> list[dict[str, Any]]:
    """The rows of ``trials``: every arm's search, and its confirmation at both settings."""
    records = []

    def add(phase: str, setting: str, method: str, supervision: str, number: int, state: str) -> None:
        last = f"{number:04d}" if phase == "search" else setting
        learned = "sinkhorn" in method
        stated = setting == "published" or number == 0
        address = {"study": plan.study, "run": plan.run, "trial": f"{phase}-{method}-{supervision}-{last}"}
        address |= {"phase": phase, "setting": setting, "method": method, "supervision": supervision}
        failed = state == "failed"
        outcome = {
            "number": number,
            "state": state,
            "reason": "loss 'sinkhorn' is not finite at epoch 80" if failed else "",
            "objective": np.nan if failed else plan.level[method] * float(random.uniform(0.8, 1.6)),
            "epochs": 0 if method in DETERMINISTIC else 120 if state == "pruned" else 300,
            "replicates": plan.replicates if phase == "confirm" else 1,
            "seconds": 12.5,
            "started": "2026-01-01T12:00:00+00:00",
        }
        parameters = {
            "param.optimiser.learning_rate": 1e-3 if stated else 3e-3,
            "param.regularizers.sinkhorn.alpha": (0.1 if stated else 0.4) if learned else None,
        }
        records.append(address | outcome | parameters)

    for supervision in plan.supervisions:
        for method in plan.methods:
            lost = (method, supervision) in plan.lost_arms
            if method in DETERMINISTIC:
                if plan.confirmed:
                    add("confirm", "best", method, supervision, -1, "complete")
                continue
            for number in range(plan.trials):
                state = "failed" if lost else "pruned" if number % 4 == 2 else "complete"
                add("search", "search", method, supervision, number, state)
            if plan.confirmed and not lost:
                add("confirm", "best", method, supervision, -1, "complete")
                add("confirm", "published", method, supervision, -1, "complete")
    return records


def study_record(plan: Plan) -> dict[str, Any]:
    """What ``study.json`` says."""
    finished = "2026-01-01T12:09:40+00:00" if plan.status == "finished" else None
    durations = {"search": 320.0, "confirm": 240.0, "report": 8.0, "total": 580.0}
    return {
        "study": plan.study,
        "run": plan.run,
        "status": plan.status,
        "created": "2026-01-01T12:00:00+00:00",
        "created_ms": plan.created_ms,
        "finished": finished,
        "preset": "laptop",
        "seed": 0,
        "command": f"python -m study.run {plan.study}",
        "question": "Does optimal-transport regularization help between the frames a model is shown?",
        "methods": list(plan.methods),
        "supervisions": list(plan.supervisions),
        "baseline": "none",
        "objective": {"metric": "chamfer", "direction": "minimize", "role": "validation"},
        "metrics": METRICS,
        "replication_unit": "training noise of one sequence (seeds)",
        "trials_per_arm": plan.trials,
        "replicates": plan.replicates,
        "versions": {"python": "3.11.9", "torch": "2.13.0", "optuna": "5.0.0"},
        "commit": "0123abc",
        "machine": {"host": "node", "processors": 2, "memory_gb": 4.0},
        "durations": {**durations, "overhead": 52.0, "overhead_fraction": 0.09},
        "configuration": {"optimiser": {"learning_rate": 1e-3}, "note": "<script>alert(1)</script>"},
    }


def change(folder: Path, **fields: Any) -> None:
    """Change fields of a run folder's record; None removes one."""
    file = folder / "study.json"
    record = json.loads(file.read_text()) | fields
    file.write_text(json.dumps({key: held for key, held in record.items() if held is not None}))


def write(folder: Path, plan: Plan) -> Path:
    """Write a run folder as ``plan`` says and return it."""
    random = np.random.default_rng(plan.seed)
    for name in ("per_time", "curves", "trials"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "study.json").write_text(json.dumps(study_record(plan)))
    records = trial_records(plan, random)
    rows = {entry["trial"]: per_time_rows(plan, entry, random) for entry in records if entry["state"] != "failed"}
    curves = {
        entry["trial"]: curve_rows(entry, random)
        for entry in records
        if entry["state"] != "failed" and entry["method"] in NETWORKS
    }
    if plan.compacted:
        pd.DataFrame(records).to_parquet(folder / "trials.parquet")
        for phase in ("search", "confirm"):
            for table, parts in (("per_time", rows), ("curves", curves)):
                chosen = [part for trial, part in parts.items() if trial.startswith(phase)]
                if chosen:
                    pd.concat(chosen, ignore_index=True).to_parquet(folder / table / f"{phase}.parquet")
        return folder
    for entry in records:
        plain = {name: None if value is None or value != value else value for name, value in entry.items()}
        (folder / "trials" / f"{entry['trial']}.json").write_text(json.dumps(plain))
    for table, parts in (("per_time", rows), ("curves", curves)):
        for trial, part in parts.items():
            part.to_parquet(folder / table / f"{trial}.parquet")
    return folder
