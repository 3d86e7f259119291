"""The networks, the losses, and a trainable that stops and goes on."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
import torch
from pydantic import ValidationError
from torch.utils.flop_counter import FlopCounterMode

from trainables.advection import losses
from trainables.advection.networks import Encoder, Model, UNet
from trainables.base import Divergence
from trainables.inbetween.configuration import PUBLISHED, InbetweenConfiguration, published
from trainables.inbetween.cutting import corners, cut, joined
from trainables.inbetween.inbetween import Inbetween
from trainables.inbetween.pictures import Pair
from trainables.inbetween.windows import between

ALL = {"train", "validation", "test"}
CPU = torch.device("cpu")


def opened(configuration: InbetweenConfiguration, seeds=(1,)) -> Inbetween:
    return Inbetween(configuration.model_dump(mode="json"), between(2), list(seeds), CPU)


def trained(trainable: Inbetween, until: int) -> Inbetween:
    while trainable.epoch < until:
        trainable.train_epoch()
    return trainable


def test_a_latent_pixel_depends_on_its_neighbourhood_only():
    encoder = Encoder([4, 4], 3)
    image = torch.zeros(1, 1, 21, 21, requires_grad=True)
    encoder(image)[0, 0, 10, 10].backward()
    rows, columns = image.grad[0, 0].nonzero().T
    reached = {*rows.tolist(), *columns.tolist()}
    assert reached == set(range(7, 14)), "three layers of 3 × 3"


@pytest.mark.parametrize("size", [(32, 32), (33, 47)])
def test_a_u_net_gives_every_pixel_a_value_whatever_the_size(size):
    assert UNet(6, 4, [4, 8, 8], 8, 5)(torch.randn(2, 1, *size)).shape == (2, 6, *size)


@pytest.mark.parametrize("space", ["latent", "image"])
def test_a_training_takes_what_pytorch_counts(small, space):
    small.space, small.epochs, small.steps_per_epoch = space, 1, 2
    trainable = opened(small)
    with FlopCounterMode(display=False) as counted:
        trainable.train_epoch()
    # The first layers need no gradient of what they are given.
    assert counted.get_total_flops() == pytest.approx(small.operations(2), rel=0.03)
    assert small.operations(2) == small.products(small.patch, 2) * 6 * 2 * 2 * small.batch, "two pairs, two steps"


def test_the_published_tables():
    """Counted by hand from table 2 and 4: 3 × 3 of the encoder's layers, its output included, and their biases."""
    fields = {"file": "x", "windows": [{"label": "a", "role": "test", "last": 1}], "shape": [256, 256]}
    sizes = {"table-2": [1, 32, 64, 128, 64, 32, 16, 8, 1], "table-4": [1, 16, 32, 64, 32, 16, 8, 1]}
    for table, layers in sizes.items():
        model = Model(published(table, **fields))
        count = sum(9 * a * b + b for a, b in itertools.pairwise(layers))
        assert sum(p.numel() for p in model.encoder.parameters()) == count
        assert model.field.output.weight.shape == (20, 16 if table == "table-2" else 32, 5, 5)
    assert {name: (d["evolution_steps"], d["magnitude_weight"], d["smoothness_weight"], d["decay"], d["stride"])
            for name, d in PUBLISHED.items()} == {
        "table-2": (10, 0.01, 0.01, 0.8, 1), "table-3": (8, 0.001, 0.06, 0.9, 10), "table-4": (10, 0.01, 0.01, 0.8, 10),
    }  # fmt: skip
    with pytest.raises(ValueError, match="no 'table-9'"):
        published("table-9", **fields)


def test_losses_are_the_published_ones(small):
    """Written out from eqs. 7 and 8 with numpy means."""
    model = Model(small)
    first, last = (np.random.default_rng(seed).random((32, 32)).astype("f4") for seed in (0, 1))
    pair = Pair(first=first, last=last, no_data=np.zeros((32, 32), bool))
    patches = cut(pair, [(0, 0)], 32, CPU)
    found = losses.terms(model, patches, latent=True)
    fields = model.fields(patches.first)
    z = model.evolve(model.encode(patches.first), fields)[:, -1]
    w = fields[0].detach().numpy()

    def square(a, b):
        return ((a - b) ** 2).mean().item()

    assert found["dynamics"].item() == pytest.approx(square(model.decode(z), patches.last), rel=1e-5)
    again = square(patches.first, model.decode(model.encode(patches.first)))
    assert found["autoencoder"].item() == pytest.approx(again + square(z, model.encode(patches.last)), rel=1e-5)
    pixels = w.shape[-1] * w.shape[-2]
    assert found["magnitude"].item() == pytest.approx(sum((step**2).sum() for step in w) / pixels, rel=1e-5)
    changes = sum(((b - a) ** 2).sum() for a, b in itertools.pairwise(w)) / pixels
    assert found["smoothness"].item() == pytest.approx(changes, rel=1e-5)


