"""Recordings with a folder, or a Zarr image, for each frame."""

import re

import numpy as np
import pytest
import tifffile
import zarr
from PIL import Image

from tests.trainables.shapes.reading import refused
from tests.trainables.shapes.test_recordings_of_other_kinds import planes, told, understood
from trainables.shapes.readers.base import open_recording


def stacks(folder, labels, outer="t{:03d}", inner="z{:02d}", write=tifffile.imwrite, suffix="tif"):
    """A folder of planes for each frame."""
    for t, volume in enumerate(labels):
        (folder / outer.format(t)).mkdir(parents=True)
        for z, plane in enumerate(volume):
            write(folder / outer.format(t) / f"{inner.format(z)}.{suffix}", plane)
    return folder


@pytest.mark.parametrize(
    ("outer", "inner"),
    [("t{:03d}", "z{:02d}"), ("{}", "slice_{}"), ("frame{}", "{}"), ("run2_t{}", "img{:03d}"), ("2024010{}", "{}")],
)
def test_a_folder_of_planes_a_frame(outer, inner, recordings):
    labels = recordings.balls()
    folder = stacks(recordings.folder / "all", labels, "2024010{}" if outer.startswith("2024") else outer, inner)
    if outer.startswith("2024"):
        (folder / "20240100").rename(folder / "20240103")
        labels = labels[[1, 2, 0]]
    understood(folder, labels)


def test_pictures_of_planes(recordings):
    def write(path, plane):
        Image.fromarray(plane.astype("uint8")).save(path)

    labels = recordings.balls()
    understood(stacks(recordings.folder / "all", labels, write=write, suffix="png"), labels)


def test_folders_that_names_do_not_tell_from_positions_are_refused_until_said(recordings):
    labels = recordings.balls()
    folder = stacks(recordings.folder / "all", labels, "{:03d}", "{:03d}")
    refused(folder, "000, 001, … may be frames of planes, or recordings of frames", "--layout TZYX")
    understood(folder, labels, layout="TZYX")


@pytest.mark.parametrize(("outer", "inner"), [("pos{}", "t{}"), ("pos{}", "{}"), ("{}", "t{}"), ("a{}_p{}", "{}")])
def test_positions_are_recordings_of_their_own(outer, inner, recordings):
    folder = recordings.folder / "all"
    for p in range(2):
        (folder / outer.format(p, p)).mkdir(parents=True)
        for t, plane in enumerate(planes()):
            tifffile.imwrite(folder / outer.format(p, p) / f"{inner.format(t)}.tif", plane)
    refused(folder, "not a recording itself, but")
    understood(folder / outer.format(0, 0), planes())


def test_a_file_a_folder(recordings):
    labels = recordings.balls()
    for t, volume in enumerate(labels):
        for name in ("tiffs", "arrays"):
            (recordings.folder / name / f"t{t}").mkdir(parents=True)
        metadata = {"axes": "ZYX", "spacing": 2.0, "unit": "um"}
        place = recordings.folder / "tiffs" / f"t{t}" / "labels.tif"
        tifffile.imwrite(place, volume, imagej=True, resolution=(4.0, 5.0), metadata=metadata)
        np.save(recordings.folder / "arrays" / f"t{t}" / "labels.npy", volume)
    assert understood(recordings.folder / "tiffs", labels).voxel_size() == (2.0, 0.2, 0.25)
    understood(recordings.folder / "arrays", labels)


def test_masks_beside_images_in_every_folder(recordings):
    labels = recordings.balls()
    folder = stacks(recordings.folder / "all", labels, inner="mask_z{:02d}")
    for t, volume in enumerate(labels):
        for z, plane in enumerate(volume):
            tifffile.imwrite(folder / f"t{t:03d}" / f"raw_z{z:02d}.tif", plane * 7 + 1)
    assert "named as mask_z00.tif are taken" in told(understood(folder, labels))


@pytest.mark.parametrize(("mask", "image"), [("mask.tif", "image.tif"), ("cells_labels.npy", "cells.npy")])
def test_one_mask_beside_one_image_in_every_folder(recordings, mask, image):
    labels = recordings.balls()
    for t, volume in enumerate(labels):
        place = recordings.folder / "all" / f"t{t}"
        place.mkdir(parents=True)
        for name, values in ((mask, volume), (image, volume * 7 + 1)):
            (tifffile.imwrite if name.endswith("tif") else np.save)(place / name, values)
    assert f"{mask} of every folder is taken, {image} is not" in told(understood(recordings.folder / "all", labels))


def test_a_zarr_image_a_frame(recordings):
    labels = recordings.balls()
    for t, volume in enumerate(labels):
        zarr.save_array(str(recordings.folder / "plain" / f"t{t}.zarr"), volume)
        group = zarr.open_group(str(recordings.folder / "ome" / f"{t}.ome.zarr"), mode="w", zarr_format=2)
        axes = [{"name": name, "type": "space", "unit": "micrometer"} for name in "zyx"]
        scale = [{"type": "scale", "scale": [1.0, 0.3, 0.2]}]
        names = [{"name": "t", "type": "time"}, {"name": "c", "type": "channel"}, *axes]
        scale[0]["scale"] = [1.0, 1.0, *scale[0]["scale"]]
        datasets = [{"path": "0", "coordinateTransformations": scale}]
        group.attrs.put({"multiscales": [{"axes": names, "datasets": datasets}]})
        group.create_array("0", data=volume[None, None])
    understood(recordings.folder / "plain", labels)
    assert understood(recordings.folder / "ome", labels).voxel_size() == (1.0, 0.3, 0.2)


def test_zarr_films_are_recordings_of_their_own(recordings):
    for t in range(2):
        zarr.save_array(str(recordings.folder / "films" / f"t{t}.zarr"), recordings.balls())
        zarr.save_array(str(recordings.folder / "open" / f"{t}.zarr"), planes())
    refused(recordings.folder / "films", "not a recording itself, but t0.zarr in it may be one")
    refused(recordings.folder / "open", "0.zarr, 1.zarr, … may be frames of planes, or recordings")


def test_a_plane_that_is_missing_or_of_another_size_is_named(recordings):
    folder = stacks(recordings.folder / "all", recordings.balls())
    held = tifffile.imread(folder / "t001" / "z05.tif")
    (folder / "t001" / "z05.tif").unlink()
    refused(folder, "frame 1 has 13 planes, others have 14, and differ in 5")
    tifffile.imwrite(folder / "t001" / "z05.tif", held[:-1])
    refused(folder, re.escape("files of (16, 18) and (15, 18) voxels"))


def test_times_of_folders(recordings):
    folder = stacks(recordings.folder / "all", recordings.balls(), "2024-01-01T10-{}0-00", "{}")
    assert open_recording(folder).seconds() == 600
