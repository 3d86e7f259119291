"""Opening a run: ``load("bifurcation")`` for the newest finished one, or a run folder's path or fsspec URI; several
of these together.

Nothing on this path unpickles: records are JSON, tables are Parquet.
"""

from __future__ import annotations

import json
import os
import posixpath
import warnings
from typing import Any, overload

import fsspec

from analysis.tables import soundness
from analysis.tables.run import Run
from analysis.tables.several import Runs

RECORD = "study.json"


class LoadError(ValueError):
    """What was asked for is not a run that can be opened; the message is one sentence for the user."""


Name = str | os.PathLike[str]


@overload
def load(run: Name, results: str | None = None) -> Run: ...


@overload
def load(run: list[Name] | list[str] | tuple[Name, ...], results: str | None = None) -> Runs: ...


def load(run: Name | list[Name] | list[str] | tuple[Name, ...], results: str | None = None) -> Run | Runs:
    """Open a run, or several.

    ``run`` is the name of a study (its newest finished run under ``results``, which is ``$STUDY_RESULTS`` or
    ``./results`` unless given), or the path or fsspec URI of a run folder. A run that is still going opens
    too, when named by its folder; its ``status`` says so. A list of these opens them together, each once
    (:class:`analysis.Runs`). Text columns of few values are categories, and ``attrs["units"]`` of a table holds the
    units of its columns. Raises :class:`LoadError` with one sentence.
    """
    if isinstance(run, list | tuple):
        if not run:
            raise LoadError("no run was given: name one study or run folder, or several")
        opened = {one.location: one for one in (load(name, results) for name in run)}
        return Runs(list(opened.values()))
    text = os.fspath(run)
    if not text:
        raise LoadError("an empty name was given: name a study, or a run folder by its path or URI")
    if isinstance(run, os.PathLike) or "/" in text or os.sep in text or text.startswith((".", "~")):
        return _open(text)
    root = results or os.environ.get("STUDY_RESULTS") or "results"
    filesystem, folder = _filesystem(root)
    study = posixpath.join(folder, text)
    if filesystem.isdir(study):
        return _newest(filesystem, study, text, root)
    if os.path.isfile(os.path.join(text, RECORD)):
        return _open(text)
    known = [posixpath.basename(path) for path in _folders(filesystem, folder)]
    offer = f"it has {', '.join(known)}" if known else "there are no results yet"
    raise LoadError(f"no study '{text}' in {root}: {offer}; name one of these, or give a run folder's path or URI")


def runs(results: str | None = None) -> list[Run]:
    """Every run under ``results`` (``$STUDY_RESULTS`` or ``./results`` unless given), finished or not, by study and
    time. One that is damaged is left out with a warning. Raises :class:`LoadError` if ``results`` cannot be reached.
    """
    filesystem, folder = _filesystem(results or os.environ.get("STUDY_RESULTS") or "results")
    return [run for study in _folders(filesystem, folder) for run in _in_order(_runs_of(filesystem, study))]


def _runs_of(filesystem: Any, folder: str) -> list[Run]:
    """The runs of a study's folder; those that are damaged are left out with a warning."""
    found = []
    for path in _folders(filesystem, folder):
        if not filesystem.isfile(posixpath.join(path, RECORD)):
            continue
        try:
            found.append(_read(filesystem, path))
        except LoadError as error:
            warnings.warn(f"left out: {error}", stacklevel=4)
    return found


def _in_order(runs: list[Run]) -> list[Run]:
    """The newest last."""
    return sorted(runs, key=lambda run: (run.record.get("created_ms") or 0, run.name))


def _newest(filesystem: Any, folder: str, study: str, root: str) -> Run:
    runs = _in_order(_runs_of(filesystem, folder))
    finished = [run for run in runs if run.finished]
    if finished:
        return finished[-1]
    if not runs:
        raise LoadError(f"study '{study}' has no runs in {root}: run it with python -m study.run {study}")
    raise LoadError(
        f"study '{study}' has no finished run in {root} ({len(runs)} running or unfinished): "
        f"open one as it is by its folder, such as {runs[-1].location}"
    )


def _open(location: str) -> Run:
    filesystem, folder = _filesystem(location)
    try:
        return _read(filesystem, folder)
    except (FileNotFoundError, NotADirectoryError):
        pass  # what it is instead is said below
    if not filesystem.exists(folder):
        raise LoadError(f"no run folder at {location}: there is nothing there")
    runs = [path for path in _folders(filesystem, folder) if filesystem.isfile(posixpath.join(path, RECORD))]
    if runs:
        raise LoadError(f"{location} is no run folder but holds {len(runs)}: give one of them, such as {runs[-1]}")
    raise LoadError(f"{location} is no run folder: it has no {RECORD}")


def _read(filesystem: Any, folder: str) -> Run:
    local = "file" in filesystem.protocol
    location = folder if local else filesystem.unstrip_protocol(folder)
    try:
        record = json.loads(filesystem.cat_file(posixpath.join(folder, RECORD)))
    except (FileNotFoundError, NotADirectoryError):
        raise
    except OSError as error:
        raise LoadError(f"the {RECORD} of {location} cannot be read ({error})") from error
    except (ValueError, RecursionError) as error:
        raise LoadError(f"the {RECORD} of {location} is not readable as JSON ({error})") from error
    if not isinstance(record, dict):
        raise LoadError(f"the {RECORD} of {location} is not a record but a {type(record).__name__}")
    if damaged := soundness.damage(record):
        raise LoadError(f"the {RECORD} of {location} {damaged}")
    return Run(location, record, filesystem, folder)


def _filesystem(location: str) -> tuple[Any, str]:
    try:
        filesystem, folder = fsspec.core.url_to_fs(os.path.expanduser(location))
        filesystem.invalidate_cache()
    except (OSError, ValueError, ImportError) as error:
        raise LoadError(f"cannot reach {location}: {error}") from error
    return filesystem, folder.rstrip("/")


def _folders(filesystem: Any, folder: str) -> list[str]:
    if not filesystem.isdir(folder):
        return []
    entries = filesystem.ls(folder, detail=True)
    return sorted(entry["name"].rstrip("/") for entry in entries if entry["type"] == "directory")
