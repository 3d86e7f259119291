"""Typed configuration, validated once at the edge, and what a plug-in that is configured is.

A regularizer, a shape sequence or a trainable *is* its configuration: a pydantic model whose fields are what a
user may set and a search may vary, and whose methods do the work (importing torch only then). A new one is a new
file in its folder; `trainables.plugins` finds it there, so nothing else has to name it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any, ClassVar, Self, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_serializer, model_validator


class Configuration(BaseModel):
    """Base of everything that is configured: unknown keys are refused, assignments are validated."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True, allow_inf_nan=False)


class Plugin(Configuration):
    """A configuration that is chosen by name among the files of one folder; it is written as {name, fields…}."""

    name: ClassVar[str]

    @classmethod
    def example(cls) -> Self:
        """One that takes no time, on which the contract tests of its kind run (`trainables.testing`); by default with
        the fields as they come. Whoever has fields without a default, or slow ones, says here which it takes."""
        return cls()

    @model_validator(mode="before")
    @classmethod
    def _drop_name(cls, fields: Any) -> Any:
        return {k: v for k, v in fields.items() if k != "name"} if isinstance(fields, dict) else fields

    @model_serializer(mode="wrap")
    def _add_name(self, dump: Any) -> dict[str, Any]:
        return {"name": type(self).name, **dump(self)}


P = TypeVar("P", bound=Plugin)


def choose(kinds: dict[str, type[P]], fields: Any, what: str, name: str = "") -> P:
    """The plug-in called `name`, or else `fields["name"]`, built from `fields` (a mapping, or already an instance).

    Raises ValueError with a sentence that lists what exists if there is none of that name.
    """
    if isinstance(fields, Plugin):
        return fields  # type: ignore[return-value]
    name = name or str(fields.get("name", ""))
    if name not in kinds:
        raise ValueError(f"there is no {what} {name!r}; {suggestion(name, kinds, most=30)}")
    return kinds[name].model_validate(fields)


def suggestion(name: str, known: Iterable[str], most: int = 10) -> str:
    """What to do where there is no `name`, a clause: the nearest of the `known` names, or which there are; of more than
    `most` the nearest three, however far."""
    names = list(known)
    if near := difflib.get_close_matches(name, names, n=1, cutoff=0.75):
        return f"did you mean {near[0]!r}?"
    if len(names) <= most:
        return f"choose among {', '.join(names)}"
    return f"the nearest of {len(names)} are {', '.join(difflib.get_close_matches(name, names, n=3, cutoff=0))}"


def paths(configuration: BaseModel, prefix: str = "") -> dict[str, Any]:
    """Dotted path → value of every leaf of a configuration, through nested models and mappings of models."""
    leaves: dict[str, Any] = {}
    for field in type(configuration).model_fields:
        value = getattr(configuration, field)
        path = f"{prefix}{field}"
        if isinstance(value, BaseModel):
            leaves |= paths(value, f"{path}.")
        elif isinstance(value, dict) and value and all(isinstance(v, BaseModel) for v in value.values()):
            for key, part in value.items():
                leaves |= paths(part, f"{path}.{key}.")
        else:
            leaves[path] = value
    return leaves


def assign(configuration: BaseModel, path: str, value: Any) -> None:
    """Set the leaf at a dotted `path`; raises KeyError if there is none, pydantic's error if the value is bad, or does
    not fit what `configuration` as a whole checks: then nothing is changed."""
    *parents, field = path.split(".")
    node: Any = configuration
    for name in parents:
        node = node[name] if isinstance(node, dict) else getattr(node, name, None)
        if node is None:
            raise KeyError(path)
    if not isinstance(node, BaseModel) or field not in type(node).model_fields:
        raise KeyError(path)
    before = getattr(node, field)
    setattr(node, field, value)
    if parents:
        try:
            setattr(configuration, parents[0], getattr(configuration, parents[0]))
        except ValidationError:
            setattr(node, field, before)
            raise
