"""Metrics against closed forms and brute force."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from trainables.metrics.per_time import score
from trainables.metrics.surfaces import surface_distances, surface_points
from trainables.metrics.volumes import bifurcation_time, components, dice
from trainables.shapes.bifurcation import Bifurcation
from trainables.shapes.sequence import DIAGONAL, grid_points, grid_spacing
from trainables.shapes.timeline import Timeline


def ball(radius: float, n: int = 48, center: float = 0.0) -> np.ndarray:
    points = grid_points(n).double().numpy()
    points[..., 0] -= center
    return np.linalg.norm(points, axis=-1) - radius


def surface(sdf: np.ndarray) -> np.ndarray:
    return surface_points(sdf, grid_spacing(len(sdf)))


def test_concentric_spheres_are_their_radii_apart():
    chamfer, hausdorff = surface_distances(surface(ball(1.5)), surface(ball(1.0)), DIAGONAL)
    assert chamfer == pytest.approx(0.5, abs=0.02)
    assert hausdorff == pytest.approx(0.5, abs=0.04)


def test_distances_equal_brute_force():
    a, b = surface(ball(1.2, 20, 0.3)), surface(ball(0.8, 20, -0.4))
    distance = cdist(a, b)
    forward, backward = distance.min(1), distance.min(0)
    chamfer, hausdorff = surface_distances(a, b, DIAGONAL)
    assert chamfer == pytest.approx((forward.mean() + backward.mean()) / 2)
    assert hausdorff == pytest.approx(max(forward.max(), backward.max()))


def test_an_empty_surface_costs_the_diagonal_and_two_are_equal():
    nothing = surface(np.ones((8, 8, 8)))
    assert len(nothing) == 0
    assert surface_distances(nothing, surface(ball(1.0)), DIAGONAL) == (DIAGONAL, DIAGONAL)
    assert surface_distances(surface(ball(1.0)), nothing, DIAGONAL) == (DIAGONAL, DIAGONAL)
    assert surface_distances(nothing, nothing, DIAGONAL) == (0, 0)


def test_an_infinite_field_has_no_surface():
    assert len(surface(np.full((8, 8, 8), np.inf))) == 0


def test_dice_of_concentric_balls_is_that_of_their_volumes():
    small, large = ball(1.0, 96) < 0, ball(1.5, 96) < 0
    assert dice(small, large) == pytest.approx(2 * 1.0**3 / (1.0**3 + 1.5**3), abs=0.01)
    assert dice(small, small) == 1
    assert dice(small, ~small & False) == 0
    assert dice(small & False, small & False) == 1


def test_components_share_faces():
    volume = np.zeros((4, 4, 4), dtype=bool)
    assert components(volume) == 0
    volume[0, 0, 0] = volume[1, 1, 0] = True
    assert components(volume) == 2
    volume[0, 1, 0] = True
    assert components(volume) == 1


@pytest.mark.parametrize(
    ("counts", "expected"),
    [([1, 1, 2, 2], 0.5), ([2, 2, 2, 2], 0.0), ([1, 1, 1, 1], 1.0), ([1, 3, 1, 2], 5 / 6), ([1, 0, 2, 2], 0.5)],
)
def test_the_bifurcation_is_the_last_change_to_two_components(counts, expected):
    times = [0, 1 / 3, 2 / 3, 1]
    assert bifurcation_time(times, counts, lambda time: 1, bisections=0) == pytest.approx(expected)


def test_bisection_narrows_the_bifurcation():
    found = bifurcation_time([0.0, 1.0], [1, 2], lambda time: 2 if time > 0.3 else 1, bisections=6)
    assert found == pytest.approx(0.3, abs=1 / 64)


def test_betti_errors_count_components_loops_and_cavities():
    """At t = 1 the true shape is two pieces; a ring, a hollow ball and nothing are compared with it."""
    sequence, timeline, n = Bifurcation(), Timeline.shown({0, 20}), 40
    points = grid_points(n)
    ring = (points[..., :2].norm(dim=-1) - 1.5).hypot(points[..., 2]) - 0.5
    shapes = {"ring": ring, "hollow": (points.norm(dim=-1) - 1.5).abs() - 0.4, "nothing": points[..., 0] * 0 + 1}
    expected = {"ring": (1, 1, 0), "hollow": (1, 0, 1), "nothing": (2, 0, 0), "truth": (0, 0, 0)}
    shapes["truth"] = sequence.sdf(points, 1.0)
    for name, sdf in shapes.items():
        rows = score(lambda time, sdf=sdf: sdf.numpy(), sequence, timeline, {"train"}, n)
        assert tuple(rows[-1][f"betti_{d}_error"] for d in range(3)) == expected[name], name
    assert rows[0]["betti_0_error"] == 1  # two pieces, where there is one
