"""What MLflow has of a run, found and removed.

In a database on this disk it is gone, files and all. On a server it is marked as deleted, as by the browser's button:
`mlflow gc` there frees the space.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any

from study.tracking import database, probe
from study.tracking.filters import tagged
from study.tracking.mlflow_internals import erase
from study.tracking.writer import ENVIRONMENT

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run


class Removal:
    """Of the runs of one tracking URI; ``ValueError`` if MLflow cannot be reached there."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._client = _client(uri)

    def found(self, record: Mapping[str, Any]) -> list[Run]:
        """The runs of MLflow that a record is of: the study's and those below it, whose names are the trials'."""
        experiment = self._client.get_experiment_by_name(str(record.get("study")))
        of_run = tagged(run=record.get("run"))
        runs: list[Run] = []
        token: str | None = None
        while experiment is not None:
            page = self._client.search_runs([experiment.experiment_id], of_run, page_token=token)
            runs += page
            if not (token := page.token):
                break
        return runs

    def remove(self, runs: list[Run]) -> None:
        """Remove them with their models; what is removed already is no news."""
        models = {}
        for run in runs:
            of_run = f"source_run_id = '{run.info.run_id}'"
            for model in self._client.search_logged_models([run.info.experiment_id], of_run):
                self._client.delete_logged_model(model.model_id)
                models[model.model_id] = model.artifact_location
            self._client.delete_run(run.info.run_id)
        if self._uri.startswith(database.SCHEME):
            self._for_good(runs, models)

    def _for_good(self, runs: list[Run], models: Mapping[str, str]) -> None:
        from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

        file = database.file_of(self._uri)
        for place in [*models.values(), *(run.info.artifact_uri for run in runs)]:
            with suppress(FileNotFoundError):  # a run without artifacts
                get_artifact_repository(place).delete_artifacts()
        erase(self._uri, database.artifact_folder(file).as_uri(), models, [run.info.run_id for run in runs])
        with closing(sqlite3.connect(file, timeout=2)) as connection, suppress(sqlite3.OperationalError):
            connection.execute("VACUUM")  # else the file stays as large; in use, it is left to the next time


def _client(uri: str) -> MlflowClient:
    probe.check(uri)
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    from mlflow import MlflowClient

    return MlflowClient(uri, uri)
