"""Metrics of volumes and the score of a time step, against closed forms."""

import numpy as np
import pytest

from trainables.metrics.per_time import score
from trainables.metrics.volumes import bifurcation_time, components, dice
from trainables.shapes.bifurcation import Bifurcation
from trainables.shapes.sequence import grid_points
from trainables.shapes.sphere import Sphere
from trainables.shapes.timeline import Timeline


def ball(radius: float, n: int = 48) -> np.ndarray:
    return np.linalg.norm(grid_points(n).double().numpy(), axis=-1) - radius


def test_dice_of_concentric_balls_is_that_of_their_volumes():
    small, large = ball(1.0, 96) < 0, ball(1.5, 96) < 0
    assert dice(small, large) == pytest.approx(2 * 1.0**3 / (1.0**3 + 1.5**3), abs=0.01)
    assert dice(small, small) == 1
    assert dice(small, ~small & False) == 0
    assert np.isnan(dice(small & False, small & False))


def test_components_share_faces():
    volume = np.zeros((4, 4, 4), dtype=bool)
    assert components(volume) == 0
    volume[0, 0, 0] = volume[1, 1, 0] = True
    assert components(volume) == 2
    volume[0, 1, 0] = True
    assert components(volume) == 1


@pytest.mark.parametrize(
    ("counts", "expected"),
    [([1, 1, 2, 2], 0.5), ([2, 2, 2, 2], 0.0), ([1, 1, 1, 1], 1.0), ([1, 3, 1, 2], 5 / 6), ([0, 1, 2, 2], 0.5)],
)
def test_the_bifurcation_is_the_last_change_to_two_components(counts, expected):
    times = [0, 1 / 3, 2 / 3, 1]
    assert bifurcation_time(times, counts, lambda time: 1, bisections=0) == pytest.approx(expected)


@pytest.mark.parametrize("counts", [[0, 0, 0, 0], [1, 0, 2, 2], [1, 1, 2, 0], [0, 2, 2, 2], [1, 1, 1, 0]])
def test_a_shape_that_is_not_there_is_neither_whole_nor_split(counts):
    assert np.isnan(bifurcation_time([0, 1 / 3, 2 / 3, 1], counts, lambda time: 1))


def test_a_shape_that_vanishes_while_it_splits_has_no_bifurcation_time():
    assert np.isnan(bifurcation_time([0.0, 1.0], [1, 2], lambda time: 0 if time == 0.25 else 2))


def test_bisection_narrows_the_bifurcation():
    found = bifurcation_time([0.0, 1.0], [1, 2], lambda time: 2 if time > 0.3 else 1, bisections=6)
    assert found == pytest.approx(0.3, abs=1 / 64)


def test_betti_errors_count_components_loops_and_cavities():
    """At t = 1 the true shape is two pieces; a ring and a hollow ball are compared with it."""
    sequence, timeline, n = Bifurcation(), Timeline.shown({0, 20}), 40
    points = grid_points(n)
    ring = (points[..., :2].norm(dim=-1) - 1.5).hypot(points[..., 2]) - 0.5
    shapes = {"ring": ring, "hollow": (points.norm(dim=-1) - 1.5).abs() - 0.4}
    expected = {"ring": (1, 1, 0), "hollow": (1, 0, 1), "truth": (0, 0, 0)}
    shapes["truth"] = sequence.sdf(points, 1.0)
    for name, sdf in shapes.items():
        rows = score(lambda time, sdf=sdf: sdf.numpy(), sequence, timeline, {"train"}, n)
        assert tuple(rows[-1][f"betti_{d}_error"] for d in range(3)) == expected[name], name
    assert rows[0]["betti_0_error"] == 1  # two pieces, where there is one


@pytest.mark.parametrize("sign", [1, -1], ids=["outside", "inside"])
def test_nothing_is_decided_by_a_constant_where_no_surface_is_predicted(sign):
    """Of one sign on the whole grid: no loops, symmetric, and whole at all times, were it a shape."""
    field = np.full((24,) * 3, float(sign))
    for row in score(lambda time: field, Bifurcation(), Timeline.shown({0, 4}, 4), {"train", "validation", "test"}, 24):
        assert row["empty"]
        assert row["components"] == 0
        missing = ("asymmetry", "bifurcation_time", "bifurcation_time_error", "bifurcation_delay")
        for name in (*missing, *(f"betti_{dimension}_error" for dimension in range(3))):
            assert np.isnan(row[name]), name
        assert np.isfinite([row["chamfer"], row["hausdorff"], row["dice"]]).all()


ENDS = Timeline.shown({0, 1}, 1)


def test_an_infinite_field_is_empty_and_diverged():
    for field, diverged in ((np.full((16,) * 3, np.inf), True), (np.full((16,) * 3, 2.0), False)):
        for row in score(lambda time, field=field: field, Sphere(z1=0, z2=0.5), ENDS, {"train"}, 16):
            assert (row["empty"], row["diverged"], row["dice"]) == (True, diverged, 0.0)
            assert np.isfinite(row["chamfer"])


def test_a_field_with_holes_of_nan_is_scored_and_flagged():
    holed = ball(1.0, 24)
    holed[:2] = np.nan
    row = score(lambda time: holed, Sphere(z1=0, z2=0), ENDS, {"train"}, 24)[0]
    assert (row["empty"], row["diverged"]) == (False, True)
    assert row["chamfer"] < 1e-6


def test_the_published_way_can_be_asked_for():
    rows = {
        way: score(lambda time: ball(1.02, 32), Sphere(z1=0, z2=0), ENDS, {"train"}, 32, way)[0]["chamfer"]
        for way in ("triangles", "vertices")
    }
    assert rows["triangles"] == pytest.approx(0.02, rel=0.02)
    assert rows["vertices"] > 0.03


def test_a_true_shape_without_a_voxel_is_not_scored():
    """A sphere of radius 0.05 falls between the points of an even grid: an empty prediction must not be perfect."""
    with pytest.raises(ValueError, match=r"sphere .* has no surface at time 1 on a grid of 16³ points"):
        score(lambda time: np.ones((16,) * 3), Sphere(z1=0, z2=-0.95), ENDS, {"train"}, 16)
