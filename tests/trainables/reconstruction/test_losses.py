"""The geometrical loss against its formula and finite differences; constant and empty predictions are harmless."""

import pytest
import torch

from trainables.reconstruction.losses import dice_loss, supervised_loss
from trainables.topology import topological_loss

TRUTH = torch.zeros(2, 4, 4, 4, dtype=torch.float64)
TRUTH[:, 1:3, 1:3, 1:3] = 1
LOGITS = torch.randn(2, 4, 4, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def test_the_formula_is_the_published_ones():
    p, g = LOGITS.sigmoid(), TRUTH
    dice = 1 - (2 * (p * g).sum((1, 2, 3)) + 1) / ((p + g).sum((1, 2, 3)) + 1)
    entropy = -(g * p.log() + (1 - g) * (1 - p).log()).mean((1, 2, 3))
    torch.testing.assert_close(dice_loss(LOGITS, TRUTH), dice)
    torch.testing.assert_close(supervised_loss(LOGITS, TRUTH), (2 * dice + entropy) / 2)


def test_gradients_are_those_of_finite_differences():
    assert torch.autograd.gradcheck(lambda logits: supervised_loss(logits, TRUTH), LOGITS.clone().requires_grad_())


def test_a_perfect_prediction_costs_nothing_and_its_opposite_much():
    logits = (TRUTH * 2 - 1) * 40
    assert supervised_loss(logits, TRUTH).max() < 1e-9
    assert supervised_loss(-logits, TRUTH).min() > 20


@pytest.mark.parametrize("level", [-1000.0, -30.0, 0.0, 30.0, 1000.0])
@pytest.mark.parametrize("empty", [False, True])
def test_constant_predictions_have_finite_loss_and_gradient(level, empty):
    logits = torch.full((2, 16, 16, 16), level, requires_grad=True)
    truth = torch.zeros(2, 16, 16, 16)
    if not empty:
        truth[:, 4:12, 4:12, 4:12] = 1
    loss = supervised_loss(logits, truth) + topological_loss(logits.sigmoid(), truth, size=8, dimensions=(0, 1, 2))
    loss.sum().backward()
    assert loss.isfinite().all()
    assert logits.grad is not None
    assert logits.grad.isfinite().all()
