"""Speed and acceleration of the field, against closed forms."""

import pytest
import torch

from tests.trainables.autodecoder.regularizers.moving import problem
from trainables.autodecoder.regularizers.acceleration import Acceleration
from trainables.autodecoder.regularizers.base import Problem
from trainables.autodecoder.regularizers.temporal_smoothness import TemporalSmoothness
from trainables.shapes.bifurcation import Bifurcation


@pytest.mark.parametrize(("norm", "expected"), [("squared", [0.25, 4.0]), ("total-variation", [0.5, 2.0])])
def test_temporal_smoothness_is_the_mean_speed_of_the_field(norm, expected):
    speed = torch.tensor([0.5, -2.0]).view(2, 1, 1)

    def decode(points: torch.Tensor) -> torch.Tensor:
        return points[..., :3].norm(dim=-1) - 1 - speed * points[..., 3]

    loss = TemporalSmoothness(norm=norm, points=300, step=0.01).prepare(problem())(decode)
    torch.testing.assert_close(loss, torch.tensor(expected), rtol=1e-3, atol=0)


def test_temporal_smoothness_integrates_over_domain_and_time():
    def decode(points: torch.Tensor) -> torch.Tensor:
        return points[..., 0] * points[..., 3] ** 2  # ∂f/∂t = 2 x t, mean of its square 4 · 3 · 1/3

    generators = [torch.Generator().manual_seed(3)]
    one = Problem([[Bifurcation()]], [0.0, 1.0], torch.device("cpu"), generators)
    loss = TemporalSmoothness(points=200_000).prepare(one)(decode)
    assert float(loss) == pytest.approx(4.0, rel=0.02)


def test_acceleration_is_that_of_the_field_in_times_between_frames():
    """Steady motion costs nothing; f = x t² has ∂²f/∂t² = 2 x, times τ² = ¼: mean of its square ¼ · 3."""
    generators = [torch.Generator().manual_seed(3)]
    three = Problem([[Bifurcation()]], [0.0, 0.2, 1.0], torch.device("cpu"), generators)
    term = Acceleration(points=50_000).prepare(three)
    assert float(term(lambda points: points[..., 0] * points[..., 3])) == pytest.approx(0.0, abs=1e-6)
    assert float(term(lambda points: points[..., 0] * points[..., 3] ** 2)) == pytest.approx(0.75, rel=0.02)
