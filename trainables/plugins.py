"""Plug-ins are found, not named: in the files of a folder, and in other installed packages.

A package of its own declares what it brings as entry points of the group `shape_sequence_studies.<kind>`:

    [project.entry-points."shape_sequence_studies.regularizers"]
    eikonal = "my_package.eikonal:Eikonal"

Kinds of this room: `shape_sequences`, `regularizers`, `interpolants`, `metrics`, `models`, `priors`, `readers`,
`image_readers`, `triplet_readers`; of `study/`: `studies`, `formats`; of `analysis/`: `figures`. What such a package,
or a file in a folder here, does wrong costs its plug-in, with a warning that says why, and nothing else.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import warnings
from collections.abc import Iterable
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import Any, TypeVar

GROUP = "shape_sequence_studies"

T = TypeVar("T")


class LeftOut(UserWarning):
    """A plug-in that cannot be used."""


def plugins(package: ModuleType, base: type[T], kind: str) -> dict[str, type[T]]:
    """Every concrete subclass of `base`, by its `name`, sorted: of the modules of `package`, and of the entry points of
    other packages. A name of ours stays ours."""
    found = _own(package, base)
    others: dict[str, type[T]] = foreign(base, kind, frozenset(found))  # type: ignore[arg-type]
    return dict(sorted((found | others).items()))


def _own(package: ModuleType, base: type[T]) -> dict[str, type[T]]:
    found: dict[str, type[T]] = {}
    for module in _modules(package.__name__, package.__path__):
        for value in vars(module).values():
            mine = isinstance(value, type) and issubclass(value, base) and value.__module__ == module.__name__
            if mine and (name := value.__dict__.get("name")):
                found[name] = value
    return found


def _modules(package: str, path: Iterable[str]) -> list[ModuleType]:
    """The modules of a folder, in the order of their names, that can be imported."""
    found = (imported(f"{package}.{entry.name}") for entry in pkgutil.iter_modules(path))
    return [module for module in found if module is not None]


@cache
def imported(name: str) -> ModuleType | None:
    """A module; None, with a warning that says why, if it cannot be imported."""
    try:
        return importlib.import_module(name)
    except Exception as error:  # somebody else may be writing it just now, and what it raises may be anything
        warnings.warn(
            f"{name.replace('.', '/')}.py is left out: {_why(error)}; mend or remove it", LeftOut, stacklevel=2
        )
        return None


def _why(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


@cache
def foreign(base: type, kind: str, taken: frozenset[str] = frozenset()) -> dict[str, type]:
    """The subclasses of `base` that other packages declare under this kind, by their `name`; asked once a process."""
    found: dict[str, type] = {}
    for point, value in installed(kind):
        name = value.__dict__.get("name") if isinstance(value, type) else None
        if not (isinstance(value, type) and issubclass(value, base) and isinstance(name, str)):
            leave_out(point, kind, f"{point.value} is no {base.__name__} with a name")
        elif inspect.isabstract(value):
            leave_out(point, kind, f"{point.value} lacks {', '.join(sorted(vars(value)['__abstractmethods__']))}")
        elif name in taken or name in found:
            leave_out(point, kind, f"the name {name!r} is taken")
        else:
            found[name] = value
    return found


@cache
def modules(kind: str, attributes: tuple[str, ...], taken: frozenset[str]) -> dict[str, ModuleType]:
    """The modules that other packages declare under this kind, by the names of their entry points; each must have the
    `attributes`."""
    found: dict[str, ModuleType] = {}
    for point, value in installed(kind):
        lacking = [name for name in attributes if not hasattr(value, name)]
        if lacking:
            leave_out(point, kind, f"{point.value} lacks {', '.join(lacking)}")
        elif point.name in taken or point.name in found:
            leave_out(point, kind, f"the name {point.name!r} is taken")
        else:
            found[point.name] = value
    return found


@cache
def installed(kind: str) -> list[tuple[EntryPoint, Any]]:
    """What other packages declare under a kind, in the order of their names, as far as it can be imported."""
    found = []
    for point in sorted(entry_points(group=f"{GROUP}.{kind}"), key=lambda point: (point.name, point.value)):
        try:
            found.append((point, point.load()))
        except Exception as error:  # what a foreign module raises when it is imported may be anything
            leave_out(point, kind, _why(error))
    return found


def leave_out(point: EntryPoint, kind: str, why: str) -> None:
    """Warn that a plug-in of another package is not there, and why."""
    package = point.dist.name if point.dist else "an unnamed package"
    warnings.warn(
        f"{point.name!r} of {package}, among {GROUP}.{kind}, is left out: {why}; mend or uninstall {package}",
        LeftOut,
        stacklevel=2,
    )


def forget() -> None:
    """Look anew at what is installed: for tests, and for notebooks in which a package was installed meanwhile."""
    imported.cache_clear()
    foreign.cache_clear()
    modules.cache_clear()
    installed.cache_clear()
