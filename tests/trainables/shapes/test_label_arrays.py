"""Labels in NumPy's files, and what Cellpose saves, of which nothing is run."""

import io
import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from tests.trainables.shapes.reading import refused
from trainables.shapes.bad_data import BadData
from trainables.shapes.readers import inert_pickle
from trainables.shapes.readers.base import open_recording
from trainables.testing.readers import masks


def cellpose(masks, **more) -> np.ndarray:
    """What the graphical interface of Cellpose saves: a dictionary in an array of objects."""
    flows = [np.zeros((3, 4), "float32"), None, np.float32(3)]
    held = {"outlines": masks, "chan_choose": [0, 0], "filename": Path("a.tif"), "flows": flows, "masks": masks}
    return np.array(held | more, dtype=object)


def test_cellpose_files_of_a_folder_are_its_frames_though_images_lie_beside(recordings):
    labels = recordings.balls(frames=11)
    for number, frame in enumerate(labels):
        np.save(recordings.folder / f"img_{number}_seg.npy", cellpose(frame))
        (recordings.folder / f"img_{number}.tif").write_bytes(b"an image")
    (sequence,) = open_recording(recordings.folder).sequences().all_usable()
    assert type(sequence.reader).name == "label-arrays"
    assert all((found == (labels[t] > 0)).all() for t, found in masks(sequence).items())
    assert sequence.frames == tuple(range(11))


@pytest.mark.parametrize("kind", [">u2", "<i4", "<u8", "|b1", "<f4"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_an_array_of_a_pickle_is_the_array(kind, order, tmp_path):
    stored = np.arange(24).reshape(2, 3, 4).astype(kind, order=order)
    np.save(tmp_path / "a.npy", cellpose(stored))
    with open(tmp_path / "a.npy", "rb") as file:
        np.lib.format.read_magic(file), np.lib.format.read_array_header_1_0(file)
        (held,) = inert_pickle.read(file).array()
    found = held["masks"].array()
    assert found.dtype == stored.dtype
    assert (found == stored).all()


class Bomb:
    def __reduce__(self):
        return os.makedirs, (os.environ["BOMB"], 0o777, True)


def test_nothing_that_a_pickle_names_is_run(recordings, tmp_path, monkeypatch):
    monkeypatch.setenv("BOMB", str(tmp_path / "exploded"))
    labels = recordings.balls()
    np.save(tmp_path / "a_seg.npy", cellpose(labels, bomb=Bomb(), bombs={Bomb(): [Bomb()]}))
    (sequence,) = open_recording(tmp_path / "a_seg.npy").sequences().all_usable()
    assert len(masks(sequence)) == 3
    assert not (tmp_path / "exploded").exists()
    np.load(tmp_path / "a_seg.npy", allow_pickle=True)
    assert (tmp_path / "exploded").exists(), "the test's bomb works"


def test_protocols_of_old_are_read_too():
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        held = inert_pickle.read(io.BytesIO(pickle.dumps({"a": {1, 2}, "b": [1.5, None]}, protocol)))
        assert held["b"] == [1.5, None]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"masks": None}, "its 'masks' are no array of numbers"),
        ({"flows": 3, "colours": 4}, r"not Cellpose's \(flows, colours\)"),
        ([1, 2], r"not Cellpose's \(other objects\)"),
        ({"masks": np.array(["a"])}, "cannot be read as .npy of plain arrays .an array of type <U1"),
    ],
)
def test_other_pickles_are_refused(content, words, tmp_path):
    held = np.empty((), object)
    held[()] = content
    np.save(tmp_path / "a_seg.npy", held)
    with pytest.raises(BadData, match=words):
        open_recording(tmp_path / "a_seg.npy").sequences()


