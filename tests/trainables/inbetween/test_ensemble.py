"""The ensemble of films: the mean image of all replicates, and of draws of them."""

import numpy as np
import pandas as pd
import pytest

from tests.trainables.inbetween.test_methods import ALL as ROLES
from tests.trainables.inbetween.test_methods import opened
from trainables.draws import ALL
from trainables.inbetween.baselines import references
from trainables.inbetween.predicted import Average, Predicted
from trainables.inbetween.scores import frame_scores


class Constant(Predicted):
    def __init__(self, value: float, moves: bool = True) -> None:
        self.value, self.moves = value, moves

    def frame(self, time):
        return np.full((4, 4), self.value + time)

    def displacement(self, time):
        return np.full((4, 4, 2), self.value * time) if self.moves else None


def test_an_average_weighs_images_and_displacements():
    told = [Constant(1.0), Constant(4.0), Constant(np.nan)]
    mean = Average(told, np.array([2 / 3, 1 / 3, 0.0]))
    assert mean.frame(0.5) == pytest.approx(np.full((4, 4), 2.5))
    assert mean.displacement(0.5) == pytest.approx(np.full((4, 4, 2), 1.0))
    assert Average([Constant(1.0), Constant(4.0, moves=False)], np.array([0.5, 0.5])).displacement(1.0) is None


def test_the_mean_image_of_the_replicates_is_scored(small):
    model = opened(small, 2, replicates=3)
    for _ in range(small.epochs):
        model.train_epoch()
    rows = pd.DataFrame(model.ensemble([], ROLES))
    mean = rows[rows["draw"] == ALL]
    single = pd.DataFrame(model.rows(ROLES))
    assert len(mean) * 3 == len(single)
    assert set(mean["replicates"]) == {3}
    assert rows.loc[rows["draw"] != ALL].groupby("draw").size().nunique() == 1
    for index, address in enumerate(model.addresses):
        label = next(window.label for where, window in model.windows if where == address)
        frame = np.mean([model.predicted(replicate, index).frame(0.5) for replicate in range(3)], axis=0)
        truth = model.pictures.frames[address[0], address[1] + 1]
        expected = frame_scores(frame, truth, np.isfinite(truth), model.pictures.span)
        found = mean[(mean["sequence"] == label) & (mean["time"] == 0.5)].iloc[0]
        assert found["psnr"] == pytest.approx(expected["psnr"], rel=1e-5)


def test_a_diverged_replicate_is_left_out_of_the_mean_image(small):
    model = opened(small, 2, replicates=3)
    alone = pd.DataFrame(model.ensemble([], ROLES))
    lost = model.networks.index((1, 0))
    model.guard.reasons[lost] = "diverged"
    rows = pd.DataFrame(model.ensemble([], ROLES))
    label = model.windows[0][1].label
    assert set(rows.loc[rows["sequence"] == label, "replicates"]) == {2}
    other = rows["sequence"] != label
    pd.testing.assert_frame_equal(rows[other], alone[alone["sequence"] != label])


def test_a_method_without_a_network_is_its_own_ensemble(fields):
    model = opened(references(**fields)["linear-blend"], 2, replicates=2)
    rows = model.rows(ROLES)
    mean = model.ensemble(rows, ROLES)
    assert [row["psnr"] for row in mean] == [row["psnr"] for row in rows if row["replicate"] == 0]
    assert {row["draw"] for row in mean} == {ALL}
