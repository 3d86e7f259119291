"""The run that a command names, opened; what is wrong with it is one sentence."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from study.errors import Mistake, unreadable
from study.exit_status import warnings_as_notes

if TYPE_CHECKING:
    from analysis import Run


def open_run(name: str, results: str, tables: Iterable[str] = (), finished: bool = False) -> Run:
    """`analysis.load`, with these of its tables read; Mistake if it cannot be opened, or must be finished and is not.

    Damaged runs beside it are told as notes.
    """
    from analysis import LoadError, load

    try:
        with warnings_as_notes():
            run = load(name, results)
    except (LoadError, OSError) as error:
        raise Mistake(f"RUN {name}: {error}") from None
    if finished and not run.finished:
        raise Mistake(f"RUN {name}: the run is {run.status}; wait for it or resume it, or name a finished run")
    try:
        for table in tables:
            getattr(run, table)
    except (OSError, ValueError, KeyError) as error:
        raise unreadable(f"RUN {name}: its tables", error, "restore them") from None
    return run