def test_what_has_no_data_changes_no_loss(small):
    first, last = (np.random.default_rng(seed).random((32, 32)).astype("f4") for seed in (0, 1))
    gap = np.s_[4:12, 4:12]
    model, found = Model(small.model_copy(update={"space": "image"})), []
    for value in (np.nan, 0.5):
        shown = last.copy()
        shown[gap] = value
        patches = cut(Pair(first=first, last=shown, no_data=np.zeros_like(first, bool)), [(0, 0)], 32, CPU)
        patches.last_known[0, 0][gap] = 0
        found.append(losses.terms(model, patches, latent=False)["dynamics"].item())
    assert found[0] == pytest.approx(found[1], rel=1e-4)
    assert math.isfinite(found[0])


def test_patches_cover_the_image_and_keep_its_values():
    image = np.random.default_rng(0).normal(5, 3, (50, 70)).astype("f4")
    pair = Pair(first=image, last=image + 1, no_data=np.zeros_like(image, bool))
    places = corners((50, 70), 32, 32)
    patches = cut(pair, places, 32, CPU)
    low, high = patches.first.min(), patches.last.max()
    assert (low, high) == (pytest.approx(-1), pytest.approx(1)), "both patches share a range"
    assert joined(patches.restored(patches.first), places, (50, 70))[0] == pytest.approx(image, abs=1e-4)
    with pytest.raises(ValueError, match="smaller than a patch"):
        corners((50, 70), 64, 8)


def test_training_lowers_the_loss_and_finds_a_motion(small):
    """Two pixels to the right and one down a frame, in image space: most of the way after some hundred steps."""
    c = small.model_copy(update={"space": "image", "epochs": 40, "magnitude_weight": 1e-5, "learning_rate": 5e-3})
    trainable = trained(opened(c.model_copy(update={"decay_every": 1000})), 40)
    curves = trainable.curves()
    assert np.mean([row["loss"] for row in curves[-5:]]) < 0.5 * curves[0]["loss"]
    moved = trainable.predicted(0, 0).displacement(1.0)[12:-12, 12:-12].mean((0, 1))
    assert moved == pytest.approx([4, 2], abs=1.5)


def test_a_trainable_that_stops_and_goes_on_is_one_that_did_not(small):
    whole = trained(opened(small, (1, 2)), 4)
    begun = trained(opened(small, (1, 2)), 2)
    resumed = opened(small, (1, 2))
    resumed.restore(begun.state())
    resumed.epoch = 2
    pd.testing.assert_frame_equal(pd.DataFrame(trained(resumed, 4).rows(ALL)), pd.DataFrame(whole.rows(ALL)))
    assert resumed.curves() == whole.curves()


def test_a_pair_is_learned_alone_as_among_others(small):
    both = pd.DataFrame(trained(opened(small), 3).rows({"validation"}))
    alone = small.model_copy(deep=True)
    alone.restrict(["searched"])
    pd.testing.assert_frame_equal(pd.DataFrame(trained(opened(alone), 3).rows({"validation"})), both)


def test_replicates_differ(small):
    rows = trained(opened(small, (1, 2)), 2).rows({"validation"})
    assert rows[0]["mae"] != rows[1]["mae"]
    assert [row["replicate"] for row in rows] == [0, 1]


def test_a_model_that_diverges_is_named_and_scored_as_blank(small):
    trainable = opened(small)
    with torch.no_grad():
        trainable.learners[1].model.field.output.weight.fill_(float("nan"))
    trained(trainable, 2)
    assert list(trainable.guard.reasons) == [1]
    assert "replicate 0, tested" in trainable.guard.reasons[1]
    rows = {row["sequence"]: row for row in trainable.rows({"validation", "test"})}
    assert rows["tested"]["psnr"] < rows["searched"]["psnr"]
    with torch.no_grad():
        trainable.learners[0].model.field.output.weight.fill_(float("nan"))
    with pytest.raises(Divergence):
        trainable.train_epoch()


def test_the_learning_rate_decays_by_gamma_in_the_steps_named(small):
    trainable = trained(opened(small.model_copy(update={"decay": 0.5, "decay_every": 12})), 4)
    assert trainable.learners[0].optimiser.param_groups[0]["lr"] == pytest.approx(small.learning_rate / 2)


def test_a_patch_must_be_large_enough_for_the_network(small):
    with pytest.raises(ValidationError, match="too small to be halved 5 times"):
        InbetweenConfiguration(**small.model_dump() | {"networks": {"filters": [4] * 5}})
    assert small.unfit() is None
    assert "smaller than a patch" in small.model_copy(update={"downsampling": 2}).unfit()
