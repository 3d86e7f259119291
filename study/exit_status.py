"""How every command of the platform ends: with a status, and wrong input with one line on standard error."""

from __future__ import annotations

import errno
import itertools
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn, TextIO

import click

import search_spaces
from analysis import figures
from analysis.tables.soundness import DamagedTable
from study.errors import Interrupted, Mistake, shown
from trainables.files import own_temporary_folder
from trainables.plugins import LeftOut
from trainables.shapes.odd_files import encoded


def leave(status: int) -> NoReturn:
    """End the process with `status`.

    After wrong input at once: libraries that were loaded and never used may have threads that abort the process while
    the interpreter is taken down, and the status would be theirs.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    if status == 2:
        os._exit(status)
    sys.exit(status)


def tolerate_lost_console() -> None:
    """Let a process go on whose console cannot be written: a closed pipe, a full disk, descriptors that were closed.

    What it would say there is lost; what it computes is not.
    """
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass  # one that was closed: what is opened later would get its number, and the words
    os.close(number)
    for name, number in (("stdout", 1), ("stderr", 2)):
        stream = getattr(sys, name) or open(number, "w", closefd=False)  # noqa: SIM115
        stream.reconfigure(errors="backslashreplace")
        setattr(sys, name, _Console(stream, lambda error: None))


class _Console:
    """A text stream of which `lost` is told once it cannot be written; from then on what is written is dropped, of
    libraries too."""

    def __init__(self, stream: TextIO, lost: Callable[[OSError], None]) -> None:
        self._stream, self._lost = stream, lost

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError as error:
            self._drop(error)
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError as error:
            self._drop(error)

    def _drop(self, error: OSError) -> None:
        """What waits in the buffer would be tried again, and fail, when the process ends."""
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, self._stream.fileno())
        os.close(nothing)
        self._lost(error)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class _Unwritable(Exception):
    """Standard output cannot be written, for a reason."""


@contextmanager
def _output_needed() -> Iterator[None]:
    """Inside, _Unwritable where standard output cannot be written, at once or at the end."""

    def lost(error: OSError) -> None:
        # whoever closes a pipe wants no more, and knows
        raise _Unwritable("" if error.errno == errno.EPIPE else str(error.strerror))

    before = sys.stdout
    if before is None:  # it was closed from the beginning
        yield
        return
    sys.stdout = _Console(before, lost)
    try:
        yield
        sys.stdout.flush()
    finally:
        sys.stdout = before


def exit_status(
    command: click.Command, program: str, arguments: list[str] | None, missing: Callable[[], str] | None = None
) -> int:
    """Run `command` as `program` on `arguments` (None: the process's); 2 after wrong input, 130 after an abort.

    Wrong input, or a damaged table, is exactly one line, `error: what, where, what to do`. `missing()` is that sentence
    where a required argument is not given.
    """
    warnings.showwarning = _note  # type: ignore[assignment]
    try:
        given = sys.argv[1:] if arguments is None else arguments
        _refuse_empty(given)
        _refuse_other_encodings(given)
        _give_a_home()
        with _output_needed():
            status: int = command.main(args=arguments, prog_name=program, standalone_mode=False)
        return status or 0
    except (Mistake, click.ClickException) as error:
        sentence = error.format_message() if isinstance(error, click.ClickException) else str(error)
        if missing is not None and isinstance(error, click.MissingParameter):
            sentence = missing()
        click.echo(f"error: {shown(sentence)}", err=True)
        return 2
    except Interrupted as interrupted:
        click.echo(f"unfinished: {shown(interrupted.reason)}", err=True)
        return interrupted.status
    except MemoryError:
        click.echo("error: what was named is too large for the memory of this machine; name a smaller part", err=True)
        return 2
    except DamagedTable as error:
        click.echo(f"error: {shown(error)}; restore it, or name another run", err=True)
        return 2
    except click.Abort:
        return 130
    except _Unwritable as error:
        if str(error):
            click.echo(f"error: standard output cannot be written ({error}); write it elsewhere", err=True)
        return 1


def _note(message: Warning | str, category: type[Warning], *where: Any) -> None:
    """A plug-in that was left out is a line `note: …` on standard error; other warnings are printed as they are."""
    if issubclass(category, LeftOut | figures.LeftOut | search_spaces.LeftOut):
        note(message)
    else:
        _SHOW(message, category, *where)


_SHOW = warnings.showwarning


@contextmanager
def warnings_as_notes() -> Iterator[None]:
    """Print what is warned of as lines `note: …` on standard error."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always", UserWarning)
        yield
    for warning in found:
        if issubclass(warning.category, UserWarning):
            note(warning.message)


def note(sentence: object) -> None:
    """Say something on standard error that ends nothing."""
    click.echo(f"note: {shown(sentence)}", err=True)


def _give_a_home() -> None:
    """A home for a user who has none, as in a container that is run with a number of its own: a private folder under
    the temporary one. Ray cannot be imported without."""
    if os.path.expanduser("~") == "~":
        os.environ["HOME"] = str(own_temporary_folder("home"))


def _refuse_other_encodings(arguments: list[str]) -> None:
    """Mistake if a name that would be written down, or printed, is not of the encoding of names here."""
    named = [("", text) for text in arguments] + [(f"${name} ", os.environ.get(name, "")) for name in _PLACES]
    for what, name in [*named, ("the working directory ", _working_directory())]:
        if not encoded(name):
            encoding = sys.getfilesystemencoding().upper()
            raise Mistake(f"{what}{name}: not a name in {encoding}; rename it, or set the locale that it is of")


def _working_directory() -> str:
    """Empty where it has been removed."""
    try:
        return os.getcwd()
    except FileNotFoundError:
        return ""


_PLACES = ("HOME", "STUDY_RESULTS", "STUDY_STATE", "STUDY_CACHE", "TMPDIR", "XDG_CACHE_HOME")
"""Environment variables that name a folder."""


def _refuse_empty(arguments: list[str]) -> None:
    """Mistake if a value is empty, as from a shell variable that is not set: it would be taken for the default."""
    for before, text in itertools.pairwise(["", *arguments]):
        if text == "":
            raise Mistake(
                f"{before if before.startswith('-') else 'an argument'} is empty: give a value, or leave it out"
            )
        if text.startswith("--") and text.endswith("="):
            raise Mistake(f"{text.rstrip('=')} is empty: give a value, or leave it out")
