"""Each rule where its answer is known in closed form, or from scipy."""

import numpy as np
import pytest
from scipy.interpolate import CubicSpline
from scipy.spatial.transform import Rotation

from tests.trainables.interpolants.balls import ball, frames
from trainables.interpolants import field, named
from trainables.interpolants.voxels import centroid, volume
from trainables.shapes.sequence import grid_points

N = 40


def near(shape: np.ndarray) -> np.ndarray:
    return np.abs(shape) < 0.4


def test_linear_is_the_mean_of_its_neighbours_halfway():
    shown, times = frames()
    assert field("linear", shown, times)(0.4) == pytest.approx((shown[1] + shown[2]) / 2, abs=1e-6)


def test_a_spline_meets_values_that_are_cubic_in_time():
    generator = np.random.default_rng(0)
    coefficients = generator.standard_normal((4, 6, 6, 6))

    def cubic(time):
        return sum(c * time**k for k, c in enumerate(coefficients))

    times = [0.0, 0.15, 0.5, 0.8, 1.0]
    found = field("spline", np.stack([cubic(t) for t in times]), times)
    for time in (0.05, 0.3, 0.66, 0.9):
        assert found(time) == pytest.approx(cubic(time), abs=1e-5)


def test_a_spline_is_scipys_at_every_point():
    shown, times = frames(12)
    assert field("spline", shown, times)(0.33) == pytest.approx(CubicSpline(times, shown)(0.33), abs=1e-5)


def test_two_frames_have_a_spline_that_is_a_line():
    shown, _ = frames(12)
    assert field("spline", shown[:2], [0, 1])(0.3) == pytest.approx(field("linear", shown[:2], [0, 1])(0.3), abs=1e-6)


def test_the_volume_and_centroid_of_a_ball_are_known_below_a_voxel():
    for radius, centre, error in ((1.0, (0.11, -0.07, 0.03), 0.007), (0.5, (1.03, 0.5, -0.2), 0.03)):
        shape = ball(N, centre, radius)
        assert volume(shape) == pytest.approx(4 / 3 * np.pi * radius**3, rel=error)
        assert volume(0.3 * shape) == pytest.approx(4 / 3 * np.pi * radius**3, rel=error), "whatever the field's scale"
        assert centroid(shape) == pytest.approx(centre, abs=2e-3)


def test_nothing_inside_has_no_centroid_and_no_volume():
    shape = ball(12, (0, 0, 0), 1.0) + 9
    assert (volume(shape), centroid(shape)) == (0.0, None)


@pytest.mark.parametrize("name", ["volume", "moved+volume", "spline+volume"])
def test_the_volume_goes_linearly_or_the_radius_does(name):
    shown = np.stack([ball(N, (-0.9, 0, 0), 1.0), ball(N, (0.9, 0, 0), 1.3)])
    plain = field(name, shown, [0.0, 1.0])
    parts = {part: {} for part in name.split("+")}
    of_radius = named(name, parts | {"volume": {"exponent": 1 / 3}}).fit(shown, [0.0, 1.0])
    for time in (0.2, 0.5, 0.7):
        cubes = (1 - time) + time * 1.3**3
        assert volume(plain(time)) == pytest.approx(4 / 3 * np.pi * cubes, rel=0.01)
        assert volume(of_radius(time)) == pytest.approx(4 / 3 * np.pi * (1 + 0.3 * time) ** 3, rel=0.01)
    assert volume(field("linear", shown, [0.0, 1.0])(0.5)) < 3, "a blend loses most of it"


def test_a_name_says_fields_of_its_parts():
    said = named("moved:rotation=true+volume:exponent=0.5")
    assert said == named("moved+volume", {"moved": {"rotation": True}, "volume": {"exponent": 0.5}})
    shown = np.stack([ball(N, (0, 0, 0), 1.0), ball(N, (0, 0, 0), 1.3)])
    late = field("volume:exponent=0.333", shown, [0.0, 1.0])(0.5)
    assert volume(late) == pytest.approx(4 / 3 * np.pi * 1.15**3, rel=0.01)


def test_a_volume_is_kept_where_the_frames_do_not_meet():
    shown = np.stack([ball(N, (-2, 0, 0), 0.8), ball(N, (2, 0, 0), 0.8)])
    assert field("linear", shown, [0.0, 1.0])(0.5).min() > 0
    assert volume(field("volume", shown, [0.0, 1.0])(0.5)) == pytest.approx(4 / 3 * np.pi * 0.8**3, rel=0.02)


