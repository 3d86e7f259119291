"""Recordings that cannot be used: one sentence with the file, the frame and what to do."""

import re
import shutil

import h5py
import numpy as np
import pytest
import tifffile

from trainables.shapes.bad_data import BadData
from trainables.shapes.readers.base import available, open_recording


def sentence(path, *words: str, tracks=None) -> str:
    """What is said about a recording; every one of the regular expressions `words` must be in it."""
    with pytest.raises(BadData) as caught:
        open_recording(path).sequences(tracks).all_usable()
    text = str(caught.value)
    assert "\n" not in text
    for word in words:
        assert re.search(word, text), f"{word!r} is not in {text!r}"
    return text


def test_a_path_that_no_reader_recognises(tmp_path):
    (tmp_path / "notes.txt").write_text("hello")
    for path in (tmp_path, tmp_path / "notes.txt"):
        text = sentence(path, "not a recording")
        assert all(reader.accepts in text for reader in available().values())
    sentence(tmp_path / "absent", "absent: there is no such file or folder")


@pytest.mark.parametrize("fraction", [0.2, 0.6, 0.97])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_a_truncated_tiff(fraction, compression, recordings):
    folder = recordings.challenge(recordings.balls())
    broken = folder / "man_track001.tif"
    noise = np.random.default_rng(0).integers(1, 999, (14, 64, 64)).astype("uint16")
    tifffile.imwrite(broken, noise, compression=compression)
    broken.write_bytes(broken.read_bytes()[: int(fraction * broken.stat().st_size)])
    sentence(folder, "man_track001.tif", "truncated|damaged", "copy it again")


@pytest.mark.parametrize("kind", ["tiff_4d", "tiff_imagej"])
def test_a_truncated_tiff_of_all_frames(kind, recordings):
    path = getattr(recordings, kind)(recordings.balls())
    path.write_bytes(path.read_bytes()[: path.stat().st_size - 200])
    sentence(path, path.name, "truncated|damaged")


def test_a_file_that_only_calls_itself_tiff(recordings):
    folder = recordings.challenge(recordings.balls())
    (folder / "man_track002.tif").write_bytes(b"no image at all")
    sentence(folder, "man_track002.tif", "cannot be read as TIFF")


def test_values_that_are_no_whole_numbers(recordings):
    values = recordings.balls() * 0.37
    sentence(
        recordings.tiff_4d(values.astype("float32")), "frame 0", "it has the value 1.11", "labels are whole numbers"
    )


def test_grey_values_instead_of_labels(recordings):
    noise = np.random.default_rng(0).poisson(200, (3, 14, 16, 18)).astype("uint16")
    sentence(recordings.tiff_folder(noise), r"t0.tif \(frame 0\)", "look like grey values", "give the label images")


def test_frames_of_different_size(recordings):
    folder = recordings.challenge(recordings.balls())
    tifffile.imwrite(folder / "man_track002.tif", recordings.balls()[2, :, :-1])
    sentence(folder, r"man_track002.tif \(frame 2\): \(14, 15, 18\)", "all frames must be of one size")


@pytest.mark.parametrize("kind", ["challenge", "tiff_folder", "tiff_4d", "npz"])
def test_a_mask_that_fills_the_volume(kind, recordings):
    labels = recordings.balls()
    labels[1] = 3
    sentence(getattr(recordings, kind)(labels), r"\(frame 1\)", "fills the whole volume")


@pytest.mark.parametrize("kind", ["challenge", "tiff_folder", "tiff_4d", "npz", "hdf5"])
def test_one_frame_only(kind, recordings):
    labels = recordings.balls(frames=1)
    sentence(getattr(recordings, kind)(labels), "one frame only")


def test_one_file_without_the_axis_of_time(recordings):
    sentence(recordings.tiff_4d(recordings.balls()[0, 0]), "2 axes", "named YX", "one file must have t, y, x")
    sentence(recordings.npz(recordings.balls()[0, 0]), "2 axes", "one file must have t, y, x")


