"""Whether a run's record and tables hold what they should: what does not is damaged, and said in one sentence.

Whatever is absent is no damage: runs of earlier versions and runs that have only begun lack it, and readers do without.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_Check = Callable[[Any], bool]


class DamagedTable(ValueError):
    """A file of a table does not hold what it should; the message names it."""


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value


def _name(value: Any) -> bool:
    """What may become the name of a file or folder, here or in MLflow."""
    return isinstance(value, str) and value not in (".", "..") and not {"/", "\\", "\0"} & set(value)


def _table(of: _Check = lambda value: True, **fields: _Check) -> _Check:
    """An object whose values, and whose named fields where they are there, are of a kind."""

    def check(value: Any) -> bool:
        return isinstance(value, dict) and all(
            of(held) and (held is None or fields.get(key, lambda _: True)(held)) for key, held in value.items()
        )

    return check


def _list(of: _Check) -> _Check:
    return lambda value: isinstance(value, list) and all(of(item) for item in value)


def _metric(value: Any) -> bool:
    return _table(name=_text, label=_text, unit=_text, better=_text)(value) and _text(value.get("name"))


_TEXTS = ("status", "created", "finished", "preset", "question", "baseline", "replication_unit", "unit", "subject",
          "command", "commit", "tracking_uri")  # fmt: skip
_NUMBERS = ("created_ms", "trials_per_arm", "replicates", "search_trials")
_KINDS: dict[str, tuple[_Check, str]] = {
    **dict.fromkeys(("study", "run"), (_name, "a name")),
    **dict.fromkeys(_TEXTS, (_text, "a text")),
    **dict.fromkeys(_NUMBERS, (_number, "a number")),
    **dict.fromkeys(("methods", "supervisions", "controls", "searched_sequences"), (_list(_text), "a list of names")),
    **dict.fromkeys(("configuration", "versions", "machine"), (_table(), "an object")),
    "choices": (
        _table(preset=_text, changes=_list(_text), methods=_list(_text), supervisions=_list(_text)),
        "what was chosen",
    ),
    "data": (_table(source=_text, left_out=_table(), notes=_list(_text)), "what it should be"),
    "references": (_table(_text), "an object of texts"),
    "durations": (_table(_number), "an object of numbers"),
    "objective": (_table(metric=_text, direction=_text, role=_text), "an objective"),
    "metrics": (_list(_metric), "a list of metrics"),
    "sessions": (_list(_table()), "a list of objects"),
}


def damage(record: dict[str, Any]) -> str:
    """What is wrong with a record, in words that follow its name; empty if nothing is."""
    for field, (check, kind) in _KINDS.items():
        if record.get(field) is not None and not check(record[field]):
            return f"is damaged: '{field}' is not {kind}; restore it"
    return ""
