"""Cross-validated training: rows of every replicate, what is predicted, what a checkpoint brings back."""

import math

import numpy as np
import pandas as pd
import pytest
import torch
from pydantic import ValidationError

from tests.trainables.reconstruction.made import triplets
from trainables.base import Divergence
from trainables.reconstruction import folds
from trainables.reconstruction.configuration import ReconstructionConfiguration, Topology
from trainables.reconstruction.display import display_rows, displayed
from trainables.reconstruction.images import Images
from trainables.reconstruction.reconstruction import Reconstruction
from trainables.shapes.timeline import Timeline

CPU = torch.device("cpu")


def configuration(file: str, **fields) -> ReconstructionConfiguration:
    made = triplets(20)
    members = folds.assigned(made.labels, made.classes(), 6, 3, 5)
    small = {"side": 16, "resolution": 16, "filters": 2, "epochs": 2, "batch": 4}
    return ReconstructionConfiguration(**{"file": file, "images": members} | small | fields)


def opened(given: ReconstructionConfiguration, seeds: list[int]) -> Reconstruction:
    return Reconstruction(given.model_dump(mode="json"), Timeline.none(), seeds, CPU)


def finished(found: Reconstruction) -> Reconstruction:
    while found.epoch < found.epochs:
        found.train_epoch()
    return found


def test_each_image_is_tested_once_in_five_replicates(file):
    rows = pd.DataFrame(opened(configuration(file), list(range(5))).rows({"validation", "test"}))
    tested = rows[rows.role == "test"]
    assert len(tested) == 14
    assert tested.sequence.is_unique
    assert set(rows["class"]) == {"flat", "tall"}
    assert (tested.fold == tested.replicate).all()
    by_label = {m.label: m.fold for m in configuration(file).images}
    assert (tested.fold == tested.sequence.map(by_label)).all()
    watched = rows[rows.role == "validation"]
    assert (watched.sequence.map(by_label) == (watched.fold + 1) % 5).all()
    assert rows[["iou_error", "volume_error", "surface_error", "roughness_error"]].notna().all().all()


def test_a_search_trial_never_tests(file):
    given = configuration(file)
    given.restrict([m.label for m in given.images if m.aside])
    rows = opened(given, [1, 2, 3]).rows({"validation", "test"})
    assert {row["role"] for row in rows} == {"validation"}
    assert sorted(row["sequence"] for row in rows) == sorted(given.labels())


def test_no_image_is_trained_on_where_it_is_scored(file):
    found = opened(configuration(file), list(range(5)))
    for replicate in range(5):
        parts = [set(found.at(replicate, role)) for role in ("train", "validation", "test")]
        assert sum(map(len, parts)) == len(set().union(*parts)) == 14


def test_a_restored_one_gives_the_same_rows(file):
    given = configuration(file, adversarial_epochs=1, topology=Topology(size=8))
    straight = finished(opened(given, [3, 4, 5, 6, 7]))
    half, other = opened(given, [3, 4, 5, 6, 7]), opened(given, [3, 4, 5, 6, 7])
    half.train_epoch()
    other.restore(half.state())
    other.epoch = half.epoch
    finished(other)
    pd.testing.assert_frame_equal(pd.DataFrame(straight.rows({"test"})), pd.DataFrame(other.rows({"test"})))
    assert [c["replicate"] for c in other.curves()] == [c["replicate"] for c in straight.curves()]
    assert {"loss", "supervised", "topology", "adversarial", "discriminator", "validation"} <= set(other.curves()[0])


def test_what_is_scored_is_what_the_best_weights_predict(file):
    found = finished(opened(configuration(file), [0] * 5))
    learner = found.learners[0]
    before = found.likelihoods(0, [0, 1])
    with torch.no_grad():
        for parameter in learner.network.parameters():
            parameter.zero_()
    np.testing.assert_array_equal(found.likelihoods(0, [0, 1]), before)
    kept = found.model()
    assert kept is not None
    assert kept["held_out"] == list(range(5))
    for name, value in kept["networks"][0].items():
        torch.testing.assert_close(value, learner.best[name], rtol=0, atol=0)


