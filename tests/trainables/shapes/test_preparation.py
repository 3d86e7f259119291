"""Recorded shapes on the domain's grid, against analytic distances; the file; the sequence that is read from it."""

import math
import tracemalloc
from dataclasses import replace

import h5py
import numpy as np
import pytest
import torch

from trainables.metrics.per_time import score
from trainables.shapes.bad_data import BadData
from trainables.shapes.barycenters import barycenter_sdf, frames_of
from trainables.shapes.bifurcation import Bifurcation
from trainables.shapes.measured import measured
from trainables.shapes.preparation import prepare
from trainables.shapes.prepared import Prepared, load
from trainables.shapes.readers.base import example, open_recording
from trainables.shapes.sampled import Sampled
from trainables.shapes.sequence import grid_points
from trainables.shapes.timeline import Timeline

VOXEL = (2.0, 1.0, 0.8)
RADIUS = 8.0


def centre(t: int) -> np.ndarray:
    """Of the moving ball, µm, z y x."""
    return np.array([13.0, 14.0 + 2 * t, 15.0 + t])


def moving_ball() -> np.ndarray:
    position = np.indices((15, 34, 40)).T * VOXEL
    return np.stack([(np.linalg.norm(position - centre(t), axis=-1) < RADIUS).T for t in range(4)]).astype("uint8")


@pytest.fixture
def ball(recordings, tmp_path) -> Sampled:
    prepared = prepare(recordings.of(moving_ball(), VOXEL), resolution=48)
    (tmp_path / "ball.npz").write_bytes(prepared.to_bytes())
    return Sampled(file=str(tmp_path / "ball.npz"), title="ball")


def test_a_ball_of_flat_voxels_keeps_its_place_size_and_distance_in_the_domain(ball):
    prepared = ball.prepared()
    scale = prepared.units_per_length
    x = grid_points(31)
    homogeneous = np.concatenate([x.numpy().reshape(-1, 3), np.ones((31**3, 1))], axis=1)
    physical = (homogeneous @ prepared.affine.T)[:, :3] * VOXEL
    for t, time in enumerate(ball.times()):
        truth = scale * (np.linalg.norm(physical - centre(t), axis=1) - RADIUS).reshape(31, 31, 31)
        found = ball.sdf(x, time).numpy()
        near = np.abs(truth) < 0.4
        assert np.sqrt(((found - truth)[near] ** 2).mean()) < 0.25 * scale
        assert np.abs(found - truth).max() < 0.9 * scale


def test_one_scale_and_one_centre_put_the_whole_sequence_into_the_domain(ball):
    x = grid_points(61)
    inside = torch.stack([ball.sdf(x, time) < 0 for time in ball.times()]).any(0)
    reach = x[inside].abs().amax(0)
    assert float(reach.max()) == pytest.approx(2.2, abs=0.1)
    lowest, highest = x[inside].amin(0), x[inside].amax(0)
    torch.testing.assert_close(lowest, -highest, atol=0.15, rtol=0)


def test_hidden_frames_have_no_say_in_scale_and_place(recordings):
    labels = moving_ball()
    other = labels.copy()
    other[1] = False
    other[1, 2:13, 1:33, 2:39] = True  # far larger, and elsewhere
    other[2] = np.roll(labels[2], -3, axis=1)
    first, second = (
        prepare(
            open_recording(recordings.challenge(values, name=name), VOXEL).sequences().all_usable()[0], 32, shown=[0, 3]
        )
        for name, values in (("first", labels), ("second", other))
    )
    np.testing.assert_array_equal(first.affine, second.affine)
    np.testing.assert_array_equal(first.sdf[[0, 3]], second.sdf[[0, 3]])
    assert not np.array_equal(first.sdf[1], second.sdf[1])
    assert first.metadata["beyond"] == []
    everything = prepare(recordings.of(other, VOXEL), 32)
    assert everything.units_per_length < 0.9 * second.units_per_length


def test_a_hidden_shape_that_reaches_beyond_the_domain_is_told_or_refused(recordings):
    labels = np.zeros((3, 12, 12, 60), "uint8")
    labels[:, 3:9, 3:9, 2:10] = 1
    labels[1, 3:9, 3:9, 2:20] = 1
    (sequence,) = open_recording(recordings.challenge(labels, name="grows")).sequences().all_usable()
    assert prepare(sequence, 24, shown=[0, 2]).metadata["beyond"] == [1]
    labels[1] = np.roll(labels[1], 38, axis=2)
    (sequence,) = open_recording(recordings.challenge(labels, name="leaps")).sequences().all_usable()
    with pytest.raises(BadData, match=r"\(frame 1\): track-01 has left the domain"):
        prepare(sequence, 24, shown=[0, 2])


