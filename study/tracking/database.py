"""The SQLite database of MLflow: where it lies, what it holds, and how it comes to be.

MLflow makes its tables in some seventy migrations (two to three seconds), and a kill in between leaves a file
that it refuses for good. So the tables are made in a scratch file, and the name appears with a complete one.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import uuid
from contextlib import closing
from pathlib import Path

SCHEME = "sqlite:///"
SCHEMA_TABLE = "alembic_version"


def file_of(uri: str) -> Path:
    """The file that a ``sqlite:///file`` URI names; ``ValueError`` if it names none."""
    name = uri.removeprefix(SCHEME).partition("?")[0] if uri.startswith(SCHEME) else ""
    if name in ("", ":memory:"):
        raise ValueError(
            f"tracking URI {uri!r} names no file: write sqlite:///mlflow.db, or sqlite:////absolute/path.db"
        )
    return Path(name)


def uri_of(file: Path) -> str:
    """The URI of a database, independent of the working directory."""
    return f"{SCHEME}{file.absolute()}"


def artifact_folder(file: Path) -> Path:
    """Artifacts lie in ``mlruns`` beside the database."""
    return file.absolute().parent / "mlruns"


def tables(file: Path) -> set[str]:
    """Names of the tables in a SQLite file, none for an empty file; ``sqlite3.Error`` if it is not one."""
    return {str(name) for (name,) in _read(file, "SELECT name FROM sqlite_master WHERE type = 'table'")}


def schema_version(file: Path) -> str | None:
    """The revision of MLflow's schema; None if the file's tables are not (or not completely) MLflow's."""
    rows = _read(file, f"SELECT version_num FROM {SCHEMA_TABLE}") if SCHEMA_TABLE in tables(file) else []
    return str(rows[0][0]) if rows else None


def _read(file: Path, query: str) -> list[tuple]:
    """Rows of a query. Opened for writing: what a killed writer left half done, SQLite must roll back first."""
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True, timeout=2)) as connection:
        return connection.execute(query).fetchall()


def create(file: Path) -> None:
    """Make MLflow's database unless it is there; safe against a kill at any moment and a second creator."""
    if file.exists() and tables(file):
        return
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="mlflow-database-") as scratch:
        draft = Path(scratch) / "draft.db"
        store = SqlAlchemyStore(uri_of(draft), artifact_folder(file).as_uri())
        store.engine.dispose()
        _publish(draft, file)


def _publish(draft: Path, file: Path) -> None:
    """Let the draft appear as ``file``, complete, and never over a database that appeared meanwhile."""
    part = file.with_name(f".{file.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        with draft.open("rb") as source, part.open("wb") as target:
            shutil.copyfileobj(source, target)
            target.flush()
            os.fsync(target.fileno())
        if file.exists() and not tables(file):  # an empty file, as `touch` or a killed creation leaves it
            os.replace(part, file)
            return
        try:
            os.link(part, file)
        except FileExistsError:
            return  # another process was quicker: its database is as good as ours, and may be in use
        except OSError:  # a filesystem without hard links
            os.replace(part, file)
    finally:
        part.unlink(missing_ok=True)
