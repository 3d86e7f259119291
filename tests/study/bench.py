"""A small study, a run folder, and a stand-in for Ray that runs jobs one after another."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

from study.design.study import Study
from study.running.recorder import Recorder
from study.storage.run_folder import RunFolder
from study.trials.jobs import Job, JobSource
from study.trials.journal import Journal
from study.trials.search import Search
from trainables.base import Request


def value_of(job: Job, epoch: int) -> float:
    """A made-up objective: best at a learning rate of 1e-3, falling with the epochs."""
    return abs(math.log(job.parameters.get("learning_rate", 1e-3) / 1e-3)) + 1 / (1 + epoch)


def arrow(rows: list[dict]) -> bytes:
    table, buffer = pa.Table.from_pylist(rows), io.BytesIO()
    with pa.ipc.new_stream(buffer, table.schema) as writer:
        writer.write_table(table)
    return buffer.getvalue()


class Killed(Exception):
    """The process died here."""


class Bench:
    """Runs a study's search in this process, as execution.py does it with Ray, and may die on the way."""

    def __init__(self, folder: Path, study: Study) -> None:
        self.path, self.study = folder, study
        self.empty: Callable[[Job], bool] = lambda job: False
        """Whether a job's predictions are empty throughout."""
        self.folder = RunFolder(str(folder / "results" / study.name / "run"))

    def open(self) -> Search:
        journal = Journal(self.path / "state" / "journal.log", self.folder)
        self.journal = journal
        search = Search(self.study, "run", journal, self.request)
        search.settle(self.folder.trials())
        return search

    def request(self, phase, arm, setting, trial, parameters) -> Request:
        labels = {"study": self.study.name, "run": "run", "trial": trial, "phase": phase, "setting": setting}
        configuration = self.study.configured(arm, parameters, phase)
        return Request(
            labels=labels | {"method": arm.method, "supervision": arm.supervision},
            implementation=configuration.implementation,
            configuration=configuration.model_dump(mode="json"),
            timeline=self.study.timeline(arm.supervision, phase).model_dump(mode="json"),
            seeds=self.study.seeds(phase),
            roles=self.study.roles(phase),
            metric="chamfer",
            objective_role="validation",
            report_epochs=self.study.rungs(configuration),
            checkpoint="unused",
        )

    def run(self, source: JobSource, die: Callable[[str, Job], bool] = lambda where, job: False) -> list[str]:
        """Run `source` to its end; `die(where, job)` kills at `asked`, `reported`, `written` or `told`."""
        ran: list[str] = []
        recorder = Recorder(self.study, self.folder, lambda row: None)

        def maybe(where: str, job: Job) -> None:
            if die(where, job):
                raise Killed(where)

        while (job := source.next()) is not None:
            maybe("asked", job)
            ran.append(job.trial)
            self._one(source, recorder, job, maybe)
        self.journal.copy(now=True)  # as at the end of a phase
        return ran

    def _one(self, source: JobSource, recorder: Recorder, job: Job, maybe: Callable[[str, Job], None]) -> None:
        epochs = self.study.methods[job.arm.method].epochs
        state, judged = "complete", []
        for epoch in [*job.request.report_epochs, epochs]:
            value = value_of(job, epoch)
            row = {**job.request.labels, "replicate": 0, "sequence": "s", "time_index": 1, "chamfer": value}
            judged += [[epoch, value]] if epoch < epochs else []
            result = {"epoch": epoch, "objective": value, "rows": arrow([row]), "seconds": 1.0, "judged": list(judged)}
            result["empty"] = float(self.empty(job))
            recorder.result(job, result)
            maybe("reported", job)
            if epoch < epochs and source.prune(job, judged):
                state = "pruned"
                break
        maybe("written", job)
        recorder.end(source, job, state)  # type: ignore[arg-type]
        maybe("told", job)


def table(bench: Bench) -> list[dict]:
    """The trials table without clocks, as text that can be compared."""
    rows = [{k: v for k, v in row.items() if k != "started"} for row in bench.folder.trials().values()]
    return sorted((json.loads(json.dumps(row)) for row in rows), key=lambda row: row["trial"])
