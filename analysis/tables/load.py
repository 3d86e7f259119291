"""Opening a run: ``load("bifurcation")`` for the newest finished one, or a run folder's path or fsspec URI; several
of these together.

Nothing on this path unpickles: records are JSON, tables are Parquet.
"""

from __future__ import annotations

import json
import os
import posixpath
import re
import warnings
from dataclasses import dataclass
from typing import Any, overload

import fsspec

from analysis.tables import door, soundness
from analysis.tables.names import is_called
from analysis.tables.run import Run
from analysis.tables.several import Runs

RECORD = "study.json"


class LoadError(ValueError):
    """What was asked for is not a run that can be opened; the message is one sentence for the user."""


@dataclass(frozen=True)
class Damaged:
    """A run folder that cannot be opened."""

    study: str
    """Name of the folder that it lies in."""
    name: str
    location: str
    reason: str
    """One sentence, which names the file."""


Name = str | os.PathLike[str]


@overload
def load(run: Name, results: str | None = None) -> Run: ...


@overload
def load(run: list[Name] | list[str] | tuple[Name, ...], results: str | None = None) -> Runs: ...


def load(run: Name | list[Name] | list[str] | tuple[Name, ...], results: str | None = None) -> Run | Runs:
    """Open a run, or several.

    ``run`` is the name of a study (its newest finished run under ``results``, which is ``$STUDY_RESULTS`` or
    ``./results`` unless given), a run's name (of ``20260101-120000-NAME`` also ``NAME`` alone, of
    either also ``study/name``), or the path or fsspec URI of a run folder. A run that is still going
    opens too, when named by its name or folder; its ``status`` says so. A list of these opens them together, each once
    (:class:`analysis.Runs`). Text columns of few values are categories, and ``attrs["units"]`` of a table holds the
    units of its columns. Raises :class:`LoadError` with one sentence.
    """
    if isinstance(run, list | tuple):
        if not run:
            raise LoadError("no run was given: name one study or run folder, or several")
        opened = {one.location: one for one in (load(name, results) for name in run)}
        return Runs(list(opened.values()))
    text, root = os.fspath(run), results or os.environ.get("STUDY_RESULTS") or "results"
    if not text:
        raise LoadError("an empty name was given: name a study, or a run folder by its path or URI")
    if isinstance(run, os.PathLike) or "/" in text or os.sep in text or text.startswith((".", "~")):
        return _open(_of_study(text, root) or text)
    filesystem, folder = _filesystem(root)
    study = posixpath.join(folder, text)
    if filesystem.isdir(study):
        return _newest(filesystem, study, text, root)
    if os.path.isfile(os.path.join(text, RECORD)):
        return _open(text)
    known = [posixpath.basename(path) for path in _folders(filesystem, folder)]
    if called := _called(filesystem, folder, text):
        if len(called) > 1:
            raise LoadError(f"{len(called)} runs are called '{text}': name one as {' or '.join(called[-2:])}")
        return _open(f"{root.rstrip('/')}/{called[0]}")
    offer = f"it has {', '.join(known)}" if known else "there are no results yet"
    raise LoadError(f"no study '{text}' in {root}: {offer}; name one of these, or give a run folder's path or URI")


def _of_study(text: str, root: str) -> str:
    """The folder of ``study/run`` under ``root``, as a listing names it; empty if it is none."""
    if not re.fullmatch(r"[^/~]+/[^/]+", text) or os.path.exists(text):
        return ""
    filesystem, folder = _filesystem(root)
    study, name = text.split("/")
    found = [run for run in _called(filesystem, folder, name) if run.startswith(f"{study}/")]
    return f"{root.rstrip('/')}/{found[-1]}" if found else ""


def _called(filesystem: Any, folder: str, name: str) -> list[str]:
    """``study/run`` of each run that is called so."""
    paths = [run for study in _folders(filesystem, folder) for run in _folders(filesystem, study)]
    found = [run for run in paths if is_called(posixpath.basename(run), name) and _has_record(filesystem, run)]
    return ["/".join(run.rsplit("/", 2)[1:]) for run in found]


