"""The mean of all replicates as one prediction: the same as on a dense grid, with draws, without what diverged."""

import json
from dataclasses import asdict

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch

from tests.trainables.autodecoder.test_autodecoder import trained
from tests.trainables.autodecoder.test_latent_generalization import trained as trained_codes
from tests.trainables.test_actor import actor, request, to_end, without_clock
from trainables.draws import ALL, DRAWS, of_one, weights
from trainables.ensemble import Known, Together, scored
from trainables.interpolation import Blending, blends
from trainables.metrics.per_time import score
from trainables.shapes.bifurcation import Bifurcation
from trainables.shapes.sequence import grid_points
from trainables.shapes.sphere import training_spheres
from trainables.shapes.timeline import Timeline

ROLES = {"train", "validation", "test"}
SPARSE = Timeline.shown({0, 4}, 4)
N = 24


def ball(radius: float, centre: float = 0.0):
    x = grid_points(N).numpy() - np.array([centre, 0.0, 0.0])
    return lambda time: (np.linalg.norm(x, axis=-1) - radius).astype(np.float32)


def test_weights_are_those_of_a_bootstrap_and_the_same_in_every_call():
    drawn = weights(6, 500)
    assert np.array_equal(drawn, weights(6, 500))
    assert np.allclose(drawn.sum(axis=1), 1)
    assert np.allclose(drawn * 6, np.round(drawn * 6))
    assert np.allclose(drawn.mean(axis=0), 1 / 6, atol=0.02)
    assert drawn.var() == pytest.approx(5 / 6**3, rel=0.05)  # binomial(6, 1/6) / 6
    assert weights(1).shape == (0, 1)


def test_the_zero_level_of_a_mean_of_balls_is_a_ball_of_the_mean_radius():
    radii = np.array([0.8, 1.2, 1.9])
    together = Together([Known(ball(r), N) for r in radii], N)
    for drawn in weights(3, 5):
        mean, true = together.mean(drawn)(0.5), ball(float(drawn @ radii))(0.5)
        assert np.array_equal(mean < 0, true < 0)
        near = np.abs(true) < 0.2
        assert mean[near] == pytest.approx(true[near], abs=1e-5)


def test_a_mean_is_exact_at_every_corner_of_its_surface_though_members_know_only_their_own_bands():
    class Banded(Known):
        """Of the right sign alone, wherever a surface does not pass close by."""

        def __call__(self, time):
            exact = super().__call__(time)
            return np.where(np.abs(exact) < 0.3, exact, np.sign(exact) * 7).astype(np.float32)

        def at(self, time, where):
            return self.predict(time)[where]

    shapes = [ball(0.7), ball(0.7, 1.5), ball(1.4, -0.8)]
    even = np.full(3, 1 / 3)
    found = Together([Banded(shape, N) for shape in shapes], N).mean(even)
    rows = score(found, Bifurcation(), SPARSE, ROLES, N)
    dense = score(lambda time: sum(shape(time) for shape in shapes) / np.float32(3), Bifurcation(), SPARSE, ROLES, N)
    for row, expected in zip(rows, dense, strict=True):
        assert row["chamfer"] == pytest.approx(expected["chamfer"], abs=1e-6)
        assert row["dice"] == expected["dice"]


def test_what_diverged_is_left_out_and_an_ensemble_of_nothing_is_empty():
    lost = Known(lambda time: np.full((N,) * 3, np.inf, dtype=np.float32), N)
    good = [Known(ball(1.0), N), Known(ball(1.1), N)]
    with_lost, without = (
        pd.DataFrame(scored(members, Bifurcation(), SPARSE, ROLES, N)) for members in ([*good, lost], good)
    )
    pd.testing.assert_frame_equal(with_lost, without)
    rows = scored([lost, lost], Bifurcation(), SPARSE, ROLES, N)
    assert {row["draw"] for row in rows} == {ALL}
    assert all(row["empty"] and row["replicates"] == 0 for row in rows)


