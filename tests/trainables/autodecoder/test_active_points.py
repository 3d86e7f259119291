"""Gradients where there is mass alone, against those of all points."""

import pytest
import torch

from trainables.autodecoder.active_points import LEFT_OUT, evaluate
from trainables.autodecoder.regularizers import sinkhorn
from trainables.autodecoder.regularizers.sinkhorn import Sinkhorn
from trainables.autodecoder.regularizers.unbalanced_sinkhorn import UnbalancedSinkhorn
from trainables.testing.regularizers import SHIFTS, moving, problem

GRADIENT = 2e-3


@pytest.mark.parametrize("kind", [Sinkhorn, UnbalancedSinkhorn])
def test_the_term_is_the_same_and_its_gradient_nearly(kind, monkeypatch):
    term, found = kind(grid=13, time_samples=4, warm_up=0), []
    for many in (10**9, 0):
        monkeypatch.setattr(sinkhorn, "_MANY", many)
        shift = SHIFTS.clone().requires_grad_()
        loss = term.prepare(problem(0, 1))(moving(shift))
        found.append((loss.detach(), *torch.autograd.grad(loss.sum(), shift)))
    (value, gradient), (sparse_value, sparse_gradient) = found
    torch.testing.assert_close(sparse_value, value, rtol=1e-6, atol=0)
    assert not torch.equal(sparse_gradient, gradient)
    assert float((sparse_gradient - gradient).norm() / gradient.norm()) < GRADIENT


def test_what_has_no_gradient_is_a_small_share_of_the_mass_and_most_of_the_points():
    x = torch.linspace(-3, 3, 15)
    points = torch.stack(torch.meshgrid(torch.linspace(0, 1, 3), x, x, x, indexing="ij"), -1).flatten(0, 3).roll(-1, -1)
    calls = []

    def decode(at: torch.Tensor) -> torch.Tensor:
        calls.append(at.shape[2])
        return moving(SHIFTS)(at).requires_grad_()

    values = evaluate(decode, points[None, None], 3, beta=8.0)
    every = moving(SHIFTS)(points[None, None])
    assert torch.equal(values, every)
    mass = torch.sigmoid(-8 * every).unflatten(2, (3, -1))
    assert calls[0] == 3 * 15**3
    assert calls[1] < 0.5 * calls[0]
    smallest, _ = mass.sort(-1)
    left_out = (smallest.cumsum(-1) <= LEFT_OUT * mass.sum(-1, keepdim=True)).sum(-1)
    assert calls[1] == int((15**3 - left_out).sum(-1).max())


def test_a_network_that_has_diverged_says_so_and_leaves_the_others_alone(monkeypatch):
    monkeypatch.setattr(sinkhorn, "_MANY", 0)
    term = Sinkhorn(grid=9, time_samples=3, warm_up=0).prepare(problem(0, 1))
    good = term(moving(SHIFTS))
    lost = SHIFTS.clone()
    lost[1, 0] = torch.nan
    shift = lost.requires_grad_()
    loss = term(moving(shift))
    assert bool(loss[1].isnan())
    torch.testing.assert_close(loss[0], good[0])
    (gradient,) = torch.autograd.grad(loss[0], shift)
    assert bool((gradient[0] != 0).all())
