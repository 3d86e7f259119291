"""The run of `study.fill` that is gone on with: its folder may come from anybody, and is checked before it is used."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from pydantic import TypeAdapter, ValidationError

from study.errors import Mistake, of_validation
from study.exporting.formats import available
from study.filling.asked import Asked
from study.running.plan import check_tables
from study.storage.places import find_run
from study.storage.run_folder import RunFolder

_NEEDED = {"asked": dict, "data": dict, "run": str, "sessions": list}
"""Field of the record → its kind."""


def resumed(output: str, which: str) -> tuple[RunFolder, dict[str, Any]]:
    """The run's folder and record; Mistake if it is none of `study.fill`, or damaged."""
    folder = find_run(output, "fill", which)
    record = folder.read_record()
    held = all(isinstance(record.get(name), kind) for name, kind in _NEEDED.items())
    if record.get("study") != "fill" or not held or not isinstance(record["data"].get("digest"), str):
        raise Mistake(f"--resume {which}: {folder.file('study.json')} is not that of a run of study.fill; name another")
    check_tables(folder)
    return folder, record


def asked(folder: RunFolder, record: dict[str, Any], minutes: float | None) -> Asked:
    """What was asked for then, with other minutes; Mistake if that can be no run's."""
    where = f"{folder.file('study.json')} is damaged: 'asked"
    before = record["asked"]
    if foreign := sorted(set(before) - {entry.name for entry in fields(Asked)}):
        raise Mistake(f"{where}.{foreign[0]}': there is no such option in this version; restore it")
    try:
        found = TypeAdapter(Asked).validate_python(before)
    except ValidationError as error:
        raise Mistake(f"{where}': {of_validation(error)}; restore it") from None
    if not 0 < found.minutes < float("inf") or not 0 < (found.between or 1) <= 1000:
        raise Mistake(f"{where}': {found.minutes:g} minutes, {found.between} frames between two; restore it")
    if foreign := sorted(set(found.formats) - set(available())):
        raise Mistake(f"{where}.formats': there is no format {foreign[0]!r}; restore it")
    return Asked(**(found.record() | ({} if minutes is None else {"minutes": minutes})))
