"""The methods that the studies of Martens 2025 compare, with their search space and metrics.

The published ones (Martens 2025, chapter 3): `none`, `sinkhorn`, `barycenter`. Added: both together;
`temporal-smoothness`, the control that smooths without transport; and without a network the classical rules,
`linear-blend` to `barycenter-only`. A method whose network is a decoder is called after its regularizers, joined by
`+`, so that a new regularizer is a new method; `anchored` in a name says that the network is added to an interpolant of
the shown frames. `advection` has other networks (Han 2023).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from optuna.distributions import BaseDistribution

import search_spaces
from study.design.study import Comparison, Metric
from study.errors import Mistake
from trainables import interpolants
from trainables.advection.shape_advection import ShapeAdvection
from trainables.autodecoder.configuration import AutodecoderConfiguration
from trainables.autodecoder.regularizers.base import available
from trainables.base import TrainableConfiguration
from trainables.configuration import assign, suggestion
from trainables.interpolation import BarycenterOnly, blends
from trainables.metrics.shapes.base import declared
from trainables.models import base as models
from trainables.shapes.sequence import ShapeSequence
from trainables.shapes.timeline import Timeline

COMPARED = ["none", "sinkhorn", "barycenter", "sinkhorn+barycenter", "temporal-smoothness"]
"""Methods with a network."""

TOPOLOGICAL = ["topology", "sinkhorn+topology", "barycenter+topology"]
"""Methods with the topological regularizer, alone and with each of the published ones."""

ADVECTED = ["advection"]
"""The method of Han 2023, whose latent volumes are advected."""

FUTURE = ["multiscale-sinkhorn", "unbalanced-sinkhorn", "distant-barycenter", "positional-encoding"]
"""What Martens 2025 proposes in its chapter 6 and did not try, for one sequence a network."""

ACROSS = ["cross-sequence-barycenter"]
"""And where a network has several."""

ANCHOR = "moved+volume"
"""The interpolant that anchored networks are added to, where a search proposes no other."""

ANCHORED = [
    "anchored",
    "anchored+sinkhorn",
    "anchored+barycenter",
    "anchored+fine-sinkhorn",
    "anchored+sinkhorn+barycenter",
    "anchored+temporal-smoothness",
    "anchored+acceleration",
]
"""Networks that are added to an interpolant; `anchored` alone is the interpolant itself, with nothing to train."""

VARIANTS: dict[str, dict[str, Any]] = {
    "anchored": {"anchor": ANCHOR},
    "positional-encoding": {"decoder.encoding": {"spatial": 2, "temporal": 1}},
}
"""Parts of a method's name that are no regularizer: what they change in its configuration."""

RECOMMENDED = "sinkhorn+positional-encoding"
"""What `recommended` stands for: what the studies of future work suggest, at the published setting. For shapes that
divide: codes of new sequences are worse with the encoding, recorded nuclei with Sinkhorn."""

CONTROLS = ["temporal-smoothness"]

JOINED = ["moved+volume", "spline+volume", "lineage+volume", "moved+kriging"]
"""Combinations of interpolants that are compared too."""

BLENDS = ["linear", *(name for name in interpolants.available() if name not in ("linear", "barycenter")), *JOINED]
"""Interpolants of the methods `…-blend`."""

CLASSICAL = "classical rule"

REFERENCES = {
    "linear-blend": "floor",
    **{f"{name}-blend": CLASSICAL for name in BLENDS if name != "linear"},
    "barycenter-only": "ceiling",
}
"""What the level of a method without a network means, where nothing else is said."""

SEARCHED = [*REFERENCES, *(f"{name}-blend" for name in interpolants.available())]
"""Files of search spaces of methods without a network: of the rules, which combinations of them have too."""

USUAL = [
    *("none", "sinkhorn", "barycenter", "temporal-smoothness"),
    *("anchored", "anchored+sinkhorn", "anchored+barycenter", "anchored+temporal-smoothness"),
    *(name for name in REFERENCES if "kriging" not in name),
]
"""Methods of a run that names none: networks without and with each regularizer, and the rules that take seconds."""

USUAL_OF_RECORDINGS = [*USUAL, "anchored+acceleration"]
"""And where more than two frames are shown at least, so that motion can change its speed."""

FEW = ["none", "sinkhorn", "barycenter", "anchored", "anchored+sinkhorn", "linear-blend", "lineage+volume-blend"]
"""Of a run that only shows that everything works."""

