"""Is a tracking URI usable? Asked before anything starts; mlflow is not imported, nothing is written.

MLflow itself retries an unreachable server for 246 s, and a SQLite file that it cannot open for 100 s.
"""

from __future__ import annotations

import importlib.util
import os
import re
import sqlite3
from importlib.metadata import entry_points
from pathlib import Path

from study.tracking import database, server
from study.tracking.address import ANOTHER, EXAMPLES, scheme_of, shown

_HERE = "sqlite:///mlflow.db"
_HOSTED = ("databricks", "databricks-uc")
"""What MLflow itself reaches by other means than its protocol."""
_PACKAGES = {"azureml": "azureml-mlflow", "arn": "sagemaker-mlflow"}
"""Scheme → the package whose plug-in takes it."""


def default_uri() -> str:
    """``$MLFLOW_TRACKING_URI``, or the database in the working directory that a bare ``mlflow ui`` opens."""
    return os.environ.get("MLFLOW_TRACKING_URI") or _HERE


def absolute(uri: str) -> str:
    """The URI with a SQLite file's whole path, so that it means the same from any working directory."""
    return database.uri_of(database.file_of(uri).absolute()) if scheme_of(uri) == "sqlite" else uri


def how_to_look(uri: str) -> str:
    """What shows the tracked runs: a command for the present working directory, or a server's address."""
    scheme = scheme_of(uri)
    if scheme in ("http", "https"):
        return f"open {shown(uri)}"
    if scheme == "sqlite" and database.file_of(uri).absolute() == database.file_of(_HERE).absolute():
        # What MLflow's retired file store left in ./mlruns a bare `mlflow ui` prefers to the database.
        retired = any(file.parent.name.isdigit() for file in Path("mlruns").glob("*/meta.yaml"))
        return "mlflow ui" if not retired else f"mlflow ui --backend-store-uri {_HERE}"
    known = scheme.partition("+")[0] in (*server.DATABASES, "sqlite")
    return f"mlflow ui --backend-store-uri {shown(uri)}" if known else f"open MLflow at {shown(uri)}"


def check(uri: str) -> str:
    """Raise a ``ValueError`` that says in a sentence what is wrong with a tracking URI, where, what to do.

    Returns what is doubtful, as a sentence, where MLflow may reach what could not be asked here, by a plug-in of its
    own; else nothing. Takes at most 5 s. Credentials in the URI are not repeated in the sentence.
    """
    scheme = scheme_of(uri)
    if scheme == "sqlite":
        _check_file(database.file_of(uri), uri)
    elif scheme in ("http", "https"):
        return server.check_server(uri)
    elif uri in _HOSTED or scheme in _HOSTED or entry_points(group="mlflow.tracking_store", name=scheme):
        return f"tracking URI {shown(uri)!r} is reached by a plug-in of MLflow, and was not tried before the run"
    elif scheme.partition("+")[0] in server.DATABASES:
        server.check_database(uri)
    elif scheme in ("", "file"):
        raise ValueError(
            f"tracking URI {shown(uri)!r} is none that MLflow writes to (it has retired plain folders): use {EXAMPLES}"
        )
    else:
        package = f"install {_PACKAGES[scheme]}, or " if scheme in _PACKAGES else ""
        raise ValueError(f"tracking URI {shown(uri)!r} has the unknown scheme {scheme!r}: {package}use {EXAMPLES}")
    return ""


def _check_file(file: Path, uri: str) -> None:
    if file.is_dir():
        inside = file / "mlflow.db"
        raise ValueError(f"tracking database {file} is a folder: name a file in it, sqlite:///{inside}")
    folder = next(parent for parent in file.absolute().parents if parent.exists())
    if not folder.is_dir():
        raise ValueError(f"tracking database {file} cannot be created, {folder} is a file: {ANOTHER}")
    if not os.access(folder, os.W_OK | os.X_OK):  # SQLite puts its journal beside the database
        raise ValueError(f"tracking database {file} cannot be written, no permission in {folder}: {ANOTHER}")
    if file.exists():
        _check_content(file, uri)


def _check_content(file: Path, uri: str) -> None:
    if not os.access(file, os.R_OK | os.W_OK):
        raise ValueError(f"tracking database {file} cannot be read and written, no permission: {ANOTHER}")
    try:
        tables, version = database.tables(file), database.schema_version(file)
    except sqlite3.OperationalError as error:
        raise ValueError(f"tracking database {file} cannot be opened ({error}): {ANOTHER}") from error
    except sqlite3.DatabaseError as error:
        raise ValueError(f"tracking database {file} is not a SQLite database: {ANOTHER}") from error
    if not tables:
        return
    if version is None:
        raise ValueError(
            f"tracking database {file} holds something else than MLflow's tables, or its creation was "
            f"killed: move it away, or {ANOTHER}"
        )
    if version != (newest := _newest_schema()):
        raise ValueError(
            f"tracking database {file} is of another MLflow version (schema {version}, here {newest}): "
            f"copy it and run `mlflow db upgrade {shown(uri)}`, or {ANOTHER}"
        )


def _newest_schema() -> str:
    """The newest of MLflow's migrations: the one that none follows. Read from its files, not imported."""
    package = importlib.util.find_spec("mlflow")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("No module named 'mlflow'", name="mlflow")
    revisions: set[str] = set()
    followed: set[str] = set()
    for file in (Path(package.origin).parent / "store" / "db_migrations" / "versions").glob("*.py"):
        text = file.read_text(encoding="utf-8")
        revisions.update(re.findall(r'^revision = "(\w+)"', text, re.MULTILINE))
        followed.update(re.findall(r'^down_revision = "(\w+)"', text, re.MULTILINE))
    (newest,) = revisions - followed
    return newest
