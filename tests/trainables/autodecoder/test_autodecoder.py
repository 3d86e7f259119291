"""Fitting: reproducible, resumable, guarded."""

import numpy as np
import pandas as pd
import pytest
import torch

from trainables.autodecoder.autodecoder import Autodecoder
from trainables.autodecoder.configuration import AutodecoderConfiguration, DecoderConfiguration
from trainables.autodecoder.regularizers.sinkhorn import Sinkhorn
from trainables.base import Divergence, DivergenceGuard
from trainables.shapes.bifurcation import Bifurcation
from trainables.shapes.timeline import Timeline

SPARSE = Timeline.shown({0, 4}, 4)


def configuration(**changes) -> dict:
    fields = {
        "sequences": [Bifurcation()],
        "decoder": DecoderConfiguration(layers=3, width=16, code_layers=[2]),
        "regularizers": {"sinkhorn": Sinkhorn(grid=5, time_samples=3, warm_up=3)},
        "epochs": 6,
        "points_per_frame": 64,
        "learning_rate": 1e-3,
        "evaluation_grid": 12,
    }
    return AutodecoderConfiguration(**(fields | changes)).model_dump(mode="json")


def trained(epochs: int, seeds=(1, 2), **changes) -> Autodecoder:
    model = Autodecoder(configuration(**changes), SPARSE, list(seeds), torch.device("cpu"))
    for _ in range(epochs):
        model.train_epoch()
    return model


def test_equal_seeds_give_identical_numbers():
    first, second = trained(6), trained(6)
    pd.testing.assert_frame_equal(pd.DataFrame(first.curves()), pd.DataFrame(second.curves()))
    assert torch.equal(first.predict(0.4, 8), second.predict(0.4, 8))


def test_a_restored_model_goes_on_as_if_never_stopped():
    whole, part = trained(6), trained(4)
    rest = trained(0)
    rest.restore(part.state())
    rest.epoch = part.epoch
    for _ in range(2):
        rest.train_epoch()
    assert torch.equal(whole.predict(0.4, 8), rest.predict(0.4, 8))
    assert whole.curves() == rest.curves()


def test_a_replicate_is_the_same_with_others_and_alone():
    together, alone = trained(6, (1, 2)), trained(6, (2,))
    torch.testing.assert_close(together.predict(0.4, 8)[1:], alone.predict(0.4, 8), rtol=1e-5, atol=1e-5)


def test_training_lowers_the_reconstruction_error():
    curves = pd.DataFrame(trained(60, points_per_frame=256).curves()).groupby("epoch").mean()
    assert curves.reconstruction.iloc[-5:].mean() < 0.6 * curves.reconstruction.iloc[0]


def test_a_regularizer_acts_only_after_its_warm_up():
    curves = pd.DataFrame(trained(6).curves())
    assert curves[curves.epoch <= 3].sinkhorn.isna().all()
    assert curves[curves.epoch > 3].sinkhorn.notna().all()
    without = pd.DataFrame(trained(6, regularizers={}).curves())
    merged = curves.merge(without, on=["replicate", "epoch"])
    early = merged[merged.epoch <= 3]
    np.testing.assert_array_equal(early.loss_x, early.loss_y)
    assert not np.array_equal(merged.reconstruction_x, merged.reconstruction_y)


def test_rows_cover_the_roles_asked_for_and_no_other():
    model = trained(1)
    rows = pd.DataFrame(model.rows({"train", "validation"}))
    assert set(rows.role) == {"train", "validation"}
    assert len(rows) == 2 * 4
    assert rows.bifurcation_time.isna().all()
    rows = pd.DataFrame(model.rows({"train", "validation", "test"}))
    assert len(rows) == 2 * 5
    open_still = rows.groupby("replicate")["empty"].transform("any")  # nothing has no time at which it divides
    assert (rows.bifurcation_time_error.between(0, 1) | open_still).all()
    assert rows.groupby("replicate").bifurcation_time.nunique(dropna=False).eq(1).all()


