"""Rules that speak of different aspects, joined by `+`, and interpolants by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from pydantic import Field, SerializeAsAny, ValidationError, field_validator, model_serializer

from trainables.configuration import choose, suggestion
from trainables.interpolants.aspects import Level, Motion, Part, Pieces, Weights
from trainables.interpolants.base import Array, Fitted, Interpolant, Path, Shown, available, checked
from trainables.interpolants.linear import Linear, Still


class Combination(Interpolant):
    """One part for each aspect that is spoken of; the others are as in `linear`."""

    parts: dict[str, SerializeAsAny[Part]] = Field(min_length=1)

    @field_validator("parts")
    @classmethod
    def _of_different_aspects(cls, parts: dict[str, Part]) -> dict[str, Part]:
        said: dict[str, str] = {}
        for name, part in parts.items():
            if part.aspect in said:
                raise ValueError(f"{said[part.aspect]} and {name} both say {part.aspect}: keep one of them")
            said[part.aspect] = name
        near = [name for name, part in parts.items() if part.neighbours_only and not isinstance(part, Weights)]
        far = [name for name, part in parts.items() if isinstance(part, Weights) and not part.neighbours_only]
        if near and far:
            raise ValueError(
                f"{far[0]} weights all frames, and {near[0]} goes from one to the next and no further: leave one out"
            )
        return parts

    @model_serializer
    def _named(self) -> dict[str, Any]:
        return {"name": "+".join(self.parts), **{name: part.model_dump() for name, part in self.parts.items()}}

    def fit(self, frames: Array, times: Sequence[float]) -> Fitted:
        shown = checked(frames, times)
        corrections = [part.settle(shown) for part in self.parts.values() if isinstance(part, Level)]
        path = self._joined(shown)

        def between(time: float) -> Array:
            field = path(time)
            for corrected in corrections:
                field = corrected(field, time)
            return field

        return Fitted(shown, between)

    def _joined(self, shown: Shown) -> Path:
        """The field between frames before its level is corrected: of the pieces, or of the shape as a whole."""
        for name, part in self.parts.items():
            if isinstance(part, Pieces):
                others = {n: other for n, other in self.parts.items() if n != name and not isinstance(other, Level)}
                return part.divide(shown, others)
        return self._whole(shown)

    def _whole(self, shown: Shown) -> Path:
        """The field between frames of shapes that are not divided."""
        parts = self.parts.values()
        motion: Motion = next((part for part in parts if isinstance(part, Motion)), Still())
        weighing: Weights = next((part for part in parts if isinstance(part, Weights)), Linear())
        weights = weighing.weigh(shown, motion)
        carried = motion.carry(shown, weights)

        def between(time: float) -> Array:
            field = np.zeros_like(shown.frames[0])
            for index, share in enumerate(weights(time)):
                if share != 0:
                    field += np.float32(share) * carried(index, time)
            return field

        return between


def parts_of(name: str, fields: Mapping[str, Any] | None = None) -> dict[str, Interpolant]:
    """The interpolants that a name joins by `+`, each with its fields: those of `fields`, by part, and those that the
    name itself says, `moved+volume:exponent=0.5`.

    Raises ValueError if there is none of a name, if fields are given of what is not a part, or if one is wrong.
    """
    kinds = available()
    said = [_with_fields(part) for part in name.split("+")]
    for part, _ in said:
        if part not in kinds:
            raise ValueError(f"there is no interpolant {part!r}; {suggestion(part, kinds, most=30)}")
    own = dict(said)
    strangers = sorted(set(fields or {}) - set(own))
    if strangers:
        raise ValueError(f"fields of {strangers[0]!r} are given, which is no part of {name}: leave them out")
    if len(own) < len(said):
        raise ValueError(f"interpolant {name} names a part twice: name each once")
    return {part: _made(part, (fields or {}).get(part) or mine) for part, mine in own.items()}


def _made(part: str, fields: Any) -> Interpolant:
    try:
        return choose(available(), fields, "interpolant", part)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        if first["type"] == "extra_forbidden":
            known = suggestion(field, available()[part].model_fields)
            raise ValueError(f"interpolant {part} has no field {field!r}; {known}") from None
        raise ValueError(f"interpolant {part}, field {field}: {_sentence(error)}") from None


def _with_fields(part: str) -> tuple[str, dict[str, str]]:
    """`volume:exponent=0.5` → `volume`, {"exponent": "0.5"}."""
    name, *settings = part.split(":")
    for setting in settings:
        if "=" not in setting:
            raise ValueError(f"{setting!r} of interpolant {part} is no field: write {name}:FIELD=VALUE")
    return name, {key: value for key, _, value in (setting.partition("=") for setting in settings)}


def combined(parts: Mapping[str, Interpolant]) -> Interpolant:
    """The interpolant of these parts: the part itself if there is but one.

    Raises ValueError if they do not combine.
    """
    if len(parts) == 1:
        return next(iter(parts.values()))
    try:
        return Combination(parts=dict(parts))
    except ValidationError as error:
        raise ValueError(_sentence(error)) from None


def named(name: str, fields: Mapping[str, Any] | None = None) -> Interpolant:
    """The interpolant of a name, `moved` or `moved+volume`; `fields` has those of each part by its name.

    Raises ValueError with one sentence if there is none.
    """
    return combined(parts_of(name, fields))


def _sentence(error: ValidationError) -> str:
    first = error.errors()[0]
    return str(first["msg"]).removeprefix("Value error, ")
