"""One file per study. Each defines `study()`, the document's study, and `PRESETS`, functions that edit it.

A new study is a new file here: `my_study.py` is `python -m study.run my-study`. One about recordings has `RESOLUTION`,
and its `study` takes the data that `--data` names.
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType
from typing import TYPE_CHECKING

from study.errors import Mistake
from study.study import Study

if TYPE_CHECKING:
    from study.data import Data


def names() -> list[str]:
    """Every study that can be run."""
    return sorted(entry.name.replace("_", "-") for entry in pkgutil.iter_modules(__path__))


def module(name: str) -> ModuleType:
    """The catalog file of a study; Mistake if there is none."""
    if name not in names():
        raise Mistake(f"there is no study {name!r}; choose among {', '.join(names())}")
    return importlib.import_module(f"{__name__}.{name.replace('-', '_')}")


def takes_data(name: str) -> bool:
    """Whether a study is about recordings: its `study` then takes them, `RESOLUTION` says how fine they are kept."""
    return hasattr(module(name), "RESOLUTION")


def load(name: str, preset: str, data: Data | None = None) -> Study:
    """The study `name` as `preset` has it, on `data` if it takes some; Mistake if either does not exist."""
    entry = module(name)
    if preset not in entry.PRESETS:
        raise Mistake(f"study {name} has no preset {preset!r}; choose among {', '.join(entry.PRESETS)}")
    study: Study = entry.study() if data is None else entry.study(data)
    entry.PRESETS[preset](study)
    return study
