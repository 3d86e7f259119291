"""The two methods that need no network."""

import pandas as pd
import pytest
import torch

from trainables.interpolation import BarycenterOnly, Blending, LinearBlend, Transporting
from trainables.shapes.bifurcation import Bifurcation
from trainables.shapes.timeline import Timeline


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setenv("STUDY_CACHE", str(tmp_path))


def rows(kind, configuration) -> pd.DataFrame:
    fields = configuration(sequences=[Bifurcation()], evaluation_grid=20).model_dump(mode="json")
    model = kind(fields, Timeline.shown({0, 8}, 8), [1, 2], torch.device("cpu"))
    return pd.DataFrame(model.rows({"train", "validation", "test"}))


@pytest.mark.parametrize(
    ("kind", "configuration"),
    [(Blending, LinearBlend), (Transporting, lambda **f: BarycenterOnly(barycenter_grid=20, **f))],
)
def test_shown_frames_are_exact_and_replicates_equal(kind, configuration):
    found = rows(kind, configuration)
    shown = found[found.role == "train"]
    assert (shown.chamfer == 0).all()
    assert (shown.dice == 1).all()
    assert (found[found.role == "test"].dice < 1).all()
    one, other = (found[found.replicate == r].drop(columns="replicate").reset_index(drop=True) for r in (0, 1))
    pd.testing.assert_frame_equal(one, other)


def test_a_time_halfway_is_the_mean_of_its_neighbours():
    fields = LinearBlend(sequences=[Bifurcation()], evaluation_grid=12).model_dump(mode="json")
    model = Blending(fields, Timeline.shown({0, 4, 8}, 8), [0], torch.device("cpu"))
    assert model.timeline.neighbours(0.25) == (0, 0.5)
    assert model.timeline.neighbours(0.5) == (1, 0.0)
    assert model.timeline.neighbours(1.0) == (1, 1.0)
    predict = model.predictor(Bifurcation(), 12)
    assert predict(0.25) == pytest.approx((predict(0.0) + predict(0.5)) / 2, abs=1e-6)