def test_a_file_whose_time_is_called_depth(recordings, tmp_path):
    import tifffile

    path = tmp_path / "named.tif"
    tifffile.imwrite(path, recordings.balls()[:, 6], imagej=True, metadata={"axes": "ZYX"})
    sentence(path, "3 axes", "named ZYX", "where z is time, say --layout TYX")
    assert open_recording(path, layout="TYX").sequences().all_usable()[0].shape == recordings.balls().shape[2:]


def test_frames_of_which_some_have_depth_and_some_do_not(recordings):
    import tifffile

    folder = recordings.challenge(recordings.balls())
    tifffile.imwrite(folder / "man_track001.tif", recordings.balls()[1, 6])
    sentence(folder, "man_track001.tif", "all frames must be of one size")


def test_nothing_labelled(recordings):
    sentence(recordings.npz(0 * recordings.balls()), "there is no track")


@pytest.mark.parametrize("kind", ["challenge", "npz", "hdf5"])
def test_a_track_number_that_is_not_there(kind, recordings):
    sentence(getattr(recordings, kind)(recordings.balls()), "there is no track 7", tracks=[7])


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("3 0 2\n", ["row 1", "'3 0 2' is not four numbers"]),
        ("3 0 2 0\n4 0 x 0\n", ["row 2", "not four numbers"]),
        ("3 2 0 0\n", ["row 1", "begin is at most end"]),
        ("3 0 2 0\n3 0 2 0\n", ["track 3 is listed twice"]),
        ("3 0 5 0\n", ["lasts from frame 0 to 5", "the images are 0 to 2"]),
        ("3 0 2 0\n4 0 2 0\n", ["track 4 is in the list of tracks but in no image"]),
        ("3 1 2 0\n", [r"man_track000.tif \(frame 0\): label 3", "lasts from frame 1 to 2"]),
        ("", ["there is no track"]),
    ],
)
def test_a_table_of_tracks_that_is_malformed_or_disagrees(rows, words, recordings):
    sentence(recordings.challenge(recordings.balls(), rows), *words)


def test_a_label_that_is_not_listed(recordings):
    labels = recordings.balls()
    labels[1, 0, 0, 0] = 8
    sentence(recordings.challenge(labels, [(3, 0, 2, 0)]), r"man_track001.tif \(frame 1\): label 8", "not in the list")


def test_bad_sequences_are_left_out_only_by_those_who_look_at_the_reasons(recordings):
    labels = recordings.balls()
    labels[1, :2, :2, :2] = 5
    listing = open_recording(recordings.challenge(labels)).sequences()
    assert [s.label for s in listing.usable] == ["track-03"]
    assert list(listing.bad) == ["track-05"]
    assert "man_track001.tif (frame 1)" in listing.bad["track-05"]
    with pytest.raises(BadData, match="track 5"):
        listing.all_usable()


def test_a_folder_of_two_recordings(recordings):
    folder = recordings.challenge(recordings.balls()).parent
    shutil.copytree(folder, folder.parent / "02_GT")
    sentence(folder.parent, "01_GT/TRA, 02_GT/TRA", "name one of them")


def test_an_npz_with_pickled_objects_or_without_the_key(tmp_path):
    np.savez(tmp_path / "a.npz", labels=np.array([{}, None], dtype=object))
    np.savez(tmp_path / "b.npz", masks=np.zeros(3), flows=np.zeros(3))
    sentence(tmp_path / "a.npz", "a.npz: cannot be read as .npz of plain arrays")
    sentence(tmp_path / "b.npz", "no array 'labels', but masks, flows")


