"""The one writer of MLflow: the driver's. What it writes twice is there once.

A run is found by its tags before it is created; metrics go in batches, with timestamps that follow from the
record; and a child carries a digest of its content. Equal content is left alone, a child whose writing was
cut short is completed, one that says something else (an extension found a better configuration) is replaced.
"""

from __future__ import annotations

import functools
import logging
import os
import re
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

import fsspec
import pandas as pd

from study.tracking import database, parent, probe
from study.tracking.address import shown, without_credentials
from study.tracking.filters import tagged
from study.tracking.rows import Child, children

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import LoggedModel, Run

P = ParamSpec("P")

ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_CONFIGURE_LOGGING": "false",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_DISABLE_AGENT_HINT": "true",
    "MLFLOW_UV_AUTO_DETECT": "false",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
}
"""Given to MLflow unless the user has set it: silent, nothing sent home, soon aware of a lost server."""
PARAMETERS_A_CALL = 100
METRICS_A_CALL = 900
"""MLflow takes 1000 things a call, parameters included."""
CONTENT = "content"
MODEL = "model"


class _Unusable(Exception):
    """The tracking URI does not pass its check (any more)."""


def _guarded(method: Callable[Concatenate[Tracker, P], None]) -> Callable[Concatenate[Tracker, P], None]:
    """One caller at a time, and MLflow's failures end the tracking, not the study."""

    @functools.wraps(method)
    def guarded(self: Tracker, *arguments: P.args, **named: P.kwargs) -> None:
        with self._lock:
            if not self.available:
                return
            try:
                self._open()
                method(self, *arguments, **named)
            except _failures() as error:
                self._give_up(error)

    return guarded


def _failures() -> tuple[type[BaseException], ...]:
    """What can go wrong outside of this program: server, database, disk. (Evaluated once something has.)"""
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    return MlflowException, SQLAlchemyError, OSError, _Unusable


