"""Fields that begin at the motion of the image as a whole."""

import numpy as np
import pytest
import torch
from torch import nn

from tests.trainables.inbetween.conftest import texture
from tests.trainables.inbetween.test_registered import image, motion, pair
from trainables.advection import losses, semi_lagrangian
from trainables.inbetween.inbetween import Inbetween
from trainables.inbetween.registration import moved, share
from trainables.inbetween.start import field_of, motion_of
from trainables.inbetween.windows import between

SIDE, STEPS, DURATION = 96, 4, 0.1
INSIDE = np.s_[28:-28, 28:-28]
CPU = torch.device("cpu")


def opened(small, start: str) -> Inbetween:
    small.start = start
    return Inbetween(small.model_dump(mode="json"), between(2), [1], CPU)


@pytest.mark.parametrize("whole", [motion(20), motion(-10, 1.1, (4, -3)), motion(0, 1, (9, 5))])
def test_its_steps_add_up_to_the_motion(whole):
    field = field_of(whole, (SIDE, SIDE), STEPS, DURATION, SIDE)
    found = semi_lagrangian.displacement(field.expand(1, STEPS, -1, -1, -1), DURATION)[0]
    places = np.indices((SIDE, SIDE)).astype(float)
    for step in range(STEPS + 1):
        true = (places - moved(share(whole, -step / STEPS), places))[::-1]
        np.testing.assert_allclose(found[step].numpy()[:, *INSIDE], true[:, *INSIDE], atol=1e-3)


def test_the_motion_is_that_of_the_whole_or_none():
    whole = motion(20, 1, (3, -2))
    np.testing.assert_allclose(motion_of(pair(image(np.eye(3)), image(whole))), whole, atol=0.5)
    still = texture(64)
    np.testing.assert_array_equal(motion_of(pair(still, still)), np.eye(3))
    flat = np.ones((40, 56), "f4")
    np.testing.assert_array_equal(motion_of(pair(flat, flat)), np.eye(3))


def test_a_model_that_has_learned_nothing_moves_as_the_whole_does(small):
    """The film drifts by (2, 1) pixels a frame; a network that says nothing is at rest, or at (4, 2) in the end."""
    for start, true in (("rest", (0, 0)), ("registration", (4, 2))):
        trainable = opened(small, start)
        nn.init.zeros_(trainable.learners[0].model.field.output.weight)
        found = trainable.predicted(0, 0)
        np.testing.assert_allclose(found.displacement(1.0)[8:-8, 8:-8].mean((0, 1)), true, atol=0.1)
        np.testing.assert_allclose(found.velocity(0.5)[8:-8, 8:-8].mean((0, 1)), true, atol=0.1)


def test_what_is_added_to_the_start_is_what_is_to_be_small(small):
    learner = opened(small, "registration").learners[0]
    nn.init.zeros_(learner.model.field.output.weight)
    found = losses.terms(learner.model, learner.patches(learner.places), latent=True)
    assert found["magnitude"] == found["smoothness"] == 0


def test_a_training_from_there_goes_on_where_it_stopped(small):
    whole, stopped = opened(small, "registration"), opened(small, "registration")
    for _ in range(2):
        whole.train_epoch()
    stopped.train_epoch()
    again = opened(small, "registration")
    again.epoch = stopped.epoch
    again.restore(stopped.state())
    again.train_epoch()
    np.testing.assert_array_equal(again.predicted(0, 0).frame(0.5), whole.predicted(0, 0).frame(0.5))
    assert np.isfinite(again.predicted(0, 0).frame(0.5)).all()