def test_a_diverged_replicate_is_scored_as_empty_and_the_others_go_on(file):
    found = opened(configuration(file), list(range(5)))
    with torch.no_grad():
        found.learners[2].network.decoder[-1].weight.fill_(math.nan)
    finished(found)
    assert list(found.guard.reasons) == [2]
    assert found.guard.reasons[2].startswith("replicate 2 (fold 2): loss is not finite at epoch 1")
    rows = pd.DataFrame(found.rows({"test"}))
    lost = rows[rows.replicate == 2]
    assert len(lost) > 0
    assert lost["empty"].all()
    assert (lost[["iou_error", "volume_error", "surface_error", "roughness_error"]] == 1.0).all().all()
    assert {c["replicate"] for c in found.curves() if c["epoch"] == 2} == {0, 1, 3, 4}


def test_nothing_is_left_when_all_diverge(file):
    found = opened(configuration(file, learning_rate=1.0), list(range(5)))
    with torch.no_grad():
        for learner in found.learners:
            learner.network.decoder[-1].weight.fill_(math.inf)
    with pytest.raises(Divergence, match=r"replicate 0 \(fold 0\)"):
        finished(found)


def test_a_lower_resolution_sees_means_and_is_scored_on_the_data_s_own():
    big = triplets(4)
    double = [np.kron(v, np.ones((2,) * v.ndim, np.uint8)) for v in (big.volumes[0], big.masks[0], big.images[0])]
    volumes, masks, images = (np.stack([d] * 4) for d in double)
    found = Images(type(big)(labels=big.labels, volumes=volumes, masks=masks, images=images), 16, CPU)
    plain = Images(big, 16, CPU)
    torch.testing.assert_close(found.inputs[0], plain.inputs[0])
    torch.testing.assert_close(found.volumes[0], plain.volumes[0])
    assert found.truths.shape == (4, 32, 32, 32)
    assert found.inputs[0, 0].sum() > 0
    torch.testing.assert_close(plain.inputs[0, 1], torch.as_tensor(big.images[0] / 255 * (big.masks[0] > 127)).float())


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"resolution": 24, "side": 32}, "resolution = 24 is not a power of two"),
        ({"resolution": 32}, "resolution = 32 is finer than the data, of side 16"),
        ({"topology": Topology(size=32)}, "topology.size = 32 is finer than the resolution, 16"),
        ({"batch": 1}, "greater than or equal to 2"),
        ({"topology": {"weight": -1}}, "greater than or equal to 0"),
        ({"topology": {"dimensions": "3"}}, "'0', '1', '2' or 'all'"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(file, fields, said):
    with pytest.raises(ValidationError, match=said):
        configuration(file, **fields)


def test_an_image_that_is_not_there_is_refused(file):
    with pytest.raises(ValueError, match="there is no image nobody"):
        configuration(file).restrict(["nobody"])


def test_some_of_every_class_are_shown():
    kinds = ["a"] * 10 + ["b"] * 3 + ["c"]
    shown = [kinds[i] for i in displayed(kinds)]
    assert len(shown) == 6
    assert [shown.count(kind) for kind in "abc"] == [3, 2, 1]


def test_what_is_shown_is_the_image_the_truth_and_a_surface_of_the_right_size():
    made = triplets(2)
    truth = made.volumes[0] > 127
    picture = made.images[0] / 255
    rows = {row["kind"]: row for row in display_rows("x", picture, truth, truth * 0.9 + 0.05)}
    assert set(rows) == {"input", "true", "predicted"}
    np.testing.assert_allclose(rows["input"]["pixels"], picture.ravel(), rtol=1e-6)
    # Otsu's level lies right above the lower of two values, so up to a voxel further out.
    for kind, within in (("true", 0.01), ("predicted", 6 / 16)):
        vertices = rows[kind]["vertices"].reshape(-1, 3)
        extent = vertices.max(0) - vertices.min(0)
        depth, down, across = (np.ptp(np.flatnonzero(truth.any(axis))) + 1 for axis in ((1, 2), (0, 2), (0, 1)))
        np.testing.assert_allclose(extent, np.array([across, down, depth]) * 6 / 16, atol=within)
        assert np.abs(vertices.mean(0)).max() < 0.3
    nothing = {row["kind"]: row for row in display_rows("x", picture, truth, np.zeros_like(truth, dtype=float))}
    assert len(nothing["predicted"]["vertices"]) == 0
