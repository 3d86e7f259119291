"""What the searches may vary: plain data, dotted path in a method's configuration → Optuna distribution.

A path applies to the methods whose configuration has it, so a space is conditional on the method by itself. Each file
has `space()`, a fresh copy; a file about a regularizer bears its name and narrows its ranges by preset in `NARROWED`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable

from optuna.distributions import BaseDistribution

Space = dict[str, BaseDistribution]


def union(names: Iterable[str]) -> Space:
    """The spaces of these files together, those of them that exist: a regularizer need not have anything to search."""
    joined: Space = {}
    for name in _existing(names):
        joined |= importlib.import_module(f"{__name__}.{name}").space()
    return joined


def narrowed(preset: str) -> Space:
    """The ranges that a preset narrows, of all files."""
    joined: Space = {}
    for entry in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{entry.name}")
        joined |= getattr(module, "NARROWED", {}).get(preset, {})
    return joined


def _existing(names: Iterable[str]) -> list[str]:
    known = {entry.name for entry in pkgutil.iter_modules(__path__)}
    return [name for name in (name.replace("-", "_") for name in names) if name in known]
