"""One file per study. Each defines `study()`, the published study, and `PRESETS`, functions that edit it.

A new study is a new file here: `my_study.py` is `python -m study.run my-study`. One about recordings has `RESOLUTION`,
and `shown` where it hides frames; one about other data has `find` and `again` of its own (see `study.data.triplets` and
`study.data.images`); its `study` takes what `--data` names. One whose shapes are formulas may take a `dimension`.
"""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from study.design import plane
from study.design.study import Study
from study.errors import Mistake, of_validation
from trainables.configuration import paths, suggestion
from trainables.plugins import imported, modules
from trainables.shapes.sequence import PLANE

if TYPE_CHECKING:
    from study.data.images import PictureData
    from study.data.recordings import Data, Wanted
    from study.data.triplets import ImageData


def names() -> list[str]:
    """Every study that can be run."""
    return sorted([*_own(), *_installed()])


def _own() -> list[str]:
    return [entry.name.replace("_", "-") for entry in pkgutil.iter_modules(__path__)]


def _installed() -> dict[str, ModuleType]:
    """The studies of other installed packages (entry points of `shape_sequence_studies.studies`, modules), by name."""
    return modules("studies", ("study", "PRESETS"), frozenset(_own()))


def module(name: str) -> ModuleType:
    """The catalog file of a study; Mistake if there is none."""
    if name not in names():
        raise Mistake(f"there is no study {name!r}; {suggestion(name, names(), most=20)}")
    if name in (others := _installed()):
        return others[name]
    found = imported(f"{__name__}.{name.replace('-', '_')}")
    if found is None:
        raise Mistake(f"study {name} is left out: its file cannot be imported; mend it, or name another study")
    return found


def takes_data(name: str) -> bool:
    """Whether a study is about data that a user may give: its `study` then takes them. Recordings are kept as fine as
    `RESOLUTION` says."""
    return hasattr(module(name), "RESOLUTION") or hasattr(module(name), "find")


def find(name: str, wanted: Wanted, say: Callable[[str], None]) -> Data | ImageData | PictureData:
    """The data of a study that takes some; Mistake if they cannot be used."""
    from study.data import recordings

    entry = module(name)
    found: Data | ImageData | PictureData
    if hasattr(entry, "find"):
        found = entry.find(wanted, say)
    else:
        found = recordings.find(wanted, entry.RESOLUTION, say, getattr(entry, "shown", None))
    return found


def again(name: str, record: dict[str, Any]) -> Data | ImageData | PictureData:
    """The data of a run that is resumed, from its record."""
    from study.data import recordings

    found: Data | ImageData | PictureData = getattr(module(name), "again", recordings.again)(record)
    return found


def load(
    name: str, preset: str, data: Data | ImageData | PictureData | None = None, dimension: int | None = None
) -> Study:
    """The study `name` as `preset` has it, on `data` if it takes some, else of shapes of that dimension; Mistake if
    there is none of it."""
    entry = module(name)
    if preset not in entry.PRESETS:
        raise Mistake(f"study {name} has no preset {preset!r}; choose among {', '.join(entry.PRESETS)}")
    try:
        study: Study = _made(name, entry, data, dimension)
        if study.name != name:
            raise Mistake(f"{entry.__file__} makes a study called {study.name!r}: call it {name!r}, as its file")
        known = _paths(study)
        _check_space(study, known)
        entry.PRESETS[preset](study)
        _check_space(study, known | _paths(study))
        if study.dimension == PLANE:
            plane.refine(study)
    except ValidationError as error:
        raise Mistake(f"study {name}, preset {preset}: {of_validation(error)}") from None
    return study


def _made(name: str, entry: ModuleType, data: Data | ImageData | PictureData | None, dimension: int | None) -> Study:
    """The published study, on its data or of shapes of that dimension; Mistake if it has no shapes of it."""
    study: Study = entry.study() if data is None else entry.study(data)
    if dimension is None or dimension == study.dimension:
        return study
    asked = f"--set {plane.KEY}={dimension}"
    if takes_data(name):
        if study.dimension is None:
            raise Mistake(f"{asked}: study {name} has images, and no dimension to choose; leave it out")
        raise Mistake(
            f"{asked}: study {name} has data of dimension {study.dimension}; leave it out, or name others with --data"
        )
    if not takes_dimension(name):
        others = ", ".join(other for other in names() if takes_dimension(other))
        raise Mistake(f"{asked}: study {name} has shapes of dimension {study.dimension} alone; choose among {others}")
    made: Study = entry.study(dimension=dimension)
    return made


def takes_dimension(name: str) -> bool:
    """Whether a study makes its shapes in the plane as well as in space: its `study` then takes a `dimension`."""
    return "dimension" in inspect.signature(module(name).study).parameters


def _paths(study: Study) -> set[str]:
    """What some method has."""
    return {path for method in study.methods.values() for path in paths(method)}


def _check_space(study: Study, known: set[str]) -> None:
    """Mistake where the space of a study names what none of its methods has, nor had before a preset, which may leave
    out methods as `--methods` may."""
    for path in study.space:
        if path not in known:
            raise Mistake(f"the search space of study {study.name} names {path!r}; {suggestion(path, sorted(known))}")
