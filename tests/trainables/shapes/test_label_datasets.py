"""Labels in HDF5, in plain Zarr arrays and in PNG files."""

import json

import h5py
import numpy as np
import pytest
import zarr
from PIL import Image

from tests.trainables.shapes.reading import refused
from trainables.shapes.bad_data import BadData
from trainables.shapes.readers.base import open_recording
from trainables.testing.readers import balls, masks


def test_axes_and_voxel_that_the_attributes_name_are_taken(tmp_path):
    labels = balls()
    with h5py.File(tmp_path / "a.h5", "w") as file:
        held = file.create_dataset("exported_data", data=labels.transpose(3, 2, 1, 0)[..., None])
        held.attrs["axistags"] = json.dumps({"axes": [{"key": key} for key in "xyztc"]})
        held.attrs["element_size_um"] = (2.0, 0.5, 0.4)
        file["about/steps"] = np.arange(3)
    reader = open_recording(tmp_path / "a.h5")
    assert reader.name == "label-datasets"
    assert reader.voxel_size() == (2.0, 0.5, 0.4)
    (sequence,) = reader.sequences().all_usable()
    assert all((found == (labels[t] > 0)).all() for t, found in masks(sequence).items())


def test_axes_that_nothing_names_can_be_said(tmp_path):
    labels = balls()
    zarr.create_array(str(tmp_path / "a.zarr"), data=labels.swapaxes(0, 1))
    (sequence,) = open_recording(tmp_path / "a.zarr", layout="ZTYX").sequences().all_usable()
    assert all((found == (labels[t] > 0)).all() for t, found in masks(sequence).items())


@pytest.mark.parametrize("mode", ["L", "P", "I;16"])
def test_pictures_of_planes_are_frames(tmp_path, mode):
    planes = balls()[:, 6].astype(np.uint16 if mode == "I;16" else np.uint8)
    for number, plane in enumerate(planes):
        picture = Image.fromarray(plane)
        if mode == "P":
            picture.putpalette([0, 0, 0, 9, 9, 9, 90, 1, 1, 5, 5, 5])
        picture.save(tmp_path / f"mask_{number + 8}.png")
    reader = open_recording(tmp_path)
    (sequence,) = reader.sequences().all_usable()
    assert sequence.frames == (8, 9, 10)
    assert all((reader.frame(8 + n) == plane).all() for n, plane in enumerate(planes))
    assert reader.voxel_size() == (1.0, 1.0)


def test_a_picture_in_colours_is_no_label_image(tmp_path):
    for number in range(2):
        Image.fromarray(np.arange(60, dtype=np.uint8).reshape(4, 5, 3)).save(tmp_path / f"m{number}.png")
    with pytest.raises(BadData, match=r"m0.png: a picture in colours \(RGB\), but labels are grey"):
        open_recording(tmp_path).sequences()


def test_labels_beside_a_raw_image_are_the_recording_and_two_of_them_are_not(tmp_path):
    labels = balls()
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["segmentation"], file["raw"] = labels, labels.astype(np.float32)
    assert open_recording(tmp_path / "a.h5").sequences().all_usable()[0].frames == (0, 1, 2)
    with h5py.File(tmp_path / "a.h5", "a") as file:
        file["nuclei"] = labels
    with pytest.raises(BadData, match="datasets of whole numbers nuclei, segmentation; keep that of the labels alone"):
        open_recording(tmp_path / "a.h5").sequences()


def test_what_a_folder_or_a_group_holds_is_named(tmp_path):
    (tmp_path / "outer" / "inner").mkdir(parents=True)
    np.save(tmp_path / "outer" / "inner" / "t.npy", balls())
    with pytest.raises(BadData, match=r"outer: not a recording itself, but inner in it may be one; name .*outer/inner"):
        open_recording(tmp_path / "outer")
    for name in ("cells", "nuclei"):
        zarr.open_group(str(tmp_path / "g.zarr"), mode="a").create_array(name, data=balls())
    with pytest.raises(BadData, match=r"give the array .*g.zarr/cells, if it is of labels"):
        open_recording(tmp_path / "g.zarr").sequences()


def test_a_file_of_imaris_is_told_however_it_is_called(tmp_path):
    with h5py.File(tmp_path / "cells.h5", "w") as file:
        file.create_group("DataSetInfo/Image")
        for t in range(2):
            place = f"DataSet/ResolutionLevel 0/TimePoint {t}/Channel 0/Data"
            file.create_dataset(place, data=np.ones((4, 8, 8), np.uint16))
    refused(tmp_path / "cells.h5", "a file of Imaris, which is not read; export its labels as TIFF")


@pytest.mark.parametrize("largest", [255, 65535])
def test_whole_numbers_over_the_largest_of_a_type_are_told(recordings, largest):
    path = recordings.folder / "cells.npy"
    np.save(path, (recordings.balls() / largest).astype(np.float32))
    refused(path, f"which these are over {largest}: save them multiplied by it, as whole numbers")
    np.save(path, recordings.balls() * 0.3)
    refused(path, "give labels$")
