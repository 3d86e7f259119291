"""The motion of an image as a whole, and the flow that is left, against motions that are known."""

import numpy as np
import pytest
from scipy import ndimage

from tests.trainables.inbetween.conftest import texture
from trainables.inbetween.baselines import FlowWarping, RegisteredFlow
from trainables.inbetween.flow import Warped
from trainables.inbetween.pictures import Pair
from trainables.inbetween.registered import Registered
from trainables.inbetween.registration import moved, share, similarity
from trainables.inbetween.windows import Window

SIDE = 96
INSIDE = np.s_[24:-24, 24:-24]


def motion(degrees: float, scale: float = 1.0, shift: tuple[float, float] = (0.0, 0.0)) -> np.ndarray:
    """About the centre, then shifted; y and x."""
    c, s = scale * np.cos(np.radians(degrees)), scale * np.sin(np.radians(degrees))
    found, centre = np.eye(3), np.full(2, (SIDE - 1) / 2)
    found[:2, :2] = [[c, -s], [s, c]]
    found[:2, 2] = centre - found[:2, :2] @ centre + shift
    return found


def image(by: np.ndarray, seed: int = 0) -> np.ndarray:
    """A texture after the motion: its value at x is that of the still one at A⁻¹ x, from a larger field."""
    field = ndimage.spline_filter(ndimage.gaussian_filter(texture(3 * SIDE, seed), 2.0), order=3)
    places = moved(np.linalg.inv(by), np.indices((SIDE, SIDE)).astype(float)) + SIDE
    return ndimage.map_coordinates(field, places, order=3, prefilter=False).astype("f4")


def pair(first: np.ndarray, last: np.ndarray) -> Pair:
    return Pair(first=first, last=last, no_data=np.isnan(first) | np.isnan(last))


def configuration(kind=RegisteredFlow):
    return kind(file="x", windows=[Window(label="a", role="test", last=1)], shape=[SIDE, SIDE])


@pytest.mark.parametrize(
    ("degrees", "scale", "shift"),
    [(20, 1, (0, 0)), (-75, 1, (4, -3)), (170, 1, (0, 0)), (10, 1.15, (0, 0)), (0, 1, (17.4, -11.2)), (0, 1, (0, 0))],
)
def test_the_motion_of_the_whole_is_found(degrees, scale, shift):
    true = motion(degrees, scale, shift)
    found = similarity(image(np.eye(3)), image(true))
    places = np.indices((SIDE, SIDE)).astype(float)
    assert np.abs(moved(found, places) - moved(true, places))[:, 10:-10, 10:-10].max() < 0.4


def test_images_that_have_nothing_in_common_are_no_mistake():
    for first, last in ((image(np.eye(3)), image(np.eye(3), 5)), (np.zeros((40, 56), "f4"), np.ones((40, 56), "f4"))):
        assert np.isfinite(similarity(first, last)).all()


def test_a_part_of_a_motion_is_done_so_often():
    whole = motion(37, 1.1, (3, 2))
    third = share(whole, 1 / 3)
    np.testing.assert_allclose(third @ third @ third, whole, atol=1e-9)
    np.testing.assert_array_equal(share(whole, 0), np.eye(3))
    np.testing.assert_allclose(share(whole, -1) @ whole, np.eye(3), atol=1e-9)


def test_a_turn_is_filled_in_where_a_flow_alone_is_lost():
    true = motion(24, 1, (5, -4))
    frames = {t: image(share(true, t)) for t in (0.0, 0.5, 1.0)}
    shown = pair(frames[0.0], frames[1.0])
    found, flow = Registered(shown, configuration()), Warped(shown, configuration(FlowWarping))
    errors = [np.abs(one.frame(0.5) - frames[0.5])[INSIDE].mean() for one in (found, flow)]
    assert errors[0] < 0.2 * errors[1]
    places = np.indices((SIDE, SIDE)).astype(float)
    for time in (0.5, 1.0):
        came = (places - moved(np.linalg.inv(share(true, time)), places))[::-1].transpose(1, 2, 0)
        assert np.quantile(np.abs(found.displacement(time) - came)[INSIDE], 0.95) < 0.3
        # What is at x at a time has the velocity with which A^t carries it through there.
        near = 1e-4
        carried = moved(share(true, near), places) - moved(share(true, -near), places)
        speed = (carried / (2 * near))[::-1].transpose(1, 2, 0)
        assert np.quantile(np.abs(found.velocity(time) - speed)[INSIDE], 0.95) < 0.6
    np.testing.assert_allclose(found.frame(0.0), frames[0.0], atol=1e-4)
    np.testing.assert_allclose(found.frame(1.0), frames[1.0], atol=1e-4)


def test_where_nothing_moves_as_a_whole_it_is_the_flow():
    """Two halves that part: no motion of the whole explains them better than none."""
    field = image(np.eye(3))
    left, right = ndimage.shift(field, (0, -2), mode="nearest"), ndimage.shift(field, (0, 2), mode="nearest")
    shown = pair(field, np.where(np.arange(SIDE) < SIDE // 2, left, right).astype("f4"))
    found, flow = Registered(shown, configuration()), Warped(shown, configuration(FlowWarping))
    np.testing.assert_allclose(found.displacement(1.0), flow.displacement(1.0), atol=1e-4)


def test_what_one_image_lacks_is_taken_from_the_other():
    true = motion(15)
    first, last = image(np.eye(3)), image(true)
    last[40:50, 40:50] = np.nan
    found = Registered(pair(first, last), configuration())
    frame = found.frame(1.0)
    assert np.isfinite(frame).all()
    assert np.abs(frame - image(true))[41:49, 41:49].mean() < 0.1 * first.std()