def runs(results: str | None = None) -> list[Run]:
    """Every run under ``results`` (``$STUDY_RESULTS`` or ``./results`` unless given), finished or not, by study and
    time. One that is damaged is left out with a warning. Raises :class:`LoadError` if ``results`` cannot be reached.
    """
    return _sound(listing(results), stacklevel=3)


def listing(results: str | None = None) -> list[Run | Damaged]:
    """As :func:`runs`, and what cannot be opened after the runs of its study. Opening costs a record each."""
    filesystem, folder = _filesystem(results or os.environ.get("STUDY_RESULTS") or "results")
    return [entry for study in _folders(filesystem, folder) for entry in _runs_of(filesystem, study)]


def _sound(entries: list[Run | Damaged], stacklevel: int) -> list[Run]:
    """Those that can be opened; the others are left out with a warning."""
    for entry in entries:
        if isinstance(entry, Damaged):
            warnings.warn(f"left out: {entry.reason}", stacklevel=stacklevel)
    return [entry for entry in entries if isinstance(entry, Run)]


def _runs_of(filesystem: Any, folder: str) -> list[Run | Damaged]:
    """The runs of a study's folder, the newest last, and then what cannot be opened."""
    found: list[Run] = []
    damaged: list[Run | Damaged] = []
    for path in _folders(filesystem, folder):
        try:
            if _has_record(filesystem, path):
                found.append(_read(filesystem, path))
        except (LoadError, OSError) as error:
            names = posixpath.basename(folder), posixpath.basename(path)
            damaged.append(Damaged(*names, _location(filesystem, path), f"{error}"))
    return [*_in_order(found), *damaged]


def _has_record(filesystem: Any, folder: str) -> bool:
    """Whether a file of that name is there, whatever it is."""
    return RECORD in {posixpath.basename(path.rstrip("/")) for path in filesystem.ls(folder, detail=False)}


def _in_order(runs: list[Run]) -> list[Run]:
    """The newest last."""
    return sorted(runs, key=lambda run: (run.record.get("created_ms") or 0, run.name))


def _newest(filesystem: Any, folder: str, study: str, root: str) -> Run:
    runs = _sound(_runs_of(filesystem, folder), stacklevel=4)
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
    runs = [path for path in _folders(filesystem, folder) if _has_record(filesystem, path)]
    if runs:
        raise LoadError(f"{location} is no run folder but holds {len(runs)}: give one of them, such as {runs[-1]}")
    raise LoadError(f"{location} is no run folder: it has no {RECORD}")


def _read(filesystem: Any, folder: str) -> Run:
    location = _location(filesystem, folder)
    try:
        record = json.loads(door.content(filesystem, folder, RECORD, door.RECORD))
    except (FileNotFoundError, NotADirectoryError):
        raise
    except door.Refused as error:
        raise LoadError(f"the {RECORD} of {location} cannot be used: {error}") from error
    except OSError as error:
        raise LoadError(f"the {RECORD} of {location} cannot be read ({error})") from error
    except (ValueError, RecursionError) as error:
        raise LoadError(f"the {RECORD} of {location} is not readable as JSON ({error})") from error
    if not isinstance(record, dict):
        raise LoadError(f"the {RECORD} of {location} is not a record but a {type(record).__name__}")
    if damaged := soundness.damage(record):
        raise LoadError(f"the {RECORD} of {location} {damaged}")
    return Run(location, record, filesystem, folder)


def _location(filesystem: Any, folder: str) -> str:
    return folder if "file" in filesystem.protocol else str(filesystem.unstrip_protocol(folder))


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
    folders = (entry for entry in entries if entry["type"] == "directory" or _links_to_folder(filesystem, entry))
    return sorted(entry["name"].rstrip("/") for entry in folders)


def _links_to_folder(filesystem: Any, entry: dict[str, Any]) -> bool:
    return bool(entry.get("islink")) and bool(filesystem.isdir(entry["name"]))
