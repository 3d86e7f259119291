"""Equation 3 against its parts, computed by gudhi and hera."""

import gudhi.hera
import numpy as np
import pytest
import torch

from tests.trainables.topology.conftest import CONSTRUCTIONS, FILTRATIONS, finite, noise, reference
from trainables.topology import loss as module
from trainables.topology import topological_loss


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch):
    monkeypatch.setattr(module, "_known", type(module._known)())


def equation_3(prediction, truth, dimensions, order, filtration, construction) -> float:
    total = 0.0
    mine, other = (reference(v.numpy(), filtration, construction) for v in (prediction, truth))
    for dimension in dimensions:
        points, others = (finite(found[dimension]) for found in (mine, other))
        total += gudhi.hera.wasserstein_distance(
            np.sort(points, 1), np.sort(others, 1), order=order, internal_p=np.inf, delta=1e-7
        )
        total += (np.abs(points[:, 0] - points[:, 1]) ** order).sum()
    return total


@pytest.mark.parametrize("construction", CONSTRUCTIONS)
@pytest.mark.parametrize("filtration", FILTRATIONS)
@pytest.mark.parametrize(("dimensions", "order"), [((2,), 2), ((0, 1, 2), 2), ((1,), 1)])
def test_the_loss_is_equation_3(dimensions, order, filtration, construction):
    prediction, truth = noise(8, 1, batch=2), noise(8, 2, batch=2)
    found = topological_loss(prediction, truth, 8, dimensions, order, filtration, construction, "omitted")
    for i in range(2):
        expected = equation_3(prediction[i], truth[i], dimensions, order, filtration, construction)
        assert float(found[i]) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("construction", CONSTRUCTIONS)
def test_the_component_that_never_dies_ends_with_the_last_voxel_as_in_the_public_code(construction):
    """gudhi's diagram of dimension 0, whose infinite death becomes the lowest value of the superlevel filtration."""
    prediction, truth = noise(8, 1), 0.4 * noise(8, 2)
    points, others = (
        np.vstack([finite(reference(v.numpy(), "superlevel", construction)[0]), [float(v.max()), float(v.min())]])
        for v in (prediction[0], truth[0])
    )
    expected = gudhi.hera.wasserstein_distance(
        np.sort(points, 1), np.sort(others, 1), order=2, internal_p=np.inf, delta=1e-7
    )
    expected += ((points[:, 0] - points[:, 1]) ** 2).sum()
    found = topological_loss(prediction, truth, 8, (0,), construction=construction)
    assert float(found[0]) == pytest.approx(expected, rel=1e-6)
    without = topological_loss(prediction, truth, 8, (0,), construction=construction, essential="omitted")
    assert float(without[0]) < 0.9 * float(found[0])


def test_volumes_are_scaled_with_their_corners_kept():
    """A 9³ volume that is trilinear between the nodes of a 5³ grid is scaled to these nodes."""
    nodes = noise(5, 3, batch=2)
    fine = torch.nn.functional.interpolate(nodes[:, None], size=(9,) * 3, mode="trilinear", align_corners=True)[:, 0]
    small = topological_loss(nodes[:1], nodes[1:], 5)
    torch.testing.assert_close(topological_loss(fine[:1], fine[1:], 5), small)
    assert float(topological_loss(fine[:1], fine[1:], 9)) != pytest.approx(float(small), rel=1e-3)


@pytest.mark.parametrize("construction", CONSTRUCTIONS)
@pytest.mark.parametrize("essential", ["omitted", "last"])
def test_the_gradient_is_that_of_finite_differences(construction, essential):
    prediction, truth = noise(7, 6).requires_grad_(), noise(7, 7)

    def value(volumes: torch.Tensor) -> torch.Tensor:
        return topological_loss(volumes, truth, 5, (0, 1, 2), construction=construction, essential=essential)

    assert torch.autograd.gradcheck(value, prediction, eps=1e-7, atol=1e-5, fast_mode=True)


