"""What the command line asks of a study: `--methods`, `--supervisions` and `--set`."""

from __future__ import annotations

import json

from pydantic import ValidationError

from study.design.plane import KEY
from study.design.study import Study
from study.errors import Mistake
from trainables.configuration import paths, suggestion

EVERY = "all"
"""Every method of a study, in place of names."""


def keep(study: Study, methods: list[str] | None, supervisions: list[str] | None) -> None:
    """Apply `--methods` and `--supervisions`: leave out all others, except the baseline; Mistake if unknown."""
    for flag, asked, known in (
        ("--methods", methods, study.methods),
        ("--supervisions", supervisions, study.supervisions),
    ):
        for name in asked or []:
            if name not in known:
                raise Mistake(f"{flag} {name}: there is no {name!r}; {suggestion(name, known, most=30)}")
    kept = {*study.methods} if methods is None else {*methods, study.baseline}
    lines = study.supervisions if supervisions is None else supervisions
    study.primary = [
        pair for pair in study.primary if {pair.method, pair.baseline} <= kept and pair.supervision in lines
    ]
    if methods is not None:
        study.controls = [name for name in study.controls if name in kept]
        study.references = {name: level for name, level in study.references.items() if name in kept}
        study.methods = {name: method for name, method in study.methods.items() if name in kept}
        _double(study, methods)
    if supervisions is not None:
        study.supervisions = {name: line for name, line in study.supervisions.items() if name in supervisions}


def wanted_methods(study: Study, methods: list[str] | None) -> list[str] | None:
    """What `--methods` asks for: the usual ones where it is not given, every one (None) where it says `all`."""
    if methods is None and study.usual is not None:
        return [name for name in study.usual if name in study.methods]
    return None if methods == [EVERY] else methods


def wanted_supervisions(study: Study, supervisions: list[str] | None) -> list[str] | None:
    """What `--supervisions` asks for: the usual ones where it is not given."""
    return study.usual_supervisions if supervisions is None else supervisions


def _double(study: Study, asked: list[str]) -> None:
    """A method that is named more than once is there as often, with other seeds. Then nothing is searched, so that
    all of them have one configuration."""
    for place, name in enumerate(asked):
        if before := asked[:place].count(name):
            twin = f"{name}-again" + (f"-{before}" if before > 1 else "")
            study.twins[twin], study.methods[twin] = name, study.methods[name].model_copy(deep=True)
            if name in study.references:
                study.references[twin] = study.references[name]
    if study.twins:
        study.space = {}


def edit(study: Study, key: str, text: str) -> None:
    """Apply `--set key=value`: what the user fixes is no longer searched."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        value = text
    from_data = {field for method in study.methods.values() for field in method.from_data}
    if key in from_data:
        raise Mistake(f"--set {key}={text}: {key} follows from the data; name others with --data")
    try:
        study.put(key, value)
    except KeyError:
        paths_of_methods = {path for method in study.methods.values() for path in paths(method)}
        known = sorted({KEY, *study.own_paths(), *paths_of_methods} - from_data)
        raise Mistake(f"--set {key}={text}: there is no {key!r}; {suggestion(key, known)}") from None
    except ValidationError as error:
        reason = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise Mistake(f"--set {key}={text}: {reason[0].lower()}{reason[1:]}") from None
    study.space = {path: distribution for path, distribution in study.space.items() if path != key}
