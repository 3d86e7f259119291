"""Wasserstein distances against hera, brute force and closed forms."""

import itertools

import gudhi.hera
import numpy as np
import pytest
import torch

from trainables.topology import total_persistence, wasserstein_distance


def diagram(count: int, seed: int) -> torch.Tensor:
    return torch.rand(count, 2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def brute_force(points: torch.Tensor, others: torch.Tensor, order: float) -> float:
    """Every matching, unmatched points going to the diagonal."""

    def alone(p: torch.Tensor) -> float:
        return float((abs(p[0] - p[1]) / 2) ** order)

    best = np.inf
    for count in range(min(len(points), len(others)) + 1):
        for chosen in itertools.combinations(range(len(points)), count):
            for partners in itertools.permutations(range(len(others)), count):
                pairs = zip(chosen, partners, strict=True)
                cost = sum(float((points[i] - others[j]).abs().max() ** order) for i, j in pairs)
                cost += sum(alone(points[i]) for i in range(len(points)) if i not in chosen)
                cost += sum(alone(others[j]) for j in range(len(others)) if j not in partners)
                best = min(best, cost)
    return float(best ** (1 / order))


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize(("left", "right"), [(0, 0), (0, 3), (3, 0), (1, 1), (4, 4), (3, 5)])
def test_the_distance_is_the_best_of_all_matchings(left, right, order):
    points, others = diagram(left, 1), diagram(right, 2)
    found = float(wasserstein_distance(points, others, order))
    assert found == pytest.approx(brute_force(points, others, order), rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("seed", range(3))
def test_the_distance_of_large_diagrams_is_that_of_hera(seed, order):
    points, others = diagram(70, seed), diagram(110, 10 + seed)
    expected = gudhi.hera.wasserstein_distance(
        points.sort(1).values.numpy(), others.sort(1).values.numpy(), order=order, internal_p=np.inf, delta=1e-6
    )
    found = wasserstein_distance(points.sort(1).values, others.sort(1).values, order)
    assert float(found) == pytest.approx(expected, rel=2e-6)


def test_the_gradient_is_that_of_finite_differences():
    points, others = diagram(6, 3).requires_grad_(), diagram(4, 4)
    for order in (1, 2, 2.5):
        assert torch.autograd.gradcheck(lambda p, q=order: wasserstein_distance(p, others, q), points, eps=1e-7)


@pytest.mark.parametrize("count", [0, 5])
def test_at_distance_0_the_gradient_is_0(count):
    points = diagram(count, 5).requires_grad_()
    distance = wasserstein_distance(points, points.detach().flip(0))
    distance.backward()
    assert float(distance.detach()) == 0
    assert torch.equal(points.grad, torch.zeros_like(points))


def test_total_persistence_sums_powers():
    points = torch.tensor([[0.9, 0.4], [0.1, 0.3]], requires_grad=True)
    value = total_persistence(points, 2)
    value.backward()
    assert float(value.detach()) == pytest.approx(0.25 + 0.04)
    torch.testing.assert_close(points.grad, torch.tensor([[1.0, -1.0], [-0.4, 0.4]]))
    assert float(total_persistence(points, 1).detach()) == pytest.approx(0.7)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((torch.rand(3), torch.rand(3, 2)), r"a table \(P, 2\)"),
        ((torch.rand(3, 2), torch.rand(2, 3)), r"not of shape \(2, 3\)"),
        ((torch.rand(3, 2), torch.rand(2, 2), 0.5), "order = 0.5"),
        ((torch.rand(3, 2), torch.rand(2, 2), float("inf")), "order = inf"),
    ],
)
def test_wrong_arguments_are_answered_with_a_sentence(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        wasserstein_distance(*arguments)