def test_the_file_says_where_it_came_from(recordings):
    labels = recordings.balls()
    labels[1, 6, 7, :] = 3
    prepared = prepare(recordings.of(labels), resolution=16)
    assert prepared.metadata == {
        "label": "track-03",
        "source": "TRA",
        "reader": "cell-tracking-challenge",
        "unit": "voxel",
        "border": [1],
        "beyond": [],
        "dropped": 0.0,
        "dropped_in": 0,
        "tracks": [[3, 0, 2, 0]],
        "division": None,
        "moments": [0.0, 1.0, 2.0],
        "seconds": None,
        "labels": [0, 3],
        "corners": prepared.metadata["corners"],
    }
    assert prepared.frames.tolist() == [0, 1, 2]
    assert prepared.times.tolist() == [0, 0.5, 1]
    assert prepared.source_shape.tolist() == [14, 16, 18]


def test_a_lineage_knows_when_it_divides(recordings, tmp_path):
    labels = recordings.balls(frames=5)
    labels[3:, :, :, 9:] = np.where(labels[3:, :, :, 9:] > 0, 8, 0)
    labels[3:, :, :, :9] = np.where(labels[3:, :, :, :9] > 0, 7, 0)
    (lineage,) = open_recording(
        recordings.challenge(labels, [(3, 0, 2, 0), (7, 3, 4, 3), (8, 3, 4, 3)])
    ).sequences().all_usable()  # fmt: skip

    def kept(count: int | None) -> Sampled:
        file = tmp_path / f"{count}.npz"
        file.write_bytes(prepare(lineage, resolution=16, count=count).to_bytes())
        return Sampled(file=str(file), title="lineage")

    assert kept(None).division_time() == pytest.approx(2.5 / 4)
    assert kept(4).descriptors() == {"division_time": pytest.approx(2.5 / 3)}
    assert kept(3).division_time() is None  # its frames end before
    assert kept(3).descriptors() == {}


def test_volumes_without_tracks_divide_where_they_fall_apart(recordings):
    x = grid_points(24)
    frames = [Bifurcation().sdf(x, time).numpy() for time in (0.0, 0.5, 0.7, 0.8, 1.0)]

    def division(volumes: list[np.ndarray]) -> float | None:
        (sequence,) = open_recording(recordings.volumes(np.stack(volumes))).sequences().all_usable()
        return prepare(sequence, resolution=32).metadata["division"]

    assert division(frames) == 2.5  # the truth splits at 0.759
    assert division(frames[:3]) is None
    assert division(frames[3:]) is None  # in two pieces from the beginning


def test_the_bytes_are_the_same_every_time_and_survive(recordings):
    sequence = recordings.of(recordings.balls())
    prepared = prepare(sequence, resolution=16)
    content = prepared.to_bytes()
    assert content == prepare(sequence, resolution=16).to_bytes()
    again = Prepared.from_bytes(content)
    assert again.sdf.dtype == np.float16
    assert replace(again, kept=prepared.kept).to_bytes() == content
    assert prepare(sequence, resolution=16, count=2).frames.tolist() == [0, 1]
    assert prepare(sequence, resolution=16, dtype="float32").sdf.dtype == np.float32


def test_the_file_has_the_labels_of_every_frame_where_they_were(recordings, tmp_path):
    labels = recordings.balls()
    labels[1, 0, 0, :2] = 3  # a stray piece is left out of the shape, and is the recording's all the same
    (tmp_path / "a.npz").write_bytes((made := prepare(recordings.of(labels), resolution=16)).to_bytes())
    found = measured(str(tmp_path / "a.npz"), made.metadata)
    for number, truth in enumerate(labels):
        image = np.zeros_like(truth)
        values = found.frame(number)
        image[tuple(slice(a, a + n) for a, n in zip(found.corners[number], values.shape, strict=True))] = values
        np.testing.assert_array_equal(image, truth)


def test_signed_distance_volumes_of_another_scale_give_the_distances_of_their_masks(recordings):
    position = np.indices((40, 40, 40)).T
    truth = np.stack([(np.linalg.norm(position - 19 - t, axis=-1) - RADIUS).T for t in range(2)])
    path = recordings.volumes((np.clip(truth, -3, 3) / 100).astype("float32"))
    (sequence,) = open_recording(path).sequences().all_usable()
    prepared = prepare(sequence, resolution=40)
    x = np.concatenate([grid_points(40).numpy().reshape(-1, 3), np.ones((40**3, 1))], axis=1)
    index = (x @ prepared.affine.T)[:, :3]
    for t in range(2):
        expected = prepared.units_per_length * (np.linalg.norm(index - 19 - t, axis=1) - RADIUS)
        assert np.abs(prepared.sdf[t].ravel() - expected).max() < 0.1


def test_a_volume_cut_by_its_border_is_closed_there(recordings):
    z, y, x = np.indices((20, 20, 20))
    field = (np.sqrt((z - 1) ** 2 + (y - 10) ** 2 + (x - 10) ** 2) - 6).astype("float32")
    path = recordings.volumes(np.stack([field, field]))
    prepared = prepare(open_recording(path).sequences().all_usable()[0], resolution=33)
    assert prepared.metadata["border"] == [0, 1]
    assert (prepared.sdf[0][:, :, 0] > 0).all()
    inverse = np.linalg.inv(prepared.affine)
    (surface,) = (inverse @ [-0.5, 10, 10, 1])[2:3]
    line = prepared.sdf[0].astype(float)[16, 16]
    axis = np.linspace(-3, 3, 33)
    first = int(np.argmax(line < 0))
    crossing = np.interp(0, [line[first], line[first - 1]], [axis[first], axis[first - 1]])
    assert crossing == pytest.approx(surface, abs=0.1)


