"""`advection`, an SDF volume whose latent is advected: training, resuming, replicates, saved models, what it costs."""

from __future__ import annotations

import io
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from pydantic import ValidationError
from torch.utils.flop_counter import FlopCounterMode

from trainables.advection.advected_shapes import AdvectedShapes
from trainables.advection.configuration import Networks
from trainables.advection.evolution import model_of
from trainables.advection.networks import Encoder, UNet
from trainables.advection.saved_shapes import SavedShapes
from trainables.advection.shape_advection import ShapeAdvection
from trainables.base import Divergence
from trainables.interpolation import Blend, Blending
from trainables.shapes.bifurcation import Bifurcation, family
from trainables.shapes.sequence import ShapeSequence, grid_points
from trainables.shapes.timeline import Timeline

ALL = {"train", "validation", "test"}
CPU = torch.device("cpu")
SMALL = Networks(encoder=[2], ends=2, filters=[2], bottleneck=2, field_kernel=3)
SPARSE, DENSE = Timeline.shown({0, 4}, 4), Timeline.shown({0, 2, 4}, 4)


def small(sequences: list[ShapeSequence] | None = None, **fields) -> ShapeAdvection:
    given = {"networks": SMALL, "resolution": 8, "evaluation_grid": 12, "evolution_steps": 3, "epochs": 6}
    return ShapeAdvection(sequences=sequences or [Bifurcation()], **(given | fields))


def opened(configuration: ShapeAdvection, seeds=(1,), timeline: Timeline = SPARSE) -> AdvectedShapes:
    return AdvectedShapes(configuration.model_dump(mode="json"), timeline, list(seeds), CPU)


def trained(trainable: AdvectedShapes, until: int | None = None) -> AdvectedShapes:
    while trainable.epoch < (trainable.epochs if until is None else until):
        trainable.train_epoch()
    return trainable


def table(trainable: AdvectedShapes) -> pd.DataFrame:
    return pd.DataFrame(trainable.rows(ALL))


def test_training_lowers_the_loss():
    configuration = small(epochs=40, training={"learning_rate": 5e-3})
    curves = trained(opened(configuration)).curves()
    assert curves[-1]["loss"] < 0.3 * curves[0]["loss"]
    assert {"dynamics", "autoencoder", "magnitude", "smoothness"} <= set(curves[0])


def test_a_model_for_every_replicate_sequence_and_pair_and_a_row_for_every_time():
    trainable = trained(opened(small(family(2)), (1, 2), DENSE), 1)
    assert len(trainable.learners) == 2 * 2 * 2
    rows = table(trainable)
    assert len(rows) == 2 * 2 * 5
    assert set(rows["sequence"]) == {"bifurcation-00", "bifurcation-01"}
    blended = Blending(
        Blend(sequences=family(2), rules={"linear": {}}, evaluation_grid=12).model_dump(mode="json"), DENSE, [1, 2], CPU
    )
    assert [*rows, "notes"] == list(pd.DataFrame(blended.rows(ALL))), "a rule may have something to say"
    assert len(trainable.surfaces(1)) == 10


def test_a_trainable_that_stops_and_goes_on_is_one_that_did_not():
    configuration = small(family(2))
    whole = trained(opened(configuration, (1, 2), DENSE))
    begun = trained(opened(configuration, (1, 2), DENSE), 3)
    resumed = opened(configuration, (1, 2), DENSE)
    resumed.restore(begun.state())
    resumed.epoch = 3
    pd.testing.assert_frame_equal(table(trained(resumed)), table(whole))
    assert resumed.curves() == whole.curves()


def test_a_replicate_and_a_sequence_are_learned_alone_as_among_others():
    members = family(2)
    both = table(trained(opened(small(members), (1, 2))))
    alone = small(members)
    alone.restrict([members[1].label])
    mine = both[(both.replicate == 1) & (both.sequence == members[1].label)].drop(columns="replicate")
    found = table(trained(opened(alone, (2,)))).drop(columns="replicate")
    pd.testing.assert_frame_equal(found, mine.reset_index(drop=True))
    assert both[both.replicate == 0].chamfer.tolist() != both[both.replicate == 1].chamfer.tolist()


def moving(self, points, time):
    """A ball of radius 1 that moves by 1.6 domain units along x."""
    return (points - points.new_tensor([1.6 * time - 0.8, 0, 0])).norm(dim=-1) - 1


def test_between_two_places_of_a_ball_it_is_nearer_to_the_truth_than_their_blend(monkeypatch):
    monkeypatch.setattr(Bifurcation, "sdf", moving)
    ball: list[ShapeSequence] = [Bifurcation(member=99)]  # not what any other test has kept the truth of
    networks = Networks(encoder=[4], ends=4, filters=[4, 8], bottleneck=8, field_kernel=3)
    configuration = small(
        ball, networks=networks, resolution=12, epochs=60, evolution_steps=6, evaluation_grid=24, smoothness_weight=0.1,
        training={"learning_rate": 5e-3},
    )  # fmt: skip
    blend = Blend(sequences=ball, rules={"linear": {}}, evaluation_grid=24).model_dump(mode="json")
    rows = pd.DataFrame(trained(opened(configuration)).rows({"test"}))
    blended = pd.DataFrame(Blending(blend, SPARSE, [1], CPU).rows({"test"}))
    assert rows.time.tolist() == [0.5]
    assert rows.dice[0] > blended.dice[0] + 0.1
    assert rows.chamfer[0] < 0.7 * blended.chamfer[0]


