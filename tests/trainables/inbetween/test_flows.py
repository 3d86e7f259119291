"""What every optical flow keeps to, against motions that are known."""

import numpy as np
import pytest
from scipy import ndimage

from tests.trainables.inbetween.conftest import texture
from trainables.inbetween.baselines import FlowWarping
from trainables.inbetween.flow import ALGORITHMS
from trainables.inbetween.inverse_search import SIDE, inverse_search
from trainables.inbetween.windows import Window

INSIDE = np.s_[:, 16:-16, 16:-16]


def flow(name: str, reference: np.ndarray, moving: np.ndarray) -> np.ndarray:
    windows = [Window(label="a", role="test", last=1)]
    c = FlowWarping(file="x", windows=windows, shape=[*reference.shape], algorithm=name)
    return np.asarray(ALGORITHMS[name](reference, moving, c))


def moved(image: np.ndarray, by: np.ndarray) -> np.ndarray:
    """What is at x + `by(x)` `(2, H, W)` of the image, by cubic splines."""
    return ndimage.map_coordinates(image, np.indices(image.shape) + by, order=3, mode="mirror").astype("f4")


@pytest.mark.parametrize("name", ALGORITHMS)
@pytest.mark.parametrize("shape", [(64, 64), (67, 90)])
def test_a_motion_that_varies_from_place_to_place_is_found(name, shape):
    y, x = np.indices(shape)
    true = np.stack([1.5 + np.sin(x / 15), np.cos(y / 12)])
    moving = texture(96, 2.0)[: shape[0], : shape[1]]
    found = flow(name, moved(moving, true), moving)
    assert found.shape == (2, *shape)
    assert np.abs(found - true)[INSIDE].mean() < 0.12
    assert np.abs(found).max() < 5, "nor is it lost at the border"


@pytest.mark.parametrize("name", ALGORITHMS)
def test_where_nothing_is_to_be_seen_nothing_moves(name):
    for image in (np.zeros((40, 48), "f4"), np.ones((40, 48), "f4"), texture(48)[:40]):
        np.testing.assert_allclose(flow(name, image, image), 0, atol=0.02)


@pytest.mark.parametrize("seed", [0, 1])
def test_inverse_search_goes_a_long_way_where_the_others_are_lost(seed):
    field = texture(160, 2.0, seed)
    reference, moving = field[40:120, 40:120], field[34:114, 27:107]
    true = np.array([6.0, 13.0]).reshape(2, 1, 1)
    errors = {name: np.abs(flow(name, reference, moving) - true)[INSIDE].mean() for name in ALGORITHMS}
    assert errors.pop("dis") < 0.05
    assert min(errors.values()) > 1


@pytest.mark.parametrize("shape", [(SIDE - 3, 40), (2, 2), (SIDE, SIDE), (17, 31)])
def test_inverse_search_takes_images_smaller_than_a_patch(shape):
    image = texture(48)[: shape[0], : shape[1]]
    found = inverse_search(image, np.roll(image, 1, axis=1))
    assert found.shape == (2, *shape)
    assert np.isfinite(found).all()


def test_brightness_that_is_added_is_no_motion():
    image = texture(64)
    np.testing.assert_allclose(inverse_search(image, image + 0.2), 0, atol=1e-6)
