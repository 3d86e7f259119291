"""What this room uses of MLflow beside its public doors, all in one place, with a contract test: an MLflow that has
changed it does not pass."""

from __future__ import annotations

from collections.abc import Iterable


def erase(uri: str, artifacts: str, models: Iterable[str], runs: Iterable[str]) -> None:
    """Take the rows of models and runs, which are marked as deleted, out of the SQLite database at `uri`.

    `mlflow gc` does so too, but of all that is marked: it would empty the user's bin. `artifacts` is the URI below
    which the database's files lie; they are not touched.
    """
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    store = SqlAlchemyStore(uri, artifacts)
    try:
        for model in models:
            store._hard_delete_logged_model(model)
        for run in runs:
            store._hard_delete_run(run)
    finally:
        store.engine.dispose()
