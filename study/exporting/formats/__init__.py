"""The formats, one file each: adding a format is adding a file to this folder."""

from __future__ import annotations

import importlib
import pkgutil

from study.exporting.formats.base import Format


def available() -> dict[str, type[Format]]:
    """Every format of this folder by name. Their modules import nothing slow."""
    found: dict[str, type[Format]] = {}
    for entry in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{entry.name}")
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, Format) and value.__dict__.get("name"):
                found[value.name] = value
    return dict(sorted(found.items(), key=lambda item: item[1].order))
