"""One network in training: what its loss is made of, when its phases end, and which weights are kept."""

import math

import pytest
import torch

from tests.trainables.reconstruction.made import triplets
from trainables.reconstruction.configuration import ReconstructionConfiguration, Topology
from trainables.reconstruction.folds import Member
from trainables.reconstruction.images import Images
from trainables.reconstruction.learner import Learner

CPU = torch.device("cpu")
IMAGES = Images(triplets(9), 16, CPU)


def learner(seed: int = 0, **fields) -> Learner:
    members = [Member(label="one", kind="all", aside=False, fold=0)]
    common = {"file": "", "images": members, "side": 16, "resolution": 16, "filters": 2, "augmentation": 0.0}
    return Learner(ReconstructionConfiguration(**common | fields), seed, CPU)


def trained(passes: int, **fields) -> Learner:
    found = learner(**fields)
    for _ in range(passes):
        found.train(IMAGES.inputs, IMAGES.volumes)
        found.end_epoch(found.validated(IMAGES.inputs, IMAGES.volumes))
    return found


def test_it_learns():
    found, fresh = trained(25, epochs=100, filters=4, learning_rate=1e-2), learner(filters=4)
    assert found.validated(IMAGES.inputs, IMAGES.volumes) < 0.6 * fresh.validated(IMAGES.inputs, IMAGES.volumes)


def test_the_loss_is_the_supervised_one_and_lambda_times_the_topological():
    found = learner(topology=Topology(weight=0.3, size=8))
    terms = found.train(IMAGES.inputs, IMAGES.volumes)
    assert terms["topology"] > 0
    assert terms["loss"] == pytest.approx(terms["supervised"] + 0.3 * terms["topology"], rel=1e-5)
    logits = found.network.eval()(IMAGES.inputs).detach()
    supervised, topology = found.losses(logits, IMAGES.volumes, IMAGES.volumes)
    expected = float((supervised + 0.3 * topology).mean())
    assert found.validated(IMAGES.inputs, IMAGES.volumes) == pytest.approx(expected, rel=1e-4)


def test_the_topological_loss_trains_the_network():
    """With the same seed the weights differ as soon as λ is not 0, and not before."""
    weights = [
        torch.cat([p.detach().flatten() for p in trained(2, topology=topology).network.parameters()])
        for topology in (None, Topology(weight=0.0, size=8), Topology(weight=10.0, size=8))
    ]
    torch.testing.assert_close(weights[0], weights[1], rtol=1e-4, atol=1e-6)
    assert (weights[0] - weights[2]).abs().max() > 1e-4


@pytest.mark.parametrize("filtration", ["superlevel", "sublevel"])
def test_flips_and_turns_leave_the_topological_loss_as_it_is(filtration):
    """So the diagrams of true volumes are those of the volumes as they are in the file."""
    found = learner(topology=Topology(size=8, dimensions="all", filtration=filtration))
    logits = torch.randn(2, 16, 16, 16, generator=torch.Generator().manual_seed(0))
    truth = IMAGES.volumes[:2]
    _, expected = found.losses(logits, truth, truth)
    turned, flipped = (v.rot90(1, (-2, -1)).flip(-1) for v in (logits, truth))
    _, same = found.losses(turned, flipped, truth)
    torch.testing.assert_close(same, expected, rtol=1e-4, atol=1e-5)


def test_the_adversarial_loss_reaches_the_network():
    """The public code's does not: it goes through a threshold."""
    found = learner(adversarial_epochs=1)
    likelihoods = found.network(IMAGES.inputs).sigmoid()
    found.adversarial_loss(likelihoods).sum().backward()
    gradients = [p.grad.abs().sum() for p in found.network.parameters() if p.grad is not None]
    assert len(gradients) == len(list(found.network.parameters()))
    assert sum(gradients) > 0


def test_the_discriminator_learns_to_tell_true_from_false():
    found = learner(adversarial_epochs=1, discriminator_rate=1e-2)
    false = torch.rand(9, 16, 16, 16, generator=torch.Generator().manual_seed(0))
    losses = [found._judge(false, IMAGES.volumes) for _ in range(30)]
    assert losses[0] == pytest.approx(math.log(2), abs=0.3)
    assert losses[-1] < 0.1


def test_the_adversarial_phase_follows_from_the_best_weights_and_ends():
    found = learner(epochs=2, adversarial_epochs=2, topology=Topology(size=8))
    phases = []
    for validation in (0.5, 0.9, 0.8, 0.7):
        terms = found.train(IMAGES.inputs, IMAGES.volumes)
        phases.append(found.phase)
        expected = terms["supervised"]
        if found.phase == "adversarial":
            expected = (10 * expected + terms["adversarial"]) / 11
        assert terms["loss"] == pytest.approx(expected + 0.1 * terms["topology"], rel=1e-4)
        assert math.isnan(terms["adversarial"]) == math.isnan(terms["discriminator"]) == (phases[-1] == "supervised")
        found.end_epoch(validation)
    assert phases == ["supervised"] * 2 + ["adversarial"] * 2
    assert found.ended


def test_a_phase_ends_after_patience_and_the_best_weights_are_kept():
    found = learner(epochs=50, patience=3)
    validations = [0.9, 0.5, 0.6, 0.7, 0.5]
    best = None
    for number, validation in enumerate(validations):
        assert not found.ended
        found.train(IMAGES.inputs, IMAGES.volumes)
        if number == 1:
            best = {name: value.clone() for name, value in found.network.state_dict().items()}
        found.end_epoch(validation)
    assert found.ended
    assert best is not None
    for name, value in found.network.state_dict().items():
        torch.testing.assert_close(value, best[name], rtol=0, atol=0)
        torch.testing.assert_close(found.best[name], best[name], rtol=0, atol=0)


def test_the_rate_falls_where_the_validation_loss_does_not():
    found = learner(epochs=50, plateau=2)
    for _ in range(4):
        found.end_epoch(1.0)
    assert found.optimiser.param_groups[0]["lr"] == pytest.approx(1e-4)


def test_few_images_are_passed_over_again():
    class Counting(Learner):
        steps = 0

        def _step(self, inputs, volumes):
            self.steps += 1
            return super()._step(inputs, volumes)

    for least, steps in ((1, 3), (3, 3), (4, 6), (7, 9)):
        found = learner(least_steps=least)
        counting = Counting(found.configuration, 0, CPU)
        terms = counting.train(IMAGES.inputs, IMAGES.volumes)
        assert counting.steps == steps
        assert 0 < terms["loss"] < 2, "a mean over the steps, not a sum"


def test_it_goes_on_from_a_saved_state_as_if_it_had_never_stopped():
    fields = {"epochs": 2, "adversarial_epochs": 4, "topology": Topology(size=8), "augmentation": 0.33}
    straight = trained(4, **fields)
    first, second = trained(3, **fields), learner(seed=5, **fields)
    second.restore(first.state())
    second.train(IMAGES.inputs, IMAGES.volumes)
    second.end_epoch(second.validated(IMAGES.inputs, IMAGES.volumes))
    assert second.phase == straight.phase == "adversarial"
    for name, value in straight.network.state_dict().items():
        torch.testing.assert_close(second.network.state_dict()[name], value, rtol=0, atol=0)
    assert second.lowest == straight.lowest
