"""What a shape sequence keeps: a signed distance on the domain, inside negative, and a surface at every time."""

from __future__ import annotations

import math
from itertools import product

import pytest
import torch

from trainables.metrics.volumes import components
from trainables.shapes.sampled import Sampled
from trainables.shapes.sequence import (
    ShapeSequence,
    available,
    fills_grid,
    from_description,
    grid_points,
    has_voxel,
)
from trainables.testing.plugin import PluginContract

TIMES = (0.0, 0.5, 1.0)


def examples(kind: type[ShapeSequence]) -> list[ShapeSequence]:
    """One of each dimension in which there is such a shape."""
    return [kind.example_of(dimension) for dimension in sorted(kind.dimensions)]


N = 24
_STEEPEST = 2.0
"""Change of the field per distance, at most: recorded shapes on coarse grids are steeper than a distance in places."""
_ROWS = {"study", "run", "trial", "phase", "setting", "method", "supervision", "replicate", "seed", "sequence",
         "time_index", "time", "role"}  # fmt: skip


class ShapeSequenceContract(PluginContract):
    """`kind` is a class of `trainables.shapes.sequence.ShapeSequence`."""

    def test_it_is_found_by_its_name(self, kind: type[ShapeSequence]) -> None:
        assert available().get(kind.name) is kind
        assert from_description(kind.example().description) == kind.example()

    def test_there_is_a_surface_at_every_time_and_it_does_not_touch_the_border(self, kind: type[ShapeSequence]) -> None:
        for example, time in product(examples(kind), TIMES):
            sdf = example.sdf(example.grid(N), time)
            assert (sdf.shape, sdf.dtype) == ((N,) * example.dimension, torch.float32)
            assert bool(sdf.isfinite().all())
            assert bool((sdf < 0).any()), "inside is negative"
            for axis in range(sdf.ndim):
                assert bool((sdf.movedim(axis, 0)[[0, -1]] > 0).all()), "outside at the domain's border"

    def test_points_may_come_in_any_shape(self, kind: type[ShapeSequence]) -> None:
        for example in examples(kind):
            points, place = example.grid(5), (2, 3, 1)[: example.dimension]
            whole = example.sdf(points, 0.5)
            torch.testing.assert_close(example.sdf(points.flatten(0, -2), 0.5), whole.flatten())
            torch.testing.assert_close(example.sdf(points[place], 0.5), whole[place])
            double = example.sdf(points.double(), 0.5)
            torch.testing.assert_close(double.float(), whole, rtol=1e-4, atol=1e-4)

    def test_the_field_is_about_a_distance_in_domain_units(self, kind: type[ShapeSequence]) -> None:
        spacing = 6 / (N - 1)
        for example, time in product(examples(kind), TIMES):
            sdf = example.sdf(example.grid(N), time)
            slopes = torch.cat([sdf.diff(dim=axis).abs().flatten() for axis in range(sdf.ndim)]) / spacing
            assert float(slopes.max()) < _STEEPEST
            assert float(slopes.max()) > 0.5

    def test_it_is_the_same_every_time_it_is_asked(self, kind: type[ShapeSequence]) -> None:
        points = grid_points(8)
        assert torch.equal(kind.example().sdf(points, 0.5), kind.example().sdf(points, 0.5))

    def test_what_it_knows_without_torch_is_true(self, kind: type[ShapeSequence]) -> None:
        for example, time in product(examples(kind), TIMES):
            points, d = example.grid(N), example.dimension
            corners = points[d * (slice(None, None, N - 1),)]
            # a ball of radius r inside reaches a depth of r, and its centre is at most half a cell's diagonal away
            depth = -float(example.sdf(points, time).min()) + math.sqrt(d) / 2 * 6 / (N - 1)
            assert example.inscribed(time) <= depth
            if example.has_outside(time):
                assert bool((example.sdf(corners, time) > 0).any())
            assert has_voxel(example, time, N)
            assert not fills_grid(example, time, N)

    def test_symmetry_and_division_are_as_it_says(self, kind: type[ShapeSequence]) -> None:
        for example in examples(kind):
            points = example.grid(49)
            if kind.point_symmetric:
                for time in TIMES:
                    torch.testing.assert_close(example.sdf(points, time), example.sdf(-points, time), rtol=0, atol=1e-4)
            moment = example.true_bifurcation_time()
            if moment is not None and not isinstance(example, Sampled):
                assert 0 < moment < 1
                pieces = [components(example.sdf(points, time).numpy() < 0) for time in (moment - 0.05, moment + 0.1)]
                assert pieces == [1, 2]

    def test_a_dimension_that_it_does_not_have_is_refused(self, kind: type[ShapeSequence]) -> None:
        with pytest.raises(ValueError, match="has dimension"):
            kind.model_validate(kind.example().model_dump() | {"dimension": 4})

    def test_its_label_and_descriptors_fit_into_a_table(self, kind: type[ShapeSequence]) -> None:
        example = kind.example()
        assert example.label
        assert "\n" not in example.label
        assert not _ROWS & set(example.descriptors())
        assert all(isinstance(value, str | float | int) for value in example.descriptors().values())
