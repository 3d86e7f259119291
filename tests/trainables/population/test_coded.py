"""The autodecoder as what is known of a population."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from trainables.autodecoder.configuration import DecoderConfiguration
from trainables.population.coded import Coded
from trainables.population.coded_configuration import CodedConfiguration
from trainables.saved_model import load, open_model
from trainables.shapes.bifurcation import family
from trainables.shapes.division import divisions
from trainables.shapes.sampled import Sampled
from trainables.shapes.sequence import PLANE
from trainables.shapes.timeline import Timeline

CPU, N, EPOCHS = torch.device("cpu"), 12, 3
TIMELINE = Timeline.shown({0, 4}, 4)
DISCS = {"sequences": family(4, 1, PLANE), "population": family(2, 2, PLANE)}
"""In the plane."""


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setenv("STUDY_CACHE", str(tmp_path))


def opened(timeline: Timeline = TIMELINE, **fields) -> Coded:
    small = {"epochs": EPOCHS, "candidates": 1024, "points_per_frame": 64, "code_epochs": 20, "code_fitting_points": 32}
    decoder = DecoderConfiguration(layers=3, width=16, code_layers=[2], code_dimension=4)
    given = {"sequences": divisions(4, 100), "population": divisions(2), "fold_count": 2, "evaluation_grid": N}
    made = CodedConfiguration(decoder=decoder, **(given | small | fields))
    return Coded(made.model_dump(mode="json"), timeline, [1, 2], CPU)


def trained(timeline: Timeline = TIMELINE, **fields) -> Coded:
    model = opened(timeline, **fields)
    while model.epoch < model.epochs:
        model.train_epoch()
    return model


@pytest.mark.parametrize("shapes", [{}, DISCS], ids=["space", "plane"])
def test_shown_frames_are_met_with_a_rule_beneath_and_not_without(shapes):
    with_rule, without = (pd.DataFrame(trained(base=base, **shapes).rows({"train"})) for base in ("volume", None))
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


@pytest.mark.parametrize("shapes", [{}, DISCS], ids=["space", "plane"])
def test_what_is_kept_is_read_back_as_the_field_that_is_scored(tmp_path, shapes):
    model = trained(**shapes)
    torch.save(model.model(), tmp_path / "model.pt")
    field = load(str(tmp_path / "model.pt"), replicate=1, sequence=3)
    points = model.configuration.sequences[0].grid(N).flatten(end_dim=-2)
    found = field(torch.cat([points, torch.full_like(points[:, :1], 0.5)], dim=1).numpy())
    assert found == pytest.approx(model.predictor(1, 3, N)(0.5).ravel(), abs=1e-5)


def test_what_is_kept_of_recordings_finds_them_where_they_are_now(tmp_path):
    """Of a run folder that was moved: what training alone asked of their files is not asked again."""
    ball = Sampled.example_of(PLANE)
    kept = [Sampled(file=str(tmp_path / f"{i}.npz"), title=f"ball {i}", dimension=PLANE) for i in range(3)]
    for sequence in kept:
        Path(sequence.file).write_bytes(Path(ball.file).read_bytes())
    fields = {"sequences": kept, "population": [], "fold_count": 3, "regularizers": {"barycenter": {"grid": 8}}}
    timeline = Timeline(times=[0.0, 0.5, 1.0], roles=["train", "test", "train"])
    model = trained(timeline, **fields)
    expected = model.predictor(0, 1, N)(0.5).ravel()
    torch.save(model.model(), tmp_path / "model.pt")
    for sequence in kept:
        Path(sequence.file).rename(f"{sequence.file}.moved")
    read = open_model(str(tmp_path / "model.pt"))
    for sequence in read.sequences:
        sequence.file += ".moved"
    points = ball.grid(N).flatten(end_dim=-2)
    found = read.field(0, 1)(torch.cat([points, torch.full_like(points[:, :1], 0.5)], dim=1))
    assert found.numpy() == pytest.approx(expected, abs=1e-5)


def test_an_anchor_is_refused():
    made = opened().configuration.model_copy(update={"anchor": "volume"})
    assert "leave anchor null" in str(made.unfit())
