"""What the searches may vary: plain data, dotted path in a method's configuration → Optuna distribution.

A path applies to the methods whose configuration has it, so a space is conditional on the method by itself. Each file
has `space()`, a fresh copy; a file about a regularizer bears its name and narrows its ranges by preset in `NARROWED`.
"""

from __future__ import annotations

import importlib
import pkgutil
import warnings
from collections.abc import Iterable
from functools import cache
from types import ModuleType

from optuna.distributions import BaseDistribution

Space = dict[str, BaseDistribution]


def union(names: Iterable[str]) -> Space:
    """The spaces of these files together, those of them that exist: a regularizer need not have anything to search."""
    joined: Space = {}
    for name in _existing(names):
        if (module := _imported(name)) is not None:
            joined |= module.space()
    return joined


def narrowed(preset: str) -> Space:
    """The ranges that a preset narrows, of all files."""
    joined: Space = {}
    for entry in pkgutil.iter_modules(__path__):
        joined |= getattr(_imported(entry.name), "NARROWED", {}).get(preset, {})
    return joined


class LeftOut(UserWarning):
    """A space that cannot be used."""


@cache
def _imported(name: str) -> ModuleType | None:
    """One that cannot be imported is left out with a warning that says why: nothing of it is searched then."""
    try:
        return importlib.import_module(f"{__name__}.{name}")
    except Exception as error:  # somebody else may be writing it just now, and what it raises may be anything
        why = f"{type(error).__name__}: {' '.join(str(error).split())}"
        warnings.warn(f"search_spaces/{name}.py is left out: {why}; mend or remove it", LeftOut, stacklevel=2)
        return None


def _existing(names: Iterable[str]) -> list[str]:
    known = {entry.name for entry in pkgutil.iter_modules(__path__)}
    return [name for name in (name.replace("-", "_") for name in names) if name in known]