def test_a_model_that_diverges_is_named_and_scored_as_empty_between_its_frames_alone():
    trainable = opened(small(), (1,), DENSE)
    with torch.no_grad():
        trainable.learners[1].model.field.output.weight.fill_(float("nan"))
    trained(trainable, 2)
    assert "replicate 0, bifurcation, from t = 0.5 to 1: " in trainable.guard.reasons[1]
    flagged = table(trainable).groupby("time")[["empty", "diverged"]].max()
    assert flagged.loc[[0.5, 0.75, 1.0]].all(axis=None)
    assert not flagged.loc[[0.0, 0.25], "diverged"].any()
    predict = trainable.predictor(0, 0, 8)
    assert np.isfinite(predict(0.25)).all()
    assert np.isinf(predict(0.5)).all()
    saved = SavedShapes(trainable.model()).field(0, 0)
    given = torch.tensor([[0.0, 0, 0, 0.25], [0, 0, 0, 0.75]])
    assert saved(given)[1] == 1.0
    with torch.no_grad():
        trainable.learners[0].model.field.output.weight.fill_(float("nan"))
    with pytest.raises(Divergence):
        trainable.train_epoch()


def test_a_saved_model_is_the_trained_one():
    trainable = trained(opened(small(family(2)), (1, 2), DENSE))
    buffer = io.BytesIO()
    torch.save(trainable.model(), buffer)
    saved = SavedShapes(torch.load(io.BytesIO(buffer.getvalue()), weights_only=True))
    assert saved.replicates == 2
    grid = grid_points(8).reshape(-1, 3)
    times = [0.0, 0.3, 0.5, 0.9, 1.0]
    given = torch.cat([torch.cat([grid, torch.full_like(grid[:, :1], time)], dim=1) for time in times])
    found = saved.field(1, 1)(given).view(len(times), 8, 8, 8).numpy()
    for volume, time in zip(found, times, strict=True):
        np.testing.assert_allclose(volume, trainable.predictor(1, 1, 8)(time), atol=1e-5)


def test_one_volume_alone_is_convolved_as_among_others():
    volumes = torch.randn(3, 1, 9, 8, 11)
    for network in (Encoder([3, 3], 3, 3), UNet(4, 2, [2, 4], 4, 3, 3)):
        together = network(volumes)
        assert together.shape[2:] == volumes.shape[2:]
        for i in range(3):
            assert (network(volumes[i : i + 1]) - together[i : i + 1]).abs().max() < 1e-5


@pytest.mark.parametrize("space", ["latent", "image"])
def test_what_a_training_takes_is_what_pytorch_counts(space):
    networks = Networks(encoder=[3, 2], ends=2, filters=[2, 4], bottleneck=3, field_kernel=5)
    configuration = small(family(2), networks=networks, resolution=16, epochs=1, space=space)
    trainable = opened(configuration, (1,), DENSE)
    with FlopCounterMode(display=False) as counted:
        trainable.train_epoch()
    # η is given a volume that is alone twice; the first layers need no gradient of what they are given.
    alone = sum(6.0 * c.weights * c.side**3 for c in configuration.convolutions(16, 3) if c.inputs == 1) * 4
    assert counted.get_total_flops() == pytest.approx(configuration.operations(3) + alone, rel=0.03)
    kept = sum(v.numel() for v in model_of(configuration).state_dict().values())
    assert configuration.model_bytes(3) == 4 * (2 * 2 * kept + 2 * 3 * 16**3)


def test_a_saved_model_needs_nothing_that_mlflow_does_not_install():
    """What `study.tracking.model.REQUIREMENTS` names holds for these models too: no scikit-image, no pyarrow."""
    code = (
        "import sys; import trainables.autodecoder.model, trainables.advection.saved_shapes; "
        "print(*{'skimage', 'pyarrow', 'ray', 'h5py', 'tifffile'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_residual_networks_begin_near_the_identity():
    torch.manual_seed(0)
    volume = torch.randn(2, 1, 8, 8, 8).clamp(-1, 1)
    near, far = (model_of(small(residual=residual)) for residual in (True, False))
    errors = [float((m.decode(m.encode(volume)) - volume).square().mean().detach()) for m in (near, far)]
    assert errors[0] < 0.1 < errors[1]


def test_volumes_must_be_large_enough_for_the_network():
    with pytest.raises(ValidationError, match="resolution = 8 is too small to be halved 3 times"):
        small(networks=Networks(filters=[2, 2, 2]))
