"""The bifurcation against its closed forms (Martens 2025, section 4.1.2)."""

import math

import pytest
import torch

from trainables.metrics.volumes import asymmetry, bifurcation_time, components
from trainables.shapes.bifurcation import Bifurcation, family
from trainables.shapes.sequence import grid_points


def at(x: float, time: float) -> float:
    return float(Bifurcation().sdf(torch.tensor([x, 0.0, 0.0], dtype=torch.float64), time))


def test_the_radius_at_time_0_is_one_plus_ln2_over_k():
    assert at(1 + math.log(2) / 5, 0.0) == pytest.approx(0, abs=1e-12)


def test_it_agrees_with_the_published_formula_at_random_points():
    points = 6 * torch.rand(100, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) - 3
    x, y, z = points.T
    for time in (0.0, 0.3, 1.0):
        c1 = torch.sqrt((x - 1.5 * time) ** 2 + y**2 + z**2) - 1
        c2 = torch.sqrt((x + 1.5 * time) ** 2 + y**2 + z**2) - 1
        expected = -torch.log(torch.exp(-5 * c1) + torch.exp(-5 * c2)) / 5
        torch.testing.assert_close(Bifurcation().sdf(points, time), expected)


def test_it_splits_where_the_field_at_the_origin_changes_sign():
    time = Bifurcation().true_bifurcation_time()
    assert time == pytest.approx(0.759, abs=5e-4)
    assert at(0.0, time - 1e-6) < 0 < at(0.0, time + 1e-6)


def test_a_sequence_too_slow_to_split_has_no_bifurcation_time():
    assert Bifurcation(speed=0.5).true_bifurcation_time() is None


def test_the_split_is_found_on_a_grid():
    def count(time: float) -> int:
        return components(Bifurcation().sdf(grid_points(49), time).numpy() < 0)

    times = [i / 20 for i in range(21)]
    found = bifurcation_time(times, [count(t) for t in times], count)
    assert found == pytest.approx(0.759, abs=0.03)


def test_a_direction_turns_the_shape():
    x = torch.tensor([[1.3, 0.2, -0.4], [0.1, 0.0, 0.9]], dtype=torch.float64)
    turned = Bifurcation(direction=(0.0, 0.0, 1.0)).sdf(x, 0.7)
    torch.testing.assert_close(turned, Bifurcation().sdf(x[:, [2, 0, 1]], 0.7))
    with pytest.raises(ValueError, match="a direction has length 1, not 2"):
        Bifurcation(direction=(2.0, 0.0, 0.0))


def test_a_family_is_reproducible_splits_in_time_and_stays_inside():
    members = family(12)
    assert members == family(12)
    assert members[:3] == family(3)
    assert len({member.label for member in members}) == 12
    assert family(1, seed=1)[0].direction != members[0].direction
    boundary = grid_points(13)
    boundary = boundary[(boundary.abs() > 2.99).any(-1)]
    for member in members:
        time = member.true_bifurcation_time()
        assert time is not None
        assert 0.5 < time < 0.95
        assert bool((member.sdf(boundary, 1.0) > 0).all())
        inside = member.sdf(grid_points(40), 0.9).numpy() < 0
        assert asymmetry(inside) == pytest.approx(0, abs=1e-3)


def test_the_directions_of_a_family_cover_the_sphere():
    directions = torch.tensor([member.direction for member in family(400)], dtype=torch.float64)
    torch.testing.assert_close(directions.norm(dim=1), torch.ones(400, dtype=torch.float64))
    assert bool((directions.mean(0).abs() < 0.12).all())
    torch.testing.assert_close(
        directions.T @ directions / 400, torch.eye(3, dtype=torch.float64) / 3, atol=0.06, rtol=0
    )
