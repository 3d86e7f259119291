"""What is worked out once for a run that is open, however often a report asks for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from analysis.tables.run import Run

P = ParamSpec("P")
T = TypeVar("T")


def once(function: Callable[Concatenate[Run, P], T]) -> Callable[Concatenate[Run, P], T]:
    """A function of a run, and of what else can be hashed, that keeps what it has found as long as the run is open.

    All who ask are given the same object: not to be written to.
    """
    kept: WeakKeyDictionary[Run, dict[Any, T]] = WeakKeyDictionary()

    @wraps(function)
    def asked(run: Run, *arguments: P.args, **named: P.kwargs) -> T:
        found, key = kept.setdefault(run, {}), (arguments, tuple(sorted(named.items())))
        if key not in found:
            found[key] = function(run, *arguments, **named)
        return found[key]

    return asked