class Tracker:
    """Writes one run of a study to MLflow.

    Threads: any thread may call any method; calls are let in one at a time, so ``close`` waits for the one in
    progress. Processes: one per run.

    Failures: the first one (server gone, disk full, run deleted in the browser) is told to ``on_trouble`` in
    a sentence, ``available`` becomes False, and all later calls return at once. A new ``Tracker`` that is
    given the same trials again fills the gap.
    """

    def __init__(self, uri: str, record: Mapping[str, Any], on_trouble: Callable[[str], None] | None = None) -> None:
        """Does nothing yet; the first call imports mlflow and makes the database, some 2 s each.

        Args:
            uri: a tracking URI that ``check`` accepts; a relative file is taken from the present directory.
            record: the content of ``study.json``. It is kept, so that what changes in it is seen.
            on_trouble: told once, in a sentence, why tracking has ended; by default a warning.
        """
        self.available = True
        self._uri = database.uri_of(database.file_of(uri)) if uri.startswith(database.SCHEME) else uri
        self._record = record
        self._on_trouble = on_trouble or warnings.warn
        self._lock = threading.RLock()
        self._opened: MlflowClient | None = None
        self._experiment = ""
        self._parent = ""

    @_guarded
    def log_study(self) -> None:
        """Bring the parent's tags, description and data set up to date. Its parameters are those of the first
        start."""
        from mlflow.entities import Dataset, DatasetInput, InputTag, RunTag

        tags = [RunTag(name, value) for name, value in parent.tags(self._record).items()]
        self._client.log_batch(self._parent, tags=tags)
        context = [InputTag("mlflow.data.context", "training and evaluation")]
        self._client.log_inputs(self._parent, [DatasetInput(Dataset(**parent.dataset(self._record)), context)])

    @_guarded
    def log_trial(self, trial: Mapping[str, Any], per_time: pd.DataFrame, curves: pd.DataFrame) -> None:
        """One child per replicate of an ended trial: parameters, tags, curves over epochs, metrics over time.

        Args:
            trial: a row of ``trials``.
            per_time: its rows of ``per_time``, may be empty; other trials' rows are left out.
            curves: its rows of ``curves``; likewise.
        """
        declared = self._record["metrics"]
        metrics = [metric["name"] for metric in declared]
        whole = [metric["name"] for metric in declared if metric.get("per") == "sequence"]
        known = self._children(trial["trial"])
        for child in children(trial, per_time, curves, metrics, self._record["created_ms"], whole):
            self._log_child(child, known.pop(child.tags["replicate"], None))
        for surplus in known.values():
            self._remove(surplus)

    def log_artifacts(self, files: Mapping[str, str | Path]) -> None:
        """Figures, tables and report to the parent.

        Args:
            files: ``{"figures/chamfer.png": source, …}``, from name in MLflow to local path or fsspec URI.
        """
        if self.available:
            with _local_copies(files) as folder:  # outside the guard: a missing file is our own mistake
                self._upload(folder)

    def log_model(self, trial: str, replicate: int, state: str | Path, configuration: Mapping[str, Any]) -> None:
        """A model of a trial that has been logged, to be read by ``mlflow.pyfunc.load_model("models:/m-…")``.

        Args:
            replicate: its child holds the model, and it is what is loaded unless another is asked for.
            state: what ``trainables.autodecoder.model.load`` reads, a local path or an fsspec URI. It is
                copied, and the code of ``trainables`` too: the model loads where this project is absent.
            configuration: JSON that lies beside the state, for the reader.
        """
        if self.available:
            with _local_copies({"state.pt": state}) as folder:
                self._upload_model(trial, replicate, folder / "state.pt", configuration)

    def close(self, finished: bool = True) -> None:
        """End the parent: FINISHED, or KILLED if the run was cut short. Without a call before it: nothing."""
        if self._opened is not None:
            self._end(finished)

    # the parent

    def _open(self) -> None:
        if self._opened is not None:
            return
        for name, value in ENVIRONMENT.items():
            os.environ.setdefault(name, value)
        from mlflow import MlflowClient

        for library in ("mlflow", "alembic"):  # failures are told by on_trouble
            logging.getLogger(library).setLevel(logging.CRITICAL)
        try:
            probe.check(self._uri)
        except ValueError as error:
            raise _Unusable(str(error)) from error
        artifacts = None
        if self._uri.startswith(database.SCHEME):
            file = database.file_of(self._uri)
            database.create(file)
            artifacts = (database.artifact_folder(file) / self._record["study"]).as_uri()
        client = MlflowClient(self._uri, self._uri)
        self._experiment = _experiment(client, self._record["study"], artifacts)
        self._parent = self._find_parent(client)
        self._opened = client

    def _find_parent(self, client: MlflowClient) -> str:
        from mlflow.entities import Param

        run = self._record["run"]
        found = client.search_runs([self._experiment], tagged(run=run, kind="run"))
        if found:
            identity = found[0].info.run_id
            client.update_run(identity, status="RUNNING")
        else:
            tags = parent.tags(self._record)
            created = client.create_run(self._experiment, self._record["created_ms"], tags, run_name=run)
            identity = created.info.run_id
        values = parent.parameters(self._record)
        if not found or not set(values) <= set(found[0].data.params):
            client.log_batch(identity, params=[Param(name, value) for name, value in values.items()])
        return identity

    @property
    def _client(self) -> MlflowClient:
        assert self._opened is not None
        return self._opened

    @_guarded
    def _upload(self, folder: Path) -> None:
        self._client.log_artifacts(self._parent, str(folder))

    @_guarded
    def _end(self, finished: bool) -> None:
        self._client.set_terminated(self._parent, "FINISHED" if finished else "KILLED", _ended_ms(self._record))

    # the children

    def _children(self, trial: str) -> dict[str, Run]:
        """The children of a trial that are there, by replicate."""
        of_trial = tagged(run=self._record["run"], trial=trial, kind="replicate")
        found = self._client.search_runs([self._experiment], of_trial)
        return {run.data.tags["replicate"]: run for run in found}

    def _log_child(self, child: Child, known: Run | None) -> None:
        identity = {CONTENT: child.content, "mlflow.parentRunId": self._parent}
        if known is not None and not identity.items() <= known.data.tags.items():
            self._remove(known)
            known = None
        if known is not None and known.info.status == child.status:
            return
        run = known or self._client.create_run(
            self._experiment,
            child.started_ms,
            child.tags
            | identity
            | {"study": self._record["study"], "run": self._record["run"], "kind": "replicate"}
            | {
                "mlflow.source.type": "LOCAL",
                "mlflow.note.content": parent.child_description(self._record, child.tags),
            },
            run_name=f"{child.tags['trial']}/r{child.replicate}",
        )
        self._log_values(run.info.run_id, child)
        self._client.set_terminated(run.info.run_id, child.status, child.ended_ms)

    def _log_values(self, run: str, child: Child) -> None:
        from mlflow.entities import Metric, Param

        created = self._record["created_ms"]
        metrics = [Metric(name, value, created + step, step) for name, value, step in child.metrics]
        parameters = [Param(name, value) for name, value in child.parameters.items()]
        while metrics or parameters:
            self._client.log_batch(run, metrics[:METRICS_A_CALL], parameters[:PARAMETERS_A_CALL])
            metrics, parameters = metrics[METRICS_A_CALL:], parameters[PARAMETERS_A_CALL:]

    def _remove(self, run: Run) -> None:
        if MODEL in run.data.tags:
            self._client.delete_logged_model(run.data.tags[MODEL])
        self._client.delete_run(run.info.run_id)

    # models

    @_guarded
    def _upload_model(self, trial: str, replicate: int, state: Path, configuration: Mapping[str, Any]) -> None:
        from mlflow.entities import LoggedModelOutput

        from study.tracking import model

        run = self._children(trial)[str(replicate)]
        if MODEL in run.data.tags:
            return
        entry = self._model_entry(run)
        with tempfile.TemporaryDirectory(prefix="mlflow-model-") as scratch:
            folder = Path(scratch) / "model"
            model.save(folder, state, configuration, replicate, entry)
            self._client.log_model_artifacts(entry.model_id, str(folder))
        self._client.finalize_logged_model(entry.model_id, "READY")
        outputs = self._client.get_run(run.info.run_id).outputs
        if outputs is None or entry.model_id not in {output.model_id for output in outputs.model_outputs}:
            self._client.log_outputs(run.info.run_id, [LoggedModelOutput(entry.model_id, step=0)])
        self._client.set_tag(run.info.run_id, MODEL, entry.model_id)

    def _model_entry(self, run: Run) -> LoggedModel:
        """A new entry, or the one of an upload that was cut short."""
        of_run = f"source_run_id = '{run.info.run_id}'"
        found = self._client.search_logged_models([self._experiment], of_run)
        if found:
            return found[0]
        tags = run.data.tags
        return self._client.create_logged_model(
            self._experiment,
            name=re.sub(r"[^\w-]", "-", f"{tags['trial']}-r{tags['replicate']}"),
            source_run_id=run.info.run_id,
            tags={name: tags[name] for name in ("run", "trial", "replicate")},
            params=run.data.params,
            model_type="decoder",
        )

    def _give_up(self, error: BaseException) -> None:
        self.available = False
        if isinstance(error, _Unusable):
            reason = str(error)
        else:
            first_line = str(error).strip().partition("\n")[0]
            reason = f"MLflow at {shown(self._uri)} failed ({without_credentials(first_line, self._uri)[:300]})"
        self._on_trouble(f"{reason}; the run's tables lack nothing")


