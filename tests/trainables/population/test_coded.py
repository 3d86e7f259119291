"""The autodecoder as what is known of a population."""

import numpy as np
import pandas as pd
import pytest
import torch

from trainables.autodecoder.configuration import DecoderConfiguration
from trainables.population.coded import Coded
from trainables.population.coded_configuration import CodedConfiguration
from trainables.saved_model import load
from trainables.shapes.division import divisions
from trainables.shapes.sequence import grid_points
from trainables.shapes.timeline import Timeline

CPU, N, EPOCHS = torch.device("cpu"), 12, 3
TIMELINE = Timeline.shown({0, 4}, 4)


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setenv("STUDY_CACHE", str(tmp_path))


def opened(**fields) -> Coded:
    small = {"epochs": EPOCHS, "candidates": 1024, "points_per_frame": 64, "code_epochs": 20, "code_fitting_points": 32}
    decoder = DecoderConfiguration(layers=3, width=16, code_layers=[2], code_dimension=4)
    given = {"sequences": divisions(4, 100), "population": divisions(2), "fold_count": 2, "evaluation_grid": N}
    made = CodedConfiguration(decoder=decoder, **given, **(small | fields))
    return Coded(made.model_dump(mode="json"), TIMELINE, [1, 2], CPU)


def trained(**fields) -> Coded:
    model = opened(**fields)
    while model.epoch < model.epochs:
        model.train_epoch()
    return model


def test_shown_frames_are_met_with_a_rule_beneath_and_not_without():
    with_rule, without = (pd.DataFrame(trained(base=base).rows({"train"})) for base in ("volume", None))
    assert (with_rule.chamfer == 0).all()
    assert (without.chamfer > 0).all()


def test_beyond_the_rule_is_what_the_decoder_says_less_the_rule_of_its_own_frames():
    model = trained(base="linear")
    decoded = model.decoded(1, 2, [0.0, 0.25, 1.0], N)
    expected = decoded[1] - (0.75 * decoded[0] + 0.25 * decoded[2])
    np.testing.assert_allclose(model.beyond(1, 2, 0.25, N), expected, atol=1e-5)


def test_codes_are_of_the_fold_whose_decoder_has_not_seen_the_sequence():
    model = trained()
    for fold, decoder in enumerate(model.decoders):
        seen = {s.description for s in decoder.configuration.sequences}
        assert seen.isdisjoint(model.configuration.sequences[i].description for i in model.configuration.new(fold))
        assert model.codes[fold].shape == (2, 2, 4)


def test_a_heavy_prior_keeps_codes_at_the_mean_of_the_known_ones():
    free, held = trained(code_prior=0.0), trained(code_prior=1e3)
    for fold in range(2):
        middle = held.decoders[fold].codes.mean(1, keepdim=True)
        assert (held.codes[fold] - middle).abs().max() < 0.1 * (free.codes[fold] - middle).abs().max()


def test_decoders_are_trained_once_for_methods_that_differ_in_what_is_added():
    first, again = trained(base=None), opened(base="volume")
    assert again.epochs == 1
    again.train_epoch()
    for one, other in zip(first.codes, again.codes, strict=True):
        torch.testing.assert_close(one, other)
    assert opened(learning_rate=5e-4).epochs == EPOCHS


def test_a_restored_model_goes_on_as_if_never_stopped():
    part, whole = opened(), opened()
    part.train_epoch()
    rest = opened()
    rest.restore(part.state())
    rest.epoch = part.epoch
    for model in (whole, rest):
        while model.epoch < model.epochs:
            model.train_epoch()
    assert np.array_equal(whole.predictor(1, 0, N)(0.5), rest.predictor(1, 0, N)(0.5))


def test_what_is_kept_is_read_back_as_the_field_that_is_scored(tmp_path):
    model = trained()
    torch.save(model.model(), tmp_path / "model.pt")
    field = load(str(tmp_path / "model.pt"), replicate=1, sequence=3)
    points = grid_points(N).reshape(-1, 3)
    found = field(torch.cat([points, torch.full_like(points[:, :1], 0.5)], dim=1).numpy())
    assert found == pytest.approx(model.predictor(1, 3, N)(0.5).ravel(), abs=1e-5)


def test_an_anchor_is_refused():
    made = opened().configuration.model_copy(update={"anchor": "volume"})
    assert "leave anchor null" in str(made.unfit())
