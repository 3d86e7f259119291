"""The methods that the studies of the first document compare, with their search space and metrics.

The document's own (seed 000, chapter 3): `none`, `sinkhorn`, `barycenter`. Added: both together; `temporal-smoothness`,
the control that smooths without transport; and without a network, floor and ceiling, `linear-blend` and
`barycenter-only`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from optuna.distributions import BaseDistribution

from search_spaces import temporal_smoothness, transport_regularizers
from study.study import Metric
from trainables.autodecoder.configuration import AutodecoderConfiguration
from trainables.autodecoder.regularizers.barycenter import Barycenter
from trainables.autodecoder.regularizers.base import Regularizer
from trainables.autodecoder.regularizers.sinkhorn import Sinkhorn
from trainables.autodecoder.regularizers.temporal_smoothness import TemporalSmoothness
from trainables.base import TrainableConfiguration
from trainables.interpolation import BarycenterOnly, LinearBlend
from trainables.shapes.sequence import ShapeSequence
from trainables.shapes.timeline import Timeline

COMBINATIONS: dict[str, list[str]] = {
    "none": [],
    "sinkhorn": ["sinkhorn"],
    "barycenter": ["barycenter"],
    "sinkhorn+barycenter": ["sinkhorn", "barycenter"],
    "temporal-smoothness": ["temporal-smoothness"],
}

CONTROLS = ["temporal-smoothness"]

REFERENCES = {"linear-blend": "floor", "barycenter-only": "ceiling"}
"""What the level of a method without a network means, where nothing else is said."""

SUPERVISIONS = {"sparse": Timeline.shown({0, 20}), "dense": Timeline.shown({0, 5, 10, 15, 20})}
"""Two and five shown frames."""


def networks(
    sequences: list[ShapeSequence],
    barycenters: int = 1,
    configuration: type[AutodecoderConfiguration] = AutodecoderConfiguration,
    **fields: Any,
) -> dict[str, TrainableConfiguration]:
    """The methods with a network; `barycenters` lie between two frames, `fields` are further ones of each method."""
    kinds: dict[str, Callable[[], Regularizer]] = {
        "sinkhorn": Sinkhorn,
        "barycenter": lambda: Barycenter(count=barycenters),
        "temporal-smoothness": TemporalSmoothness,
    }
    return {
        name: configuration(sequences=sequences, regularizers={part: kinds[part]() for part in parts}, **fields)
        for name, parts in COMBINATIONS.items()
    }


def references(sequences: list[ShapeSequence]) -> dict[str, TrainableConfiguration]:
    """Floor and ceiling: interpolation without a network."""
    return {
        "linear-blend": LinearBlend(sequences=sequences),
        "barycenter-only": BarycenterOnly(sequences=sequences),
    }


def space() -> dict[str, BaseDistribution]:
    """Everything that these methods may search."""
    return transport_regularizers.space() | temporal_smoothness.space()


def metrics() -> list[Metric]:
    """The document's three (seed 000, section 4.1.1)."""
    return [
        Metric(name="chamfer", label="Chamfer distance", unit="domain units"),
        Metric(name="hausdorff", label="Hausdorff distance", unit="domain units"),
        Metric(name="dice", label="Dice score", better="higher"),
    ]


def bifurcation_metrics() -> list[Metric]:
    """Those, and what is asked of a shape that splits in two halves."""
    return [
        *metrics(),
        Metric(name="asymmetry", label="Asymmetry"),
        Metric(name="bifurcation_time_error", label="Bifurcation time error"),
    ]