def _ended_ms(record: Mapping[str, Any]) -> int:
    """When a run ended; one that did not, when its last session last said how long it has been going on."""
    if record.get("finished"):
        return int(1000 * datetime.fromisoformat(record["finished"]).timestamp())
    sessions = record.get("sessions") or []
    if not sessions:
        return int(1000 * time.time())
    last = sessions[-1]
    return int(1000 * (datetime.fromisoformat(last["started"]).timestamp() + last.get("total", 0.0)))


def _experiment(client: MlflowClient, name: str, artifacts: str | None) -> str:
    """The experiment's id. One deleted in the browser is brought back: its name stays taken."""
    from mlflow.exceptions import MlflowException
    from mlflow.protos.databricks_pb2 import RESOURCE_ALREADY_EXISTS, ErrorCode

    found = client.get_experiment_by_name(name)
    if found is None:
        note = f"Runs of the study `{name}`: open one, its description says what to look at."
        try:
            return client.create_experiment(name, artifacts, tags={"mlflow.note.content": note})
        except MlflowException as error:
            found = client.get_experiment_by_name(name)  # another process may have been quicker
            if found is None or error.error_code != ErrorCode.Name(RESOURCE_ALREADY_EXISTS):
                raise
    if found.lifecycle_stage == "deleted":
        client.restore_experiment(found.experiment_id)
    return found.experiment_id


@contextmanager
def _local_copies(files: Mapping[str, str | Path]) -> Iterator[Path]:
    """A folder with copies of the files, each at its name."""
    with tempfile.TemporaryDirectory(prefix="mlflow-artifacts-") as scratch:
        for name, source in files.items():
            target = Path(scratch) / name
            target.parent.mkdir(parents=True, exist_ok=True)
            filesystem, path = fsspec.core.url_to_fs(str(source))
            filesystem.get_file(path, str(target))
        yield Path(scratch)