def test_an_empty_frame_has_a_volume_of_nothing():
    shown = np.stack([ball(N, (0, 0, 0), 1.0), np.full((N, N, N), 2.0)])
    for name in ("volume", "moved", "moved+volume"):
        assert np.isfinite(field(name, shown, [0.0, 1.0])(0.5)).all()
    assert volume(field("volume", shown, [0.0, 1.0])(0.5)) == pytest.approx(4 / 3 * np.pi / 2, rel=0.03)


@pytest.mark.parametrize("parts", [{"moved": {}}, {"moved": {}, "volume": {"exponent": 1 / 3}}], ids=" ".join)
def test_a_moving_and_growing_ball_is_followed(parts):
    shown = np.stack([ball(N, (-0.8, 0.3, 0.1), 0.9), ball(N, (0.9, -0.4, 0.5), 1.2)])
    rule = named("+".join(parts), parts).fit(shown, [0.0, 1.0])
    for time in (0.25, 0.5, 0.8):
        true = ball(N, (-0.8 + 1.7 * time, 0.3 - 0.7 * time, 0.1 + 0.4 * time), 0.9 + 0.3 * time)
        found = rule(time)
        assert found[near(true)] == pytest.approx(true[near(true)], abs=0.015)


def ellipsoid(angle: float, centre: tuple[float, float, float]) -> np.ndarray:
    """Distances to first order of one that is turned about z, radii 1.8, 0.8 and 0.7."""
    points = (
        Rotation.from_euler("z", angle, degrees=True)
        .inv()
        .apply(grid_points(N).numpy().reshape(-1, 3) - np.array(centre))
    )
    scaled = points / np.array([1.8, 0.8, 0.7])
    radius, slope = (np.linalg.norm(v, axis=1) for v in (scaled, scaled / np.array([1.8, 0.8, 0.7])))
    return ((radius - 1) * radius / np.maximum(slope, 1e-6)).reshape(N, N, N).astype(np.float32)


def test_a_shape_that_turns_while_it_moves_is_followed_with_rotation():
    shown = np.stack([ellipsoid(angle, (0.25 * angle / 40, 0.1, 0)) for angle in (0, 40, 70)])
    true = ellipsoid(20, (0.125, 0.1, 0))
    error = {}
    for rotation in (False, True):
        rule = named("moved", {"moved": {"rotation": rotation}}).fit(shown, [0.0, 0.5, 1.0])
        error[rotation] = np.abs(rule(0.25) - true)[near(true)].mean()
        assert rule(0.5) == pytest.approx(shown[1])
        assert rule(0.4999)[near(true)] == pytest.approx(shown[1][near(true)], abs=0.01), "and without a jump"
    assert error[True] < 0.005
    assert error[False] > 0.03


def test_what_is_thinner_than_the_grid_is_not_turned():
    thin = np.full((N, N, N), 2.0, dtype=np.float32)
    thin[N // 2, N // 2, N // 2] = -0.05
    rule = named("moved", {"moved": {"rotation": True}}).fit(np.stack([thin, thin]), [0.0, 1.0])
    assert rule(0.5)[N // 2, N // 2, N // 2] < 0


def test_what_moves_out_of_the_domain_leaves_distances_behind_it():
    shown = np.stack([ball(N, (-1.8, 0, 0), 1.0), ball(N, (1.8, 0, 0), 1.0)])
    found = field("moved", shown, [0.0, 1.0])(0.5)
    true = ball(N, (0, 0, 0), 1.0)
    assert found[near(true)] == pytest.approx(true[near(true)], abs=0.03)
    assert found[0, 0, 0] == pytest.approx(true[0, 0, 0], abs=0.7)
    assert (found[true > 0.2] > 0).all(), "no second surface"


def test_places_follow_a_spline_when_values_do():
    def place(time):
        return -0.8 + 3 * time - 1.5 * time**2, 0.5 * time**3, 0.1

    times = [0.0, 0.3, 0.7, 1.0]
    found = field("moved+spline", np.stack([ball(N, place(t), 1.0) for t in times]), times)
    for time in (0.1, 0.5, 0.9):
        assert centroid(found(time)) == pytest.approx(place(time), abs=0.01)


def test_flow_on_a_coarser_grid_moves_as_far_as_on_the_finest():
    moved = {}
    for n in (32, 56):
        shown = np.stack([ball(n, (-0.3, 0, 0), 1.2), ball(n, (0.3, 0.2, 0), 1.2)])
        place = centroid(named("flow").fit(shown, [0.0, 1.0])(0.25))
        assert place is not None
        moved[n] = place
    assert moved[32] == pytest.approx([-0.15, 0.05, 0], abs=0.03)
    assert moved[56] == pytest.approx(moved[32], abs=0.03)
