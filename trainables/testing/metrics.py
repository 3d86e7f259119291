"""What a metric of shapes keeps: a number of everything that is scored, the best for the truth itself."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from trainables.metrics.per_time import score
from trainables.metrics.shapes.base import PerSequence, PerTime, ShapeMetric, available, declared
from trainables.metrics.surfaces import Array
from trainables.shapes.bifurcation import Bifurcation
from trainables.shapes.sequence import ShapeSequence, grid_points
from trainables.shapes.sphere import Sphere
from trainables.shapes.timeline import Role, Timeline

TIMELINE = Timeline.shown({0, 6}, 6)
N = 20
ALL: set[Role] = {"train", "validation", "test"}
_OTHERS = {"sequence", "time_index", "time", "role", "empty", "diverged", "components", "dense_fallback",
           "bifurcation_time", "replicate", "seed", "draw", "replicates", "notes"}  # fmt: skip


def column(kind: type[ShapeMetric], sequence: ShapeSequence, wrong: float) -> Array:
    """The metric at all times of a prediction whose surface is too far out by `wrong`, `(T,)`."""
    points = grid_points(N)

    def predict(time: float) -> Array:
        found: Array = sequence.sdf(points, time).numpy() - np.float32(wrong)
        return found

    rows = score(predict, sequence, TIMELINE, ALL, N)
    return np.array([row[kind.name] for row in rows], dtype=float)


class MetricContract:
    """`kind` is a class of `PerTime` or `PerSequence` of `trainables.metrics.shapes.base`."""

    SEQUENCES = (Bifurcation(), Sphere(z1=0.3, z2=-0.2))

    def test_it_is_found_by_its_name_which_is_a_column_of_its_own(self, kind: type[ShapeMetric]) -> None:
        assert available().get(kind.name) is kind
        assert re.fullmatch(r"[a-z][a-z0-9_]*", kind.name), "lower case, words joined by underscores"
        assert kind.name not in _OTHERS

    def test_it_declares_how_it_is_read(self, kind: type[ShapeMetric]) -> None:
        (metric,) = declared(kind.name)
        assert metric == kind.declared()
        assert metric.label
        assert metric.better in ("lower", "higher")
        assert metric.margin is None or metric.margin > 0
        assert issubclass(kind, PerTime) == (metric.per == "time")
        assert issubclass(kind, PerSequence) == (metric.per == "sequence")

    def test_the_truth_is_no_worse_than_what_is_wrong(self, kind: type[ShapeMetric]) -> None:
        for sequence in self.SEQUENCES:
            sign = 1 if kind.better == "lower" else -1
            true, wrong = (sign * np.nan_to_num(column(kind, sequence, by)) for by in (0.0, 0.3))
            assert true.mean() <= wrong.mean() + 1e-6

    def test_it_has_a_number_for_whatever_is_predicted(self, kind: type[ShapeMetric]) -> None:
        """Nothing, everything, and no number at all: a value, or NaN, and no error."""
        for field in (1.0, -1.0, math.inf, math.nan):
            volume = np.full((N,) * 3, field, np.float32)
            rows = score(dict.fromkeys(TIMELINE.times, volume).__getitem__, Bifurcation(), TIMELINE, ALL, N)
            assert all(isinstance(row[kind.name], float | int) for row in rows)
            assert not any(math.isinf(row[kind.name]) for row in rows)

    def test_a_value_of_a_sequence_stands_at_all_its_times(self, kind: type[ShapeMetric]) -> None:
        values = column(kind, Bifurcation(), 0.1)
        if kind.per == "sequence":
            assert np.array_equal(values, np.full_like(values, values[0]), equal_nan=True)
        else:
            assert len(values) == len(TIMELINE.times)

    def test_the_same_prediction_has_the_same_value(self, kind: type[ShapeMetric]) -> None:
        once, again = (column(kind, Sphere(z1=0.3, z2=-0.2), 0.1) for _ in range(2))
        assert once == pytest.approx(again, nan_ok=True, rel=0, abs=0)