def test_hdf5_that_is_broken_or_of_another_shape(recordings, tmp_path):
    labels = recordings.balls()
    with h5py.File(tmp_path / "none.h5", "w") as file:
        file["name"], file["group/cells"] = np.zeros(3, "uint16"), np.zeros((4, 5, 6), "float32")
    found = r"cells \(4, 5, 6\) of float32, name \(3,\) of uint16; store the volumes under 'sdf_vid'"
    sentence(tmp_path / "none.h5", f"none.h5: it has no dataset 'sdf_vid', but group/{found}")
    with h5py.File(tmp_path / "two.h5", "w") as file:
        file["a"] = file["b"] = np.zeros((3, 4, 5, 6), "float32")
    sentence(tmp_path / "two.h5", r"but a \(3, 4, 5, 6\) of float32, b \(3")
    with h5py.File(tmp_path / "empty.h5", "w") as file:
        pass
    sentence(tmp_path / "empty.h5", "no dataset 'sdf_vid', but nothing; store")
    sentence(recordings.hdf5(labels[0]), r"the shape \(14, 16, 18\)", "four axes")
    flat = open_recording(recordings.hdf5(labels[:, :2]), layout="time-last").sequences().bad["volumes"]
    assert "a frame has (2, 16, 18) voxels" in flat
    (tmp_path / "text.h5").write_text("hello")
    sentence(tmp_path / "text.h5", "cannot be read as HDF5")
    with h5py.File(tmp_path / "int.h5", "w") as file:
        file["sdf_vid"] = labels
    sentence(tmp_path / "int.h5", "uint16")


@pytest.mark.parametrize(
    ("shape", "chunks"),
    [
        ((6, 8, 10, 7), None),
        ((6, 6, 6, 6), None),
        ((6, 9, 6, 6), None),
        ((6, 6, 6, 6), (1, 6, 6, 1)),
        ((9, 6, 6, 6), (9, 6, 6, 1)),  # the chunks say one thing, the lengths another
    ],
)
def test_hdf5_that_does_not_say_which_axis_is_time(shape, chunks, tmp_path):
    with h5py.File(tmp_path / "open.h5", "w") as file:
        file.create_dataset("sdf_vid", shape, "float32", chunks=chunks)
    counts = [rf"--layout time-last \({shape[3]} frames\)", rf"--layout time-first \({shape[0]} frames\)"]
    sentence(tmp_path / "open.h5", "which axis is time", *counts)


def test_hdf5_with_the_sign_reversed(recordings):
    outside = np.where(recordings.balls() > 0, np.float32(1), np.float32(-1))
    sentence(recordings.volumes(outside), r"8 of the 8 corners and 9\d%", "other one")
    corner = recordings.balls() > 0
    corner[:, :2, :2, :2] = True
    sentence(recordings.volumes(np.where(corner, np.float32(1), np.float32(-1))), "7 of the 8 corners")


def test_hdf5_compressed_by_a_filter_that_is_not_there_names_it(tmp_path):
    shape = (8, 8, 8, 2)
    with h5py.File(tmp_path / "blosc.h5", "w") as file:
        steps = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        steps.set_chunk((8, 8, 8, 1))
        steps.set_filter(32001, h5py.h5z.FLAG_OPTIONAL)
        stored = h5py.h5d.create(file.id, b"sdf_vid", h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple(shape), steps)
        for frame in range(2):
            stored.write_direct_chunk((0, 0, 0, frame), b"compressed", filter_mask=0)
    sentence(tmp_path / "blosc.h5", r"\(frame 0\): compressed by the HDF5 filter .*32001", "write it again with gzip")


def test_an_option_of_another_reader(recordings):
    with pytest.raises(
        BadData, match="read as cell-tracking-challenge, which has no option layout; leave --layout out"
    ):
        open_recording(recordings.challenge(recordings.balls()), layout="time-last")


@pytest.mark.parametrize(
    ("value", "words"), [(np.nan, "not finite"), (1.0, "the shape is empty"), (-1.0, "fills the volume")]
)
def test_hdf5_with_a_frame_that_is_no_shape(value, words, recordings):
    path = recordings.hdf5(recordings.balls())
    with h5py.File(path, "r+") as file:
        file["sdf_vid"][..., 1] = value
    sentence(path, r"volumes.h5 \(frame 1\)", words)


@pytest.mark.parametrize("voxel", [(1.0, 0.0, 1.0), (1.0, -1.0, 1.0)])
def test_a_voxel_without_size(voxel, recordings):
    with pytest.raises(ValueError, match="all positive"):
        open_recording(recordings.npz(recordings.balls()), voxel)
    folder = recordings.challenge(recordings.balls())
    (folder / "voxel_size.txt").write_text("1 2 3 4")
    with pytest.raises(BadData, match="not three positive numbers"):
        open_recording(folder).voxel_size()
