"""Writing exports: every format in a temporary folder that gets its name when it is whole."""

from __future__ import annotations

import csv
import json
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from study.errors import Mistake
from study.exporting.cells import inert
from study.exporting.formats import Format
from study.exporting.group import Group
from study.exporting.moment import COLUMNS, Movie


def targets(output: Path, formats: list[type[Format]], force: bool) -> dict[str, Path]:
    """The folder of each format; Mistake if one is there and may not be replaced."""
    found = {form.name: output / form.name for form in formats}
    for path in found.values():
        if path.exists() and not force:
            raise Mistake(f"{path} is there already: name another --output, or replace it with --force")
        if path.exists() and not path.is_dir():
            raise Mistake(f"{path} is a file: remove it, or name another --output")
    return found


def write(
    groups: list[Group], formats: list[type[Format]], folders: dict[str, Path], *, title: str, record: dict[str, Any],
    spread: bool, grid: int, advance: Callable[[], None], model_frames: bool = False,
) -> list[dict[str, Any]]:  # fmt: skip
    """Write all groups in all formats, with `spread.csv` and `export.json` beside each; the rows of `spread.csv`.

    `advance` is called after every time of every group. Whatever happens, nothing half-written is left.
    """
    rows: list[dict[str, Any]] = []
    with ExitStack() as stack:
        begun = {form.name: stack.enter_context(whole(folders[form.name])) for form in formats}
        for group in groups:
            rows += _group(group, formats, begun, title, spread, grid, advance, model_frames)
        for folder in begun.values():
            _table(folder / "spread.csv", rows)
            (folder / "export.json").write_text(json.dumps(record, indent=1, ensure_ascii=False), encoding="utf-8")
    return rows


def _group(
    group: Group, formats: list[type[Format]], folders: dict[str, Path], title: str, spread: bool, grid: int,
    advance: Callable[[], None], model_frames: bool,
) -> list[dict[str, Any]]:  # fmt: skip
    everywhere = spread or any(form.everywhere for form in formats)
    movie = Movie(group, everywhere, grid if any(form.meshes for form in formats) else None, model_frames)
    writers, rows = [], []
    for form in formats:
        folder = folders[form.name] / group.name
        folder.mkdir()
        writers.append(form(folder, movie, title, spread))
    for moment in movie.moments():
        rows += [part.row for part in moment.parts]
        for writer in writers:
            writer.add(moment)
        advance()
    for writer in writers:
        writer.close(rows)
    return rows


@contextmanager
def whole(target: Path) -> Iterator[Path]:
    """A temporary folder beside `target`, which it replaces at the end; removed, with folders made for it, after an
    error."""
    made = [parent for parent in target.parents if not parent.exists()]
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = _beside(target)
    try:
        yield folder
        if target.exists():
            replaced = _beside(target)
            target.rename(replaced / target.name)
            folder.rename(target)
            shutil.rmtree(replaced)
        else:
            folder.rename(target)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        for parent in made:
            if parent.exists() and not any(parent.iterdir()):
                parent.rmdir()
        raise


def _beside(target: Path) -> Path:
    """A new folder, as any other of this user's here: by the umask, and of the parent's group where that is passed on.

    (`tempfile` makes what nobody else may enter.)
    """
    folder = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    folder.mkdir()
    return folder


def _table(path: Path, rows: list[dict[str, Any]]) -> None:
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(COLUMNS))
        writer.writeheader()
        for row in rows:
            writer.writerow({key: inert(value) for key, value in row.items()})
