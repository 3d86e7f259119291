"""What every interpolant, and every combination of two, keeps to."""

import numpy as np
import pytest
import torch

from tests.trainables.interpolants.balls import frames
from trainables.interpolants import available, field
from trainables.testing import InterpolantContract, combinations


@pytest.mark.parametrize("rule", [*available(), *combinations()])
class TestEveryInterpolant(InterpolantContract):
    pass


def test_the_combinations_that_are_promised_are_there():
    assert {"moved+volume", "spline+volume", "lineage+volume", "kriging+moved"} <= set(combinations())
    assert all("moved" in name.split("+") for name in combinations(["moved"]))


def test_tensors_are_taken_as_arrays_are():
    shown, times = frames(20)
    tensors = field("moved", torch.from_numpy(shown).requires_grad_(), torch.tensor(times, dtype=torch.float64))
    assert np.array_equal(tensors(0.3), field("moved", shown, times)(0.3))
