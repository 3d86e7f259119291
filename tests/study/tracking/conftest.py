"""One database for all tests of tracking: making it takes seconds."""

from __future__ import annotations

from typing import Any

import pytest

from tests.study.tracking.written import Strict, record


@pytest.fixture(scope="session")
def uri(tmp_path_factory: pytest.TempPathFactory) -> str:
    """One database for all: making it takes seconds."""
    folder = tmp_path_factory.mktemp("tracking with space")
    uri = f"sqlite:///{folder / 'deep' / 'mlflow.db'}"
    tracker = Strict(uri, record("first"))
    tracker.log_study()
    tracker.close()
    return uri


@pytest.fixture(scope="session")
def client(uri: str) -> Any:
    from mlflow import MlflowClient

    return MlflowClient(uri)
