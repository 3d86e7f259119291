"""Priors against what they are by definition: normal equations, and every known sequence left out in turn."""

import numpy as np
import pytest

from trainables.population.priors import smoothers
from trainables.population.priors.base import Products, available
from trainables.population.priors.gaussian_process import Process
from trainables.population.priors.mean import Mean
from trainables.population.priors.ridge import Ridge

N, M, D, Q = 9, 4, 6, 5
"""Known and new sequences, numbers of the shown frames and of the residuals."""


@pytest.fixture
def drawn():
    rng = np.random.default_rng(1)
    known, new = rng.normal(1.0, 1.0, (N, D)), rng.normal(1.0, 1.0, (M, D))
    residuals = known @ rng.normal(size=(D, Q)) + 2 + 0.3 * rng.normal(size=(N, Q))
    return known, new, residuals


def products(known, new, residuals) -> Products:
    return Products(known @ known.T, new @ known.T, (new**2).sum(1), residuals @ residuals.T)


def regression(known, residuals, penalty, new):
    """Ridge regression with a mean that is not penalised, by its normal equations."""
    middle, mean = known.mean(0), residuals.mean(0)
    x = known - middle
    slopes = np.linalg.solve(x.T @ x + penalty * np.eye(x.shape[1]), x.T @ (residuals - mean))
    return mean + (new - middle) @ slopes


@pytest.mark.parametrize("penalty", [0.01, 1.0, 100.0])
def test_the_weights_are_those_of_the_normal_equations(drawn, penalty):
    known, new, residuals = drawn
    found = smoothers.weights(known @ known.T, new @ known.T, penalty) @ residuals
    np.testing.assert_allclose(found, regression(known, residuals, penalty, new), rtol=1e-8)


@pytest.mark.parametrize("penalty", [0.01, 1.0, 100.0])
def test_the_left_out_error_is_that_of_leaving_each_out(drawn, penalty):
    known, _, residuals = drawn
    total = 0.0
    for i in range(N):
        rest = np.arange(N) != i
        total += ((regression(known[rest], residuals[rest], penalty, known[i]) - residuals[i]) ** 2).sum()
    found = smoothers.left_out(known @ known.T, penalty, residuals @ residuals.T)
    assert found == pytest.approx(total, rel=1e-8)


def test_the_ridge_takes_the_penalty_with_the_least_left_out_error(drawn):
    known, new, residuals = drawn
    x = known - known.mean(0)
    scale = (x**2).sum() / N

    def error(penalty):
        rest = [(np.delete(known, i, 0), np.delete(residuals, i, 0)) for i in range(N)]
        left = [regression(*others, penalty, known[i]) - residuals[i] for i, others in enumerate(rest)]
        return np.square(left).sum()

    best = min((strength * scale for strength in smoothers.STRENGTHS), key=error)
    found = Ridge().weights(products(known, new, residuals)) @ residuals
    np.testing.assert_allclose(found, regression(known, residuals, best, new), rtol=1e-6)


@pytest.mark.parametrize("name", available())
def test_weights_have_the_sum_one(drawn, name):
    weights = available()[name]().weights(products(*drawn))
    assert weights.shape == (M, N)
    np.testing.assert_allclose(weights.sum(1), 1, atol=1e-8)


@pytest.mark.parametrize("name", available())
def test_known_sequences_that_are_shown_the_same_say_no_more_than_their_mean(name):
    same = np.ones((N, D))
    weights = available()[name]().weights(products(same, np.ones((M, D)), np.eye(N)))
    np.testing.assert_allclose(weights, 1 / N, atol=1e-6)


def test_the_mean_counts_all_alike(drawn):
    assert (Mean().weights(products(*drawn)) == 1 / N).all()


def test_a_process_finds_what_is_not_linear_and_a_ridge_does_not():
    known, new = np.linspace(-1, 1, 21)[:, None], np.array([[-0.55], [0.05], [0.75]])
    residuals, true = known**2, new**2
    given = products(known, new, residuals)
    ridge, process = (np.abs(prior.weights(given) @ residuals - true).max() for prior in (Ridge(), Process()))
    assert process < 0.01 < 0.2 < ridge
