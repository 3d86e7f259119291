"""What may fill the frames: the classical rules, and networks that are added to one, by `--methods` and `--set`.

Methods have the names and the fields that they have in the study `cells` at its laptop size: `moved+volume-blend` is
the rule `moved+volume`, `anchored+sinkhorn` a network. On recorded nuclei no network is nearer to hidden frames than
the best rule (of ten CHO nuclei `moved` is 0.193 µm off, and `anchored+sinkhorn`, added to it, 0.194 µm), so that
networks compete only where they are named.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from study.errors import Mistake
from study.filling import rules
from study.filling.rules import label
from trainables.configuration import paths, suggestion
from trainables.shapes.sequence import PLANE, SPACE

if TYPE_CHECKING:
    from study.design.study import Study
    from trainables.autodecoder.configuration import AutodecoderConfiguration
    from trainables.base import TrainableConfiguration
    from trainables.interpolants import Interpolant

BASELINE = "linear"
"""Competes always: the others are told beside it."""
REPLICATES = 2
"""Networks with other seeds, whose mean it is that fills."""
_OWN = ("replicates", "seed")
"""What may be set beside fields of a method."""
_OTHER_NAMES = {"barycenter": "barycenter-only"}


@dataclass(frozen=True)
class Methods:
    """Candidates, the simplest first."""

    rules: list[str]
    interpolants: Mapping[str, Interpolant] = field(default_factory=dict)
    """Of rules whose fields were set."""
    networks: Mapping[str, AutodecoderConfiguration] = field(default_factory=dict)
    anchor: str | None = None
    """Rule that networks are added to; none for the best that competes."""
    seeds: tuple[int, ...] = ()
    given: frozenset[str] = frozenset()
    """Keys that `--set` has set."""

    @property
    def order(self) -> list[str]:
        return [*self.rules, *self.networks]


def chosen(names: str | None, changes: tuple[str, ...], divided: bool, axes: int = SPACE) -> Methods:
    """The candidates for a recording; Mistake if there is none of a name, or a value cannot be set.

    `names` are those of `--methods`, none for all rules; `changes` are those of `--set`; frames have so many `axes`.
    """
    if names is None and not changes:
        return Methods(rules.candidates(divided))
    from study.design import methods
    from trainables.autodecoder.configuration import AutodecoderConfiguration
    from trainables.interpolation import Interpolating

    known = {rule: _OTHER_NAMES.get(rule, label(rule)) for rule in rules.candidates(True)}
    networks = [name for name in methods.ANCHORED if name != "anchored"]
    asked = None if names is None else list(dict.fromkeys(name.strip() for name in names.split(",")))
    for name in asked or []:
        if name not in [*known.values(), *networks]:
            told = suggestion(name, [*known.values(), *networks], most=30)
            raise Mistake(f"--methods {name}: there is no {name!r} that fills frames; {told}")
    study = _study([known[BASELINE], *(asked or known.values())], changes, axes)
    wanted = [
        rule
        for rule in (rules.candidates(divided) if asked is None else known)
        if asked is None or known[rule] in asked or rule == BASELINE
    ]
    keys = frozenset(change.partition("=")[0] for change in changes)
    made = study.methods
    added = {name: m for name, m in made.items() if isinstance(m, AutodecoderConfiguration) and name in networks}
    return Methods(
        rules=wanted,
        interpolants={
            rule: method.interpolant()
            for rule in wanted
            if isinstance(method := made[known[rule]], Interpolating) and any(_fills(method, key) for key in keys)
        },
        networks=added,
        anchor=next((m.anchor for m in added.values()), None) if "anchor" in keys else None,
        seeds=tuple(study.seeds("confirm")),
        given=keys,
    )


def _study(names: list[str], changes: tuple[str, ...], axes: int) -> Study:
    """The study `cells` of these methods, with its names, fields and checks; the recording is another."""
    from study.catalog import cells
    from study.data.recordings import Data
    from study.design import flags, plane
    from trainables.shapes.sampled import Sampled

    study = cells.study(Data(sequences=[Sampled.example_of(axes)], source=""))
    cells.PRESETS["laptop"](study)
    if axes == PLANE:
        plane.refine(study)
    study.replicates = REPLICATES
    flags.keep(study, names, None)
    for change in changes:
        key, equals, value = change.partition("=")
        if not equals or not key:
            raise Mistake(f"--set {change}: not of the form key=value, such as epochs=500")
        flags.edit(study, key, value)
        having = [method for name, method in study.methods.items() if name != study.baseline and _fills(method, key)]
        if not (having or key in _OWN):
            raise Mistake(f"--set {change}: {key} changes nothing of what competes here; leave it out")
    for name, method in study.methods.items():
        if fault := method.unfit():
            raise Mistake(f"method {name}: {fault}")
    return study


def _fills(method: TrainableConfiguration, path: str) -> bool:
    """Whether what stands at a dotted path has a say in what a method fills in: not in how a study scores it."""
    from trainables.interpolation import Interpolating
    from trainables.metrics.scoring import Scored

    scoring = Interpolating.model_fields if isinstance(method, Interpolating) else set(Scored.model_fields) - {"epochs"}
    return path in paths(method) and path.split(".")[0] not in scoring
