"""`study.json`: what a run is, where it comes from, how far it is, and how long it took."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from typing import Any, get_args

from analysis.tables.soundness import SCHEMA
from study.data.recordings import as_recorded
from study.design.study import Phase
from study.running import provenance
from study.running.cluster import gpus
from study.running.estimate import operations
from study.running.plan import Plan
from study.running.recorder import covered
from study.storage.credentials import of_command, of_uri
from study.storage.run_folder import RunFolder

PHASES = ("search", "final", "confirm", "report")


class RunRecord:
    """The record of a run that goes on; every `write` accounts for the time until then."""

    def __init__(self, plan: Plan, folder: RunFolder) -> None:
        self.values: dict[str, Any] = {}
        """Empty until it is opened."""
        self.busy: list[tuple[float, float]] = []
        """When trials of this session ran: begin and end, seconds since the epoch."""
        self.durations: dict[str, float] = {}
        """Phase → seconds of this session."""
        self._plan, self._folder = plan, folder

    def open(self) -> None:
        """Begin the record, or go on with that of a resumed run, and write it."""
        study, choices = self._plan.study, self._plan.choices
        self.values = self._folder.read_record() if self._plan.resumed else self._begun()
        self.values |= {
            "schema": SCHEMA,
            "status": "running",
            "finished": None,
            "preset": choices["preset"],
            "seed": study.seed,
            "seeds": {phase: study.seeds(phase) for phase in get_args(Phase)},
            "methods": list(study.methods),
            "supervisions": list(study.supervisions),
            "metrics": [m.model_dump() for m in study.metrics],
            "objective": study.objective.model_dump(),
            "primary": [comparison.model_dump() for comparison in study.primary],
            "validation": study.validation,
            "constraints": study.constraints.model_dump(exclude_none=True),
            "data": study.data,
            "trials_per_arm": study.trials,
            "search_trials": sum(study.arm_trials(arm) for arm in study.arms()),
            "replicates": study.replicates,
            "replication_unit": study.replication_unit,
            "unit": study.unit,
            "twins": study.twins,
            "operations": operations(study),
            "gpus": gpus(),
            "choices": choices,
            "tracking_uri": of_uri(self._plan.tracking_uri),
            "versions": provenance.versions(),
            "commit": provenance.commit(),
            "machine": provenance.machine(),
            "configuration": as_recorded(study.model_dump(mode="json"), self._folder),
        }
        self.values["sessions"].append({"started": _now()})
        self.write()

    def _begun(self) -> dict[str, Any]:
        study = self._plan.study
        begun: dict[str, Any] = {
            "study": study.name,
            "run": self._folder.name,
            "created": _now(),
            "created_ms": int(time.time() * 1000),
            "command": self._plan.options.command or of_command(["python", "-m", "study.run", *sys.argv[1:]]),
            "asked": self._plan.options.asked(),
            "question": study.question,
            "subject": study.subject,
            "dimension": study.dimension,
            "baseline": study.baseline,
            "controls": study.controls,
            "references": study.references,
            "sessions": [],
        }
        if study.search_sequences is not None:
            begun["searched_sequences"] = study.search_sequences
        return begun

    def enter(self, phase: str, trials: int = 0) -> None:
        """Say in which phase the run is, and how many trials that has, and write it."""
        self.values |= {"phase": phase, "phase_trials": trials}
        self.write()

    def finished(self) -> None:
        """Say that the run is finished; written with the next `write`."""
        self.values |= {"status": "finished", "finished": _now()}

    def unfinished(self) -> None:
        """Say that it is not, and write that."""
        self.values |= {"status": "unfinished", "finished": None}
        self.write()

    def write(self) -> None:
        """Account for the time, and write the file."""
        self.account()
        self._folder.write_record(self.values)

    def account(self) -> None:
        """Durations of all sessions, and which part of them no trial ran."""
        sessions = self.values["sessions"]
        sessions[-1] |= {
            "total": time.monotonic() - self._plan.began,
            "busy": covered(self.busy),
            "phases": dict(self.durations),
        }
        whole, worked = (sum(s.get(key, 0.0) for s in sessions) for key in ("total", "busy"))
        phases = {phase: sum(s.get("phases", {}).get(phase, 0.0) for s in sessions) for phase in PHASES}
        overhead = {"overhead": max(0.0, whole - worked), "overhead_fraction": max(0.0, 1 - worked / whole)}
        self.values["durations"] = phases | {"total": whole} | overhead


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