def test_volumes_are_streamed(tmp_path):
    axis = np.arange(96, dtype="float32") - 47.5
    field = np.sqrt(axis[:, None, None] ** 2 + axis[:, None] ** 2 + axis**2) - 20
    with h5py.File(tmp_path / "large.h5", "w") as file:
        volumes = file.create_dataset("sdf_vid", (96, 96, 96, 24), "float32", chunks=(96, 96, 96, 1))
        for t in range(24):
            volumes[..., t] = field + t / 10
    tracemalloc.start()
    (sequence,) = open_recording(tmp_path / "large.h5").sequences().all_usable()
    prepare(sequence, resolution=16)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 6 * field.nbytes


def test_a_cell_that_its_label_leaves_is_too_small_for_the_grid(recordings):
    labels = np.zeros((2, 5, 300, 5), "uint8")
    labels[0, 2, 1, 2] = labels[1, 2, 298, 2] = 1
    with pytest.raises(BadData, match=r"\(frame 0\): track-01 is so small .* the same cell at all times"):
        prepare(recordings.of(labels), resolution=16)


def test_there_is_no_distance_between_frames(ball):
    with pytest.raises(BadData, match=r"ball has no frame at time 0.5; its frames are at the times 0, 0.333333, 0.66"):
        ball.sdf(grid_points(4), 0.5)
    torch.testing.assert_close(ball.sdf(grid_points(4), 1 / 3 + 5e-7), ball.sdf(grid_points(4), 1 / 3))
    with pytest.raises(BadData):
        ball.sdf(grid_points(4), math.nan)


def test_between_grid_points_it_is_trilinear_and_beyond_the_domain_the_distance_is_added(ball):
    volume = torch.from_numpy(ball.prepared().sdf[0]).double()
    nodes = grid_points(48).double()
    torch.testing.assert_close(ball.sdf(nodes, 0.0), volume, atol=1e-6, rtol=0)
    middle = (nodes[3, 4, 5] + nodes[4, 4, 5]) / 2
    assert float(ball.sdf(middle, 0.0)) == pytest.approx(float(volume[3:5, 4, 5].mean()))
    corner = torch.tensor([3.0, 3.0, -3.0])
    beyond = corner + torch.tensor([3.0, 0.0, -4.0])
    assert float(ball.sdf(beyond, 0.0)) == pytest.approx(float(ball.sdf(corner, 0.0)) + 5)


def test_a_changed_file_is_read_again(ball, recordings, tmp_path):
    before = ball.times()
    other = recordings.challenge(recordings.balls(), name="other")
    content = prepare(open_recording(other).sequences().usable[0], resolution=16).to_bytes()
    (tmp_path / "ball.npz").write_bytes(content)
    assert len(before) == 4
    assert len(ball.times()) == 3


def test_a_file_that_is_absent_pickled_or_something_else(tmp_path):
    with pytest.raises(BadData, match="there is no such prepared file"):
        load(str(tmp_path / "absent.npz"))
    np.savez(tmp_path / "pickled.npz", sdf=np.array([None, {}], dtype=object))
    np.savez(tmp_path / "other.npz", sdf=np.zeros(3))
    (tmp_path / "text.npz").write_text("hello")
    for name in ("pickled", "other", "text"):
        with pytest.raises(BadData, match=f"{name}.npz: not a prepared shape sequence"):
            load(str(tmp_path / f"{name}.npz"))


def test_metrics_and_barycenters_take_it_as_any_other_sequence(ball, tmp_path, monkeypatch):
    monkeypatch.setenv("STUDY_CACHE", str(tmp_path / "cache"))
    timeline = Timeline(times=ball.times(), roles=["train", "test", "test", "train"])
    rows = score(lambda time: ball.sdf(grid_points(24), time).numpy(), ball, timeline, {"train", "test"}, 24)
    assert [row["dice"] for row in rows] == [1, 1, 1, 1]
    assert [row["sequence"] for row in rows] == ["ball"] * 4
    middle = barycenter_sdf(frames_of(ball, [0.0, 1.0]), [(0, 1, 0.5)], grid=24, blur_voxels=1.0)
    assert bool((middle[0] < 0).any())


def test_the_recording_of_the_package_is_prepared(tmp_path):
    sequence = open_recording(example()).sequences([2]).all_usable()[0]
    prepared = prepare(sequence, resolution=32, count=3)
    inside = prepared.sdf < 0
    index = np.argwhere(inside[0]) * 6 / 31 - 3
    voxels = np.concatenate([index, np.ones((len(index), 1))], axis=1) @ prepared.affine.T
    volume = len(voxels) * (6 / 31 / prepared.units_per_length) ** 3
    frame = next(sequence.read())
    assert volume == pytest.approx(frame.values.sum() * np.prod(prepared.voxel), rel=0.15)
    assert prepared.metadata["source"] == "cho_nuclei"
    assert prepared.metadata["border"] == [0, 1, 2]
