"""What is used of MLflow beside its public doors is there, and does what it is used for."""

from __future__ import annotations

from typing import Any

from study.tracking import database
from study.tracking.mlflow_internals import erase


def test_of_what_is_marked_as_deleted_only_what_is_named_is_erased(uri: str, client: Any) -> None:
    from mlflow.entities import ViewType

    experiment = client.create_experiment("erased")
    runs = [client.create_run(experiment).info.run_id for _ in range(3)]
    models = [client.create_logged_model(experiment, name=f"m{i}", source_run_id=runs[i]).model_id for i in (0, 1)]
    client.delete_logged_model(models[0])
    for run in runs[:2]:
        client.delete_run(run)
    erase(uri, database.artifact_folder(database.file_of(uri)).as_uri(), models[:1], runs[:1])
    left = client.search_runs([experiment], run_view_type=ViewType.ALL)
    assert {run.info.run_id for run in left} == set(runs[1:])
    assert [model.model_id for model in client.search_logged_models([experiment])] == models[1:]