WITHOUT_CHOICE = {"whole": "moved", "divides": "lineage+volume"}
"""The interpolant for recorded shapes where nothing can be hidden to choose by, and where one becomes several: the
findings (catalog/README.md) on recorded nuclei, and on two frames of shapes that split."""

SUPERVISIONS = {"sparse": Timeline.shown({0, 20}), "dense": Timeline.shown({0, 5, 10, 15, 20})}
"""Two and five shown frames."""


def networks(
    sequences: list[ShapeSequence],
    names: Iterable[str] = COMPARED,
    configuration: type[AutodecoderConfiguration] = AutodecoderConfiguration,
    regularizers: Mapping[str, Mapping[str, Any]] | None = None,
    anchor: str = ANCHOR,
    **fields: Any,
) -> dict[str, AutodecoderConfiguration]:
    """The methods of these names; `regularizers` has fields of a regularizer, `anchor` is the interpolant of anchored
    networks where a search proposes no other, `fields` are those of every method."""
    made = {name: _called(configuration(sequences=sequences, **fields), name, regularizers or {}) for name in names}
    for method in made.values():
        method.anchor = method.anchor and anchor
    return made


def recommended(baseline: AutodecoderConfiguration) -> AutodecoderConfiguration:
    """The method `recommended`, for the sequences of the method without regularizers."""
    return _called(baseline.model_copy(deep=True), RECOMMENDED, {})


def _called(
    method: AutodecoderConfiguration, name: str, fields: Mapping[str, Mapping[str, Any]]
) -> AutodecoderConfiguration:
    """The method with all that its name says; `fields` are those of a regularizer."""
    kinds, parts = available(), _parts(name)
    for unknown in [part for part in [*parts, *fields] if part not in {*kinds, *VARIANTS}]:
        what = "is called" if unknown in parts else "has fields of"
        known = suggestion(unknown, [*kinds, *VARIANTS], most=20)
        raise Mistake(f"method {name} {what} {unknown!r}, which is no regularizer; {known}")
    method.regularizers = {part: kinds[part](**fields.get(part, {})) for part in parts if part not in VARIANTS}
    for part in parts:
        for path, value in VARIANTS.get(part, {}).items():
            assign(method, path, value)
    return method


def _parts(name: str) -> list[str]:
    """The regularizers, and other changes, that a method is called after."""
    return [] if name == "none" else name.split("+")


def own(sequences: list[ShapeSequence], names: Iterable[str], **fields: Any) -> dict[str, TrainableConfiguration]:
    """The methods of these names with a network of their own (`trainables/models/`); `fields` are those of each."""
    kinds = models.available()
    chosen = list(names)
    for name in chosen:
        if name not in kinds:
            raise Mistake(f"there is no method {name!r} with a network of its own; {suggestion(name, kinds)}")
    return {name: kinds[name](sequences=sequences, **fields) for name in chosen}


def advected(sequences: list[ShapeSequence]) -> dict[str, TrainableConfiguration]:
    """The latent of volumes of the shapes, advected by learned fields."""
    return {"advection": ShapeAdvection(sequences=sequences)}


def references(sequences: list[ShapeSequence]) -> dict[str, TrainableConfiguration]:
    """The classical rules: interpolation without a network."""
    return {**blends(sequences, BLENDS), "barycenter-only": BarycenterOnly(sequences=sequences)}


def space(names: Iterable[str] = COMPARED, references: Iterable[str] = SEARCHED) -> dict[str, BaseDistribution]:
    """Everything that these methods, and the references, may search."""
    parts = dict.fromkeys(part for name in names for part in _parts(name))
    return search_spaces.union(["fitting", *parts, *references])


def primary(supervision: str, anchored: bool = True) -> list[Comparison]:
    """What is asked first: whether transport helps a network, and one that is added to an interpolant, beyond that
    interpolant and beyond the network alone."""
    pairs = [("sinkhorn", "none"), ("barycenter", "none")]
    if anchored:
        pairs += [(f"anchored+{name}", other) for other in ("anchored", "none") for name in ("sinkhorn", "barycenter")]
    return [Comparison(method=name, baseline=other, supervision=supervision) for name, other in pairs]


def metrics() -> list[Metric]:
    """The three of Martens 2025, section 4.1.1; how the first two are measured is `surface_distance` of each method."""
    return declared("chamfer", "hausdorff", "dice")


def bifurcation_metrics() -> list[Metric]:
    """Those, and what is asked of a shape that splits in two halves."""
    return [*metrics(), *declared("asymmetry", "bifurcation_time_error", "betti_0_error")]