def test_a_value_that_is_not_finite_reaches_only_draws_of_its_member():
    broken = ball(1.0)(0.0)
    broken[N // 2, N // 2, N // 2] = np.inf
    together = Together([Known(lambda time: broken, N), Known(ball(1.0), N)], N)
    assert np.array_equal(together.mean(np.array([0.0, 1.0]))(0.0) < 0, ball(1.0)(0.0) < 0)
    assert np.isfinite(together.mean(np.array([0.5, 0.5]))(0.0)).all()


@pytest.mark.parametrize("shared", [True, False])
def test_the_ensemble_of_decoders_is_the_mean_of_their_predictions_on_the_dense_grid(shared):
    spheres = training_spheres()[:2]
    model = trained(80, (1, 2, 3), sequences=spheres, shared=shared, regularizers={}, learning_rate=5e-3)
    rows = pd.DataFrame(model.ensemble([], ROLES))
    mean = rows[rows["draw"] == ALL]
    assert mean.groupby("sequence").size().tolist() == [5, 5]
    assert sorted(rows["draw"].unique()) == [ALL, *range(DRAWS)]
    assert set(rows.loc[rows["draw"] != ALL, "role"]) == {"validation", "test"}
    for position, sequence in enumerate(spheres):

        def dense(time, position=position):
            found = model.predict(time, 12).detach()
            each = found[:, position] if shared else found[position :: len(spheres), 0]
            return each.mean(0).numpy()

        expected = pd.DataFrame(score(dense, sequence, SPARSE, ROLES, 12))
        found = mean[mean["sequence"] == sequence.label]
        assert found["chamfer"].tolist() == pytest.approx(expected["chamfer"].tolist(), abs=1e-6)
        assert found["dice"].tolist() == pytest.approx(expected["dice"].tolist())


def test_codes_of_unseen_sequences_have_an_ensemble_at_the_times_that_are_scored():
    model = trained_codes(11)
    rows, single = pd.DataFrame(model.ensemble([], ROLES)), pd.DataFrame(model.rows(ROLES))
    address = ["sequence", "time_index", "time", "role", "z1", "z2"]
    mean = rows[rows["draw"] == ALL][address].reset_index(drop=True)
    pd.testing.assert_frame_equal(mean, single[single["replicate"] == 0][address].reset_index(drop=True))


def test_a_rule_without_a_network_is_its_own_ensemble_and_is_not_computed_twice():
    fields = blends([Bifurcation()], ["linear"], evaluation_grid=12)["linear-blend"].model_dump(mode="json")
    model = Blending(fields, SPARSE, [1, 2], torch.device("cpu"))
    rows = model.rows(ROLES)
    model.predictor = None
    mean = model.ensemble(rows, ROLES)
    assert len(mean) == 5
    for one, single in zip(mean, rows[:5], strict=True):
        assert one["draw"] == ALL
        assert one["replicates"] == 1
        assert one["chamfer"] == single["chamfer"]


def test_an_actor_reports_ensembles_when_asked_and_the_same_after_it_died(tmp_path):
    whole = to_end(actor(request(tmp_path / "whole", ensemble=True)))
    assert "ensembles" not in whole[0]
    rows = pa.ipc.open_stream(whole[-1]["ensembles"]).read_all().to_pandas()
    assert list(rows.columns[:6]) == ["study", "run", "trial", "phase", "draw", "replicates"]
    assert set(rows["role"]) == {"train", "validation"}
    dying = request(tmp_path / "dying", ensemble=True)
    actor(dying).step()
    resumed = to_end(actor(dying))
    assert without_clock(resumed[-1]) == without_clock(whole[-1])
    again = to_end(actor(dying))  # killed after its last checkpoint, before the driver wrote the rows
    assert without_clock(again[-1]) == without_clock(whole[-1])


def test_one_replicate_is_its_own_ensemble(tmp_path):
    result = to_end(actor(request(tmp_path, ensemble=True, seeds=[11])))[-1]
    rows = pa.ipc.open_stream(result["ensembles"]).read_all().to_pandas()
    single = pa.ipc.open_stream(result["rows"]).read_all().to_pandas()
    assert rows["chamfer"].tolist() == single["chamfer"].tolist()
    assert set(rows["draw"]) == {ALL}


def test_requests_with_and_without_an_ensemble_do_not_share_a_checkpoint(tmp_path):
    given = request(tmp_path)
    assert given.fingerprint() != request(tmp_path, ensemble=True).fingerprint()
    assert json.loads(json.dumps(asdict(given)))["ensemble"] is False
    assert of_one([]) == []