def test_a_diverging_replicate_is_named_scored_worst_and_leaves_the_other_alone():
    model, alone = trained(2), trained(6, (1,))
    with torch.no_grad():
        model.decoder.output.bias[1] = torch.nan
    for _ in range(4):
        model.train_epoch()
    assert model.guard.reasons == {1: "replicate 1: reconstruction is not finite at epoch 3"}
    torch.testing.assert_close(model.predict(0.4, 8)[:1], alone.predict(0.4, 8), rtol=1e-5, atol=1e-5)
    rows = pd.DataFrame(model.rows({"train"}))
    worst = rows[rows.replicate == 1]
    assert worst["empty"].all()
    assert (worst.dice == 0).all()
    assert worst["diverged"].all()
    assert not rows[rows.replicate == 0].diverged.any()
    # At t = 0 a sphere of radius 1.139: the mean and the largest distance of two of its points.
    assert worst.chamfer.iloc[0] == pytest.approx(4 / 3 * 1.139, rel=0.03)
    assert worst.hausdorff.iloc[0] == pytest.approx(2 * 1.139, rel=0.03)
    healthy = rows[rows.replicate == 0].reset_index(drop=True)
    pd.testing.assert_frame_equal(healthy, pd.DataFrame(alone.rows({"train"})), rtol=1e-4)


def test_a_trial_fails_when_every_replicate_has_diverged():
    model = trained(1)
    with torch.no_grad():
        model.codes.fill_(1e9)
    with pytest.raises(Divergence, match="replicate 0: code exploded at epoch 2; replicate 1"):
        model.train_epoch()


def test_the_guard_lets_finite_terms_pass():
    guard = DivergenceGuard()
    alive = guard.check({"a": torch.tensor([1.0, 2.0]), "b": torch.tensor([0.0, torch.inf])}, 7)
    assert alive.tolist() == [True, False]
    assert guard.reasons == {1: "replicate 1: b is not finite at epoch 7"}


def test_sequences_with_a_network_each_do_not_touch_each_other():
    one, two = Bifurcation(member=0), Bifurcation(member=1, speed=1.0)
    both = trained(4, (1, 2), sequences=[one, two], shared=False)
    assert both.codes.shape[:2] == (4, 1)
    alone = trained(4, (1, 2), sequences=[one], shared=False)
    for replicate in range(2):
        torch.testing.assert_close(
            both.predict(0.4, 8)[2 * replicate], alone.predict(0.4, 8)[replicate], rtol=1e-5, atol=1e-5
        )
    rows = pd.DataFrame(both.rows({"train"}))
    assert rows.groupby("sequence").replicate.unique().map(list).to_dict() == {
        "bifurcation-00": [0, 1],
        "bifurcation-01": [0, 1],
    }
    mine = pd.DataFrame(alone.rows({"train"}))
    theirs = rows[rows.sequence == "bifurcation-00"].reset_index(drop=True)
    pd.testing.assert_frame_equal(theirs, mine, rtol=1e-4)
    curves = pd.DataFrame(both.curves())
    assert len(curves) == 2 * 4
    assert both.guard.names[3] == "replicate 1, bifurcation-01"


def test_surfaces_are_those_of_the_replicate_asked_for():
    model = trained(60, (1, 2), points_per_frame=256, regularizers={})
    first, second = (pd.DataFrame(model.surfaces(replicate)) for replicate in (0, 1))
    assert list(first.columns) == ["sequence", "time", "role", "kind", "vertices", "faces"]
    pd.testing.assert_frame_equal(first[first.kind == "true"], second[second.kind == "true"])
    shown = first[(first.kind == "predicted") & (first.role == "train")].iloc[0]
    other = second[(second.kind == "predicted") & (second.role == "train")].iloc[0]
    assert shown.time == other.time == 0.0
    assert len(shown.vertices) > 0
    assert not np.array_equal(shown.vertices, other.vertices)