def test_a_prediction_that_is_the_truth_keeps_its_total_persistence():
    truth = noise(6, 8)
    loss = topological_loss(truth.requires_grad_(), truth.detach(), 6)
    points = finite(reference(truth.detach()[0].numpy())[2])
    assert float(loss.detach()) == pytest.approx(((points[:, 0] - points[:, 1]) ** 2).sum())
    assert bool(torch.autograd.grad(loss.sum(), truth)[0].isfinite().all())


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("essential", ["omitted", "last"])
def test_constant_and_empty_predictions_have_a_finite_loss_and_gradient(value, essential):
    for truth in (noise(20, 9).float(), torch.zeros(1, 20, 20, 20)):
        prediction = torch.full((1, 20, 20, 20), value, requires_grad=True)
        loss = topological_loss(prediction, truth, dimensions=(0, 1, 2), essential=essential)
        loss.sum().backward()
        assert bool(loss.isfinite())
        assert (float(loss.detach()) == 0) == (float(truth.max()) == 0)
        assert bool(prediction.grad.isfinite().all())


def test_a_prediction_that_is_not_finite_does_not_stop_the_others():
    prediction, truth = noise(6, 1, batch=3), noise(6, 2, batch=3)
    alone = topological_loss(prediction[2:], truth[2:], 6)
    prediction[0, 1, 2, 3], prediction[1, 0, 0, 0] = torch.nan, torch.inf
    found = topological_loss(prediction.requires_grad_(), truth, 6)
    assert found.isnan().tolist() == [True, True, False]
    torch.testing.assert_close(found[2:], alone)
    (gradient,) = torch.autograd.grad(found[2], prediction)
    assert bool(gradient.isfinite().all())


def test_the_diagrams_of_the_truth_are_computed_once(monkeypatch):
    computed = []
    diagrams = module.diagrams
    monkeypatch.setattr(
        module, "diagrams", lambda volumes, *rest: computed.append(len(volumes)) or diagrams(volumes, *rest)
    )
    prediction, truth = noise(6, 1, batch=2), noise(6, 2, batch=2)
    first = topological_loss(prediction, truth, 6)
    again = topological_loss(prediction, truth, 6)
    assert computed == [2]
    assert torch.equal(first, again)
    topological_loss(prediction, torch.stack([truth[0], noise(6, 3)[0]]), 6)
    assert computed == [2, 1]
    assert float(topological_loss(prediction, truth, 6, construction="V")[0]) != float(first[0])
    assert float(topological_loss(prediction, truth, 6, (0,))[0]) != float(first[0])


def test_only_so_many_diagrams_are_remembered(monkeypatch):
    monkeypatch.setattr(module, "_REMEMBERED", 3)
    prediction, truth = noise(4, 1, batch=5), noise(4, 2, batch=5)
    first = topological_loss(prediction, truth, 4)
    assert len(module._known) == 3
    assert torch.equal(topological_loss(prediction, truth, 4), first)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"prediction": torch.rand(2, 4, 4, 5)}, r"prediction: cubes.*\(2, 4, 4, 5\)"),
        ({"truth": torch.rand(4, 4, 4)}, "truth: cubes"),
        ({"truth": torch.rand(1, 4, 4, 4)}, "of one shape"),
        ({"truth": torch.full((2, 4, 4, 4), torch.inf)}, "not finite"),
        ({"size": 1}, "size = 1"),
        ({"order": 0}, "order = 0"),
        ({"dimensions": (0, 4)}, "dimensions"),
        ({"filtration": "both"}, "filtration"),
        ({"construction": "C"}, "construction"),
    ],
)
def test_wrong_arguments_are_answered_with_a_sentence(change, sentence):
    volumes = {"prediction": torch.rand(2, 4, 4, 4), "truth": torch.rand(2, 4, 4, 4)}
    with pytest.raises(ValueError, match=sentence):
        topological_loss(**(volumes | change))
