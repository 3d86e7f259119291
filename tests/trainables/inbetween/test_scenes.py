"""A pair of images of which tiles are hidden: what is hidden changes nothing of what is shown."""

import numpy as np
import pytest

from trainables.inbetween import scenes
from trainables.inbetween.readers import Recording
from trainables.shapes.bad_data import BadData


def recording(images: np.ndarray) -> Recording:
    return Recording(frames=images.astype(np.float32), names=["first", "last"], tags={}, scale=None)


@pytest.fixture
def images() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(2, 160, 170)) + np.linspace(0, 3, 170)


def test_levels_and_spreads_are_those_of_what_is_shown(images):
    made = scenes.windows(recording(images))
    hidden = made.pictures.hidden
    assert 0.1 < hidden.mean() < 0.3
    images[1, hidden] = 5 * images[1, hidden] + 40
    other = scenes.windows(recording(images)).pictures
    np.testing.assert_array_equal(other.hidden, hidden)
    np.testing.assert_array_equal(other.frames[0, 0], made.pictures.frames[0, 0])
    np.testing.assert_array_equal(other.frames[0, 1][~hidden], made.pictures.frames[0, 1][~hidden])
    shown = made.pictures.frames[0, 1][~hidden]
    assert shown.std() == pytest.approx(made.pictures.frames[0, 0].std(), rel=1e-4)


def test_tiles_without_data_in_both_images_are_not_hidden(images):
    images[0, :90, :90] = np.nan
    made = scenes.windows(recording(images))
    assert not made.pictures.hidden[:80, :80].any()
    assert {window.role for window in made.windows} == {"validation", "test"}


def test_images_too_small_for_tiles(images):
    with pytest.raises(BadData, match="the images are 100 x 100 pixels"):
        scenes.windows(recording(images[:, :100, :100]))