def test_damaged_files_are_refused(tmp_path, recordings):
    np.save(tmp_path / "whole_seg.npy", cellpose(recordings.balls()))
    content = (tmp_path / "whole_seg.npy").read_bytes()
    for length in (3, 40, 200, len(content) // 2, len(content) - 1):
        (tmp_path / "a_seg.npy").write_bytes(content[:length])
        with pytest.raises(BadData, match=r"a_seg.npy: cannot be read as .npy"):
            open_recording(tmp_path / "a_seg.npy").sequences()


def test_arrays_of_an_npz_are_frames_in_the_order_of_their_numbers(recordings):
    labels = recordings.balls(frames=12)
    path = recordings.folder / "a.npz"
    np.savez(path, **{f"frame_{n}": labels[i] for i, n in enumerate(range(3, 27, 2))})
    (sequence,) = open_recording(path).sequences().all_usable()
    assert sequence.frames == tuple(range(3, 27, 2))
    assert all((found == (labels[(t - 3) // 2] > 0)).all() for t, found in masks(sequence).items())


def test_several_arrays_that_are_no_frames_are_named(recordings):
    path, labels = recordings.folder / "a.npz", recordings.balls()
    for keys in (("masks", "flows"), ("a1", "b2"), ("x1y1", "x1y2")):
        np.savez(path, **dict.fromkeys(keys, labels))
        with pytest.raises(BadData, match=f"no array 'labels', but {', '.join(keys)}"):
            open_recording(path).sequences()


def test_the_axes_of_an_array_are_those_that_the_user_names(recordings):
    labels = recordings.balls()
    path = recordings.folder / "a.npy"
    np.save(path, labels.transpose(1, 0, 2, 3)[:, :, None])
    (sequence,) = open_recording(path, layout="ZTCYX").sequences().all_usable()
    assert all((found == (labels[t] > 0)).all() for t, found in masks(sequence).items())


def test_a_file_of_a_folder_is_one_frame(recordings):
    folder = recordings.folder / "of-files"
    folder.mkdir()
    for n in range(2):
        np.savez(folder / f"t{n}.npz", *recordings.balls())
    with pytest.raises(BadData, match=r"t0.npz: 3 arrays, but a file of a folder is one frame"):
        open_recording(folder).sequences()


@pytest.mark.parametrize("kind", ["npy", "seg"])
def test_labels_renumbered_in_every_frame_are_refused_or_linked(kind, tmp_path):
    labels = np.zeros((4, 8, 8, 8), "uint16")
    for t in range(4):
        labels[t, 2:6, 2:6, 1:3], labels[t, 2:6, 2:6, 5:7] = 1 + t % 2, 2 - t % 2
    np.save(tmp_path / "a.npy", labels if kind == "npy" else cellpose(labels))
    with pytest.raises(BadData, match=r"numbers do not follow cells.* --link"):
        open_recording(tmp_path / "a.npy").sequences()
    found = open_recording(tmp_path / "a.npy", link=True).sequences().all_usable()
    assert [sequence.label for sequence in found] == ["track-01", "track-02"]


@pytest.mark.parametrize("shape", [(0, 6, 8, 8), (0, 8, 8), (3, 6, 8, 0), (3, 0, 8)])
def test_nothing_at_all_is_refused(shape, tmp_path):
    np.save(tmp_path / "labels.npy", np.zeros(shape, np.uint16))
    refused(tmp_path / "labels.npy", "no frame in it|voxels, so none")


def test_a_time_that_may_be_last_is_asked_for(tmp_path):
    labels = np.zeros((4, 24, 32), np.uint16)
    for t in range(4):
        labels[t, 8:16, 6 + t : 14 + t] = 3
    np.save(tmp_path / "labels.npy", np.moveaxis(labels, 0, 2))
    notes = open_recording(tmp_path / "labels.npy").sequences(minimum_frames=2).notes
    assert "its frames are only 4 wide along x, and there are 24: if time comes last, say --layout YXT" in notes
    assert not open_recording(tmp_path / "labels.npy", layout="YXT").sequences().notes
