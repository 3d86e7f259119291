"""One file per study. Each defines `study()`, the document's study, and `PRESETS`, functions that edit it.

A new study is a new file here: `my_study.py` is `python -m study.run my-study`.
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

from study.errors import Mistake
from study.study import Study


def names() -> list[str]:
    """Every study that can be run."""
    return sorted(entry.name.replace("_", "-") for entry in pkgutil.iter_modules(__path__))


def module(name: str) -> ModuleType:
    """The catalog file of a study; Mistake if there is none."""
    if name not in names():
        raise Mistake(f"there is no study {name!r}; choose among {', '.join(names())}")
    return importlib.import_module(f"{__name__}.{name.replace('-', '_')}")


def load(name: str, preset: str) -> Study:
    """The study `name` as `preset` has it; Mistake if either does not exist."""
    entry = module(name)
    if preset not in entry.PRESETS:
        raise Mistake(f"study {name} has no preset {preset!r}; choose among {', '.join(entry.PRESETS)}")
    study: Study = entry.study()
    entry.PRESETS[preset](study)
    return study
