"""The one way in which a user's mistake is reported."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from trainables.files import FULL

if TYPE_CHECKING:
    from pydantic import ValidationError


class Mistake(Exception):
    """Wrong input: one sentence that says what, where and what to do. Ends the program with exit status 2."""

    def __init__(self, sentence: str) -> None:
        super().__init__(shown(sentence))


class Interrupted(Exception):
    """The run has stopped before its end; what was computed is safe, and the run can be resumed."""

    def __init__(self, status: int, reason: str = "", run: str = "") -> None:
        super().__init__(status, reason, run)
        self.status, self.reason = status, reason
        self.run = run
        """The run folder that can be resumed; empty where it is not known here."""

    @property
    def why(self) -> str:
        """The reason in brackets, if there is one."""
        return f" ({self.reason})" if self.reason else ""

    def __str__(self) -> str:
        return f"unfinished{self.why}" + (f"; it can be resumed, with resume={self.run!r}" if self.run else "")


_LONGEST = 4000
"""Characters of a line that is printed."""


def shown(text: object) -> str:
    """A text in one line as it may be printed: a label or a name from a file could hold commands to the terminal, or
    turn the direction of what follows. Such characters, and bytes that no encoding knows, are written as `\\x1b`; of a
    text that quotes a value without end, beginning and end are."""
    line = " ".join(str(text).split())
    if len(line) > _LONGEST:
        line = f"{line[: _LONGEST // 2]} … {line[-_LONGEST // 2 :]}"
    return "".join(_written(letter) if unicodedata.category(letter)[0] == "C" else letter for letter in line)


def _written(letter: str) -> str:
    return letter.encode("unicode_escape", "surrogatepass").decode()


def first_line(error: BaseException) -> str:
    """The first line of what an error says, or its kind where it says nothing."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)


def of_validation(error: ValidationError) -> str:
    """The first of the wrong fields, and what is wrong with it."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    reason = first["msg"].removeprefix("Value error, ")
    return f"{where}: {reason[0].lower()}{reason[1:]}" if where else f"{reason[0].lower()}{reason[1:]}"


def unreadable(what: str, error: Exception, remedy: str) -> Mistake:
    """That something which is there cannot be read, with the first line of why."""
    return Mistake(f"{what} cannot be read ({first_line(error)}); {remedy}")


def of_storage(error: OSError) -> str:
    """What a disk or store said, where, and what to do before going on."""
    reason = error.strerror or str(error) or type(error).__name__
    where = f" at {error.filename}" if error.filename else ""
    remedy = "; make room" if error.errno in FULL else ""
    return f"{' '.join(str(reason).split())}{where}{remedy}"
