"""Recordings of a few kilobytes that name more than any machine has: one sentence, and nothing of that size is read."""

import os
from pathlib import Path

import h5py
import numpy as np
import pytest
import tifffile
import zarr

from trainables.inbetween.readers import read_frames
from trainables.reconstruction.readers.base import read_triplets
from trainables.shapes.bad_data import BadData
from trainables.shapes.readers import size
from trainables.shapes.readers.base import open_recording


def of_many_voxels(folder: Path) -> Path:
    with h5py.File(folder / "a.h5", "w") as file:
        file.create_dataset("sdf_vid", (6, 30000, 30000, 30000), "f4", chunks=(1, 64, 64, 64))
    return folder / "a.h5"


def of_many_frames(folder: Path) -> Path:
    with h5py.File(folder / "a.h5", "w") as file:
        file.create_dataset("sdf_vid", (2_000_000_000, 16, 16, 16), "f4", chunks=(1, 16, 16, 16))
    return folder / "a.h5"


def of_one_link(folder: Path) -> Path:
    with h5py.File(folder / "a.h5", "w") as file:
        file["sdf_vid"] = h5py.SoftLink("/sdf_vid")
    return folder / "a.h5"


def of_few_chunks(folder: Path) -> Path:
    root = zarr.open_group(str(folder / "a.ome.zarr"), mode="w", zarr_format=2)
    axes = [{"name": "t", "type": "time"}, *({"name": axis, "type": "space"} for axis in "zyx")]
    scale = [{"type": "scale", "scale": [1.0] * 4}]
    image = {"axes": axes, "datasets": [{"path": "0", "coordinateTransformations": scale}]}
    labels = root.create_group("labels")
    labels.attrs.put({"labels": ["cells"]})
    cells = labels.create_group("cells")
    cells.attrs.put({"multiscales": [image]})
    root.attrs.put({"multiscales": [image]})
    cells.create_array("0", shape=(5, 30000, 30000, 30000), dtype="u2", chunks=(1, 64, 64, 64))
    return folder / "a.ome.zarr"


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (of_many_voxels, "30000 × 30000 × 30000 values take 108000.0 GB"),
        (of_many_frames, "2000000000 frames"),
        (of_one_link, "it has no dataset 'sdf_vid'"),
        (of_few_chunks, "values take 54000.0 GB"),
    ],
)
def test_a_small_file_that_names_a_huge_recording(made, words, tmp_path):
    with pytest.raises(BadData, match=words) as caught:
        open_recording(made(tmp_path)).sequences().all_usable()
    assert "\n" not in str(caught.value)


def test_what_is_compressed_is_as_large_as_it_becomes(tmp_path, monkeypatch):
    labels = np.zeros((3, 40, 40, 40), "uint16")
    tifffile.imwrite(tmp_path / "a.tif", labels, compression="zlib", imagej=False, metadata={"axes": "TZYX"})
    np.savez_compressed(tmp_path / "a.npz", labels=labels)
    monkeypatch.setattr(size, "memory", lambda: 100_000.0)
    monkeypatch.setattr(size, "_LITTLE", 0)
    for name in ("a.tif", "a.npz"):
        assert (tmp_path / name).stat().st_size < 100_000
        with pytest.raises(BadData, match=rf"{name}.* GB of memory are left; give a smaller part"):
            open_recording(tmp_path / name).sequences()


ODD = {
    "a pipe": ("t0.tif", os.mkfifo, r"t0\.tif: no file but a pipe"),
    "a device": ("voxel_size.txt", lambda path: path.symlink_to("/dev/zero"), r"size\.txt: no file but a device"),
    "a name of another encoding": (os.fsdecode(b"Zelle_\xe4.tif"), Path.touch, "its name is not UTF-8"),
}


@pytest.mark.parametrize("what", ODD)
@pytest.mark.parametrize("read", [open_recording, read_frames, read_triplets])
def test_what_would_be_waited_for_or_cannot_be_written_down_is_not_opened(what, read, tmp_path):
    name, make, words = ODD[what]
    folders = (["obj", "mask", "image"], ["obj"]) if read is read_triplets else ([""], [""])
    for folder in folders[0]:
        (tmp_path / folder).mkdir(exist_ok=True)
        tifffile.imwrite(tmp_path / folder / "t1.tif", np.ones((8, 8), "uint8"))
    make(tmp_path / folders[1][0] / name)
    with pytest.raises(BadData, match=words):
        read([tmp_path] if read is read_frames else tmp_path)


def test_a_label_near_the_largest_takes_no_list_of_all_below_it(tmp_path):
    labels = np.zeros((3, 8, 16, 16), "uint32")
    labels[:, 2:6, 4:12, 4:12] = 2**32 - 2
    tifffile.imwrite(tmp_path / "a.tif", labels, metadata={"axes": "TZYX"})
    (found,) = open_recording(tmp_path / "a.tif").sequences().all_usable()
    assert found.label == f"track-{2**32 - 2}"


def test_a_table_of_many_tracks_is_read_in_linear_time(recordings):
    folder = recordings.challenge(recordings.balls())
    table = folder / "man_track.txt"
    table.write_text(table.read_text() + "".join(f"{label} 0 1 0\n" for label in range(1000, 41000)))
    listing = open_recording(folder).sequences()
    assert len(listing.unused) >= 40000
