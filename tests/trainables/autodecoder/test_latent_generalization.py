"""Codes of unseen sequences: fitted to a frozen decoder, each as if alone, resumable, scored at times not fitted."""

import pandas as pd
import pytest
import torch

from trainables.autodecoder.configuration import DecoderConfiguration
from trainables.autodecoder.latent_generalization import LatentGeneralization, LatentGeneralizationConfiguration
from trainables.autodecoder.regularizers.temporal_smoothness import TemporalSmoothness
from trainables.shapes.sphere import training_spheres, unseen_spheres
from trainables.shapes.timeline import Timeline

SPARSE = Timeline.shown({0, 4}, 4)


def opened(seeds=(1, 2), **changes) -> LatentGeneralization:
    fields = {
        "sequences": training_spheres()[:2],
        "unseen": unseen_spheres()[:3],
        "decoder": DecoderConfiguration(layers=3, width=16, code_layers=[2]),
        "epochs": 5,
        "code_epochs": 6,
        "code_fitting_points": 8,
        "points_per_frame": 64,
        "learning_rate": 1e-3,
        "evaluation_grid": 12,
    }
    configuration = LatentGeneralizationConfiguration(**(fields | changes)).model_dump(mode="json")
    return LatentGeneralization(configuration, SPARSE, list(seeds), torch.device("cpu"))


def trained(until: int, seeds=(1, 2), **changes) -> LatentGeneralization:
    model = opened(seeds, **changes)
    for _ in range(until):
        model.train_epoch()
    return model


def test_the_decoder_is_frozen_while_codes_are_fitted():
    model = trained(5)
    decoder = {name: value.clone() for name, value in model.decoder.state_dict().items()}
    codes = model.codes.detach().clone()
    for _ in range(6):
        model.train_epoch()
    assert model.epoch == model.epochs == 11
    for name, value in model.decoder.state_dict().items():
        assert torch.equal(value, decoder[name])
    assert torch.equal(model.codes, codes)


def test_fitting_lowers_the_error_of_the_unseen_sequences():
    model = trained(405, epochs=200, code_epochs=205, points_per_frame=256)
    fit = pd.DataFrame(model.curves()).query("epoch > 200").groupby("epoch")["code fit"].mean()
    assert fit.iloc[-20:].mean() < 0.8 * fit.iloc[0]


def test_a_code_is_the_same_with_others_and_alone():
    together, alone = trained(11, (1, 2)), trained(11, (2,))
    torch.testing.assert_close(together.unseen[1:], alone.unseen, rtol=1e-4, atol=1e-6)


def test_a_code_does_not_depend_on_the_other_unseen_sequences():
    one, three = trained(6, (1,), unseen=unseen_spheres()[:1]), trained(6, (1,))
    start = [m.unseen.detach().clone() for m in (one, three)]
    assert start[0].shape == (1, 1, 64)
    with torch.no_grad():
        one.unseen.copy_(three.unseen[:, :1])
    step_of = {}
    for name, model in (("one", one), ("three", three)):
        model.generators = [torch.Generator().manual_seed(5)]
        model._points, model._truth = three._points[: model.unseen.shape[1]], three._truth[: model.unseen.shape[1]]
        model.fitting = torch.optim.SGD([model.unseen], lr=0.1)
        before = model.unseen.detach().clone()
        model._fit()
        step_of[name] = (model.unseen - before).detach()
    torch.testing.assert_close(step_of["one"], step_of["three"][:, :1], rtol=1e-4, atol=1e-7)
    assert float(step_of["one"].abs().max()) > 0


@pytest.mark.parametrize("stopped", [3, 5, 8])
def test_a_restored_model_goes_on_as_if_never_stopped(stopped):
    whole, part, rest = trained(11), trained(stopped), opened()
    rest.restore(part.state())
    rest.epoch = part.epoch
    while rest.epoch < rest.epochs:
        rest.train_epoch()
    assert torch.equal(whole.unseen, rest.unseen)
    assert whole.curves() == rest.curves()


def test_rows_are_of_the_unseen_sequences_between_the_fitted_times():
    model = trained(11)
    rows = pd.DataFrame(model.rows({"train", "validation", "test"}))
    assert set(rows.role) == {"validation", "test"}
    assert not set(rows.time.round(9)) & {round(t, 9) for t in model.fitted}
    assert len(rows) == 2 * 3 * 9
    assert set(zip(rows.z1, rows.z2, strict=True)) == {(s.z1, s.z2) for s in unseen_spheres()[:3]}
    assert set(pd.DataFrame(model.rows({"validation"})).role) == {"validation"}


def test_before_the_decoder_is_trained_its_own_sequences_are_scored():
    rows = pd.DataFrame(trained(2).rows({"validation"}))
    assert set(rows.sequence) == {s.label for s in training_spheres()[:2]}


def test_anchored_codes_have_the_base_of_the_frames_they_are_fitted_to():
    """Distances of spheres blend to distances: the truth, at any time, once the base is that of the unseen frames."""
    smooth = {"temporal-smoothness": TemporalSmoothness(points=50)}
    alone, added = trained(6, anchor="linear"), trained(11, anchor="linear", regularizers=smooth)
    assert (alone.epochs, added.epochs) == (6, 11)
    rows = pd.DataFrame(alone.rows({"validation", "test"}))
    assert set(rows.sequence) == {s.label for s in unseen_spheres()[:3]}
    assert (rows.dice == 1).all()
    changed = pd.DataFrame(added.rows({"validation", "test"}))
    assert (changed.chamfer > rows.chamfer).any()
    assert {"code fit": 0.0}.items() <= added.curves()[-1].items()
