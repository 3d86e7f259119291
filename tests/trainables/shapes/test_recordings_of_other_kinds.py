"""Recordings in the forms that other programs and scripts leave them in: what is understood, and what is refused."""

import json
import re
import zipfile

import h5py
import numpy as np
import pytest
import tifffile
import zarr
from PIL import Image

from tests.trainables.shapes.reading import refused
from trainables.shapes.readers.base import open_recording
from trainables.shapes.readers.frame_files import frame_files
from trainables.shapes.readers.frame_times import read_times
from trainables.shapes.readers.track_table import read_table

VOXEL = (1.0, 0.3, 0.2)


def understood(path, labels, numbers=None, **options):
    """The reader of a recording, after every frame of it was found to be as it was made."""
    reader = open_recording(path, **options)
    assert reader.sequences().all_usable()
    numbers = list(range(len(labels))) if numbers is None else numbers
    assert reader.numbers() == numbers
    for number, frame in zip(numbers, labels, strict=True):
        assert np.array_equal(reader.frame(number), frame)
    return reader


def told(reader) -> str:
    return "; ".join(reader.sequences().notes)


def planes(frames: int = 4) -> np.ndarray:
    """A disk in the plane, label 3, that moves."""
    y, x = np.indices((20, 24))
    return np.stack([3 * ((y - 9) ** 2 + (x - 8 - t) ** 2 < 25).astype("uint16") for t in range(frames)])


# TIFF


@pytest.mark.parametrize("depth", [3, 4])
def test_three_or_four_planes_are_no_colours(depth, recordings):
    labels, film = recordings.balls()[:, 5 : 5 + depth], planes(depth)
    tifffile.imwrite(recordings.folder / "film.tif", film)
    tifffile.imwrite(recordings.folder / "stack.tif", labels)
    understood(recordings.folder / "film.tif", film)
    understood(recordings.folder / "stack.tif", labels)
    understood(recordings.tiff_folder(labels), labels)


def test_colours_that_the_file_names_are_refused(recordings):
    path = recordings.folder / "a.tif"
    tifffile.imwrite(path, planes(3), photometric="rgb", metadata={"axes": "CYX"})
    refused(path, "3 channels|3 colours")


def test_volumes_or_planes_written_one_after_another_are_one_recording(recordings):
    labels, film = recordings.balls(), planes()
    for name, frames in (("volumes.tif", labels), ("planes.tif", film)):
        with tifffile.TiffWriter(recordings.folder / name) as file:
            for frame in frames:
                file.write(frame)
        understood(recordings.folder / name, frames)
    folder = recordings.folder / "folder"
    folder.mkdir()
    for number, frame in enumerate(labels):
        with tifffile.TiffWriter(folder / f"t{number}.tif") as file:
            for plane in frame:
                file.write(plane)
    understood(folder, labels)


def test_several_images_of_one_size_in_an_ome_tiff_are_refused(recordings):
    path = recordings.folder / "a.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as file:
        for _ in range(2):
            file.write(recordings.balls(), metadata={"axes": "TZYX"})
    refused(path, "holds 2 images of 3 x 14 x 16 x 18")


@pytest.mark.parametrize("ome", [True, False])
def test_an_image_of_another_type_beside_the_labels_is_refused(ome, recordings):
    path, labels = recordings.folder / ("a.ome.tif" if ome else "a.tif"), recordings.balls()
    with tifffile.TiffWriter(path, ome=ome) as file:
        for image in (labels.astype("uint8") * 7, labels):
            file.write(image, metadata={"axes": "TZYX"})
    refused(path, "holds 2 images of 3 x 14 x 16 x 18, of uint8 and uint16; save that of the labels alone")


def test_an_ome_tiff_whose_metadata_lie_in_a_companion(recordings):
    labels, folder = recordings.balls(), recordings.folder / "ome"
    folder.mkdir()
    namespace = 'xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"'
    sizes = 'SizeX="18" SizeY="16" SizeZ="14" SizeC="1" SizeT="3" Type="uint16" DimensionOrder="XYZTC"'
    physical = 'PhysicalSizeX="0.2" PhysicalSizeY="0.3" PhysicalSizeZ="1" TimeIncrement="9"'
    pixels = f'<Image ID="Image:0"><Pixels ID="Pixels:0" {sizes} {physical}></Pixels></Image>'
    (folder / "a.companion.ome").write_text(f"<OME {namespace}>{pixels}</OME>")
    for t, frame in enumerate(labels):
        only = f'<OME {namespace}><BinaryOnly MetadataFile="a.companion.ome" UUID="urn:uuid:0"/></OME>'
        tifffile.imwrite(folder / f"t{t}.ome.tif", frame, metadata=None, description=only, photometric="minisblack")
    reader = understood(folder, labels)
    assert reader.voxel_size() == VOXEL
    assert reader.seconds() == 9
    refused(folder / "t0.ome.tif", "one of the files that a.companion.ome joins", "name their folder")
    refused(folder / "a.companion.ome", re.escape(f"name {folder}"))


def test_the_step_between_frames_from_the_moments_of_planes(recordings):
    path = recordings.folder / "a.ome.tif"
    for moments, step in (([0.0, 12.0, 24.1], 12.05), ([0.0, 12.0, 40.0], None)):
        plane = {"DeltaT": [m + z / 10 for m in moments for z in range(14)], "DeltaTUnit": ["s"] * 42}
        tifffile.imwrite(path, recordings.balls(), ome=True, metadata={"axes": "TZYX", "Plane": plane})
        assert open_recording(path).seconds() == pytest.approx(step)


@pytest.mark.parametrize(
    ("said", "depth"), [({"spacing": -2.0}, 2.0), ({"spacing": 2000.0, "yunit": "um", "zunit": "nm"}, 2.0)]
)
def test_planes_of_imagej_in_reverse_order_or_with_a_unit_of_their_own(said, depth, recordings):
    path = recordings.folder / "a.tif"
    metadata = {"axes": "TZYX", "unit": "um", **said}
    tifffile.imwrite(path, recordings.balls(), imagej=True, resolution=(5, 4), metadata=metadata)
    assert open_recording(path).voxel_size() == pytest.approx((depth, 0.25, 0.2))


# Folders


@pytest.mark.parametrize("name", ["t{t:03d}_z{z:02d}", "img_z{z}_t{t}", "{t}_slice{z:03d}", "exp2_T{t:02d}_Z{z:02d}"])
@pytest.mark.parametrize("suffix", ["tif", "png"])
def test_a_plane_a_file(name, suffix, recordings):
    labels, folder = recordings.balls().astype("uint8"), recordings.folder / "planes"
    folder.mkdir()
    for t, frame in enumerate(labels):
        for z, plane in enumerate(frame):
            Image.fromarray(plane).save(folder / f"{name.format(t=t + 1, z=z)}.{suffix}")
    reader = understood(folder, labels, [1, 2, 3])
    assert reader.said_voxel() is None
    next(iter(sorted(folder.iterdir()))).unlink()
    refused(folder, "frame 1 has no file of plane 0")


def test_masks_beside_their_images_are_taken_and_told(recordings):
    folder = recordings.folder / "both"
    folder.mkdir()
    for t, frame in enumerate(planes()):
        tifffile.imwrite(folder / f"im{t}.tif", frame * 7 + 1)
        tifffile.imwrite(folder / f"im{t}_cp_masks.tif", frame)
    reader = understood(folder, planes())
    assert "im0_cp_masks.tif are taken, those named as im0.tif not" in told(reader)


def test_a_film_of_masks_beside_the_film_of_images_is_the_recording(recordings):
    folder = recordings.folder / "films"
    folder.mkdir()
    tifffile.imwrite(folder / "movie.tif", planes() * 7 + 1, photometric="minisblack", metadata={"axes": "TYX"})
    tifffile.imwrite(folder / "movie_masks.tif", planes(), photometric="minisblack", metadata={"axes": "TYX"})
    assert understood(folder, planes()).path == folder / "movie_masks.tif"
    tifffile.imwrite(folder / "other_masks.tif", planes(), photometric="minisblack", metadata={"axes": "TYX"})
    refused(folder, "")


def test_a_folder_with_one_file_of_the_whole_recording(recordings):
    labels = recordings.balls()
    for number, write in enumerate(
        (
            lambda folder: tifffile.imwrite(folder / "a.tif", labels, imagej=True, metadata={"axes": "TZYX"}),
            lambda folder: np.savez(folder / "a.npz", labels=labels),
            lambda folder: h5py.File(folder / "a.h5", "w").create_dataset("labels", data=labels).file.close(),
        )
    ):
        folder = recordings.folder / str(number)
        folder.mkdir()
        write(folder)
        (folder / "notes.txt").write_text("of Monday")
        understood(folder, labels)


def test_a_recording_deeper_in_a_folder_or_packed_is_named(recordings):
    segmented = recordings.folder / "data" / "01_GT" / "SEG"
    segmented.mkdir(parents=True)
    for t, frame in enumerate(planes()):
        tifffile.imwrite(segmented / f"man_seg{t:03d}.tif", frame)
        Image.fromarray(frame).save(recordings.folder / f"t{t}.png")
    refused(recordings.folder / "data", re.escape(f"name {segmented}"))
    refused(recordings.folder / "t0.png", re.escape(f"name {recordings.folder}"))
    (recordings.folder / "a.tif.gz").write_bytes(b"packed")
    refused(recordings.folder / "a.tif.gz", "unpack it")


@pytest.mark.parametrize("mode", ["LA", "RGB", "RGBA"])
def test_grey_pictures_that_are_saved_as_colours(mode, recordings):
    folder = recordings.folder / mode
    folder.mkdir()
    for t, frame in enumerate(planes()):
        Image.fromarray(frame.astype("uint8")).convert(mode).save(folder / f"t{t}.png")
    understood(folder, planes())
    coloured = np.stack([planes()[0], planes()[0] * 2, planes()[0]], -1).astype("uint8")
    Image.fromarray(coloured).convert("RGBA" if mode == "RGBA" else "RGB").save(folder / "t0.png")
    refused(folder, "a picture in colours")


# The Cell Tracking Challenge


def test_a_table_that_numpy_wrote(recordings):
    folder = recordings.challenge(recordings.balls())
    np.savetxt(folder / "man_track.txt", [[3, 0, 2, 0]])
    assert [tuple(track) for track in read_table(folder / "man_track.txt").tracks.values()] == [(3, 0, 2, 0)]
    understood(folder, recordings.balls())


def test_a_result_table_beside_images_of_the_truth(recordings):
    folder = recordings.challenge(recordings.balls())
    (folder / "man_track.txt").rename(folder / "res_track.txt")
    understood(folder, recordings.balls())


# Values


def test_tracks_of_trackmate_beside_labels_are_told_not_to_be_read(recordings):
    labels = recordings.balls()
    folder = recordings.tiff_folder(labels)
    (folder / "tracks.xml").write_text('<?xml version="1.0" encoding="UTF-8"?>\n<TrackMate version="7.6.1">')
    assert "tracks.xml: TrackMate's tracks are not read" in told(understood(folder, labels))
    (folder / "tracks.xml").write_text("<Settings/>")
    assert not told(open_recording(folder))


def test_nan_outside_of_cells_and_rounding(recordings):
    labels = recordings.balls()
    understood(recordings.npz(np.where(labels > 0, labels, np.nan)), labels)
    understood(recordings.npz(labels.astype("float32") * np.float32(1 + 1e-7)), labels)


@pytest.mark.parametrize(("value", "words"), [(np.inf, "value inf"), (1e20, r"1e\+20"), (3000000.5, "3000000.5")])
def test_numbers_that_are_no_labels_are_named(value, words, recordings):
    refused(recordings.npz(np.where(recordings.balls() > 0, value, 0)), words, "whole numbers")


# NumPy


@pytest.mark.parametrize("key", ["voxel", "spacing", "voxel_size", "scale"])
def test_an_npz_says_its_voxel(key, recordings):
    path = recordings.folder / "a.npz"
    np.savez(path, masks=recordings.balls(), times=np.arange(3), **{key: np.array(VOXEL)})
    reader = understood(path, recordings.balls())
    assert reader.voxel_size() == VOXEL
    assert key in reader.said_voxel()[1]
    assert "arrays that are not read: times" in told(reader)


def test_labels_beside_an_image_in_an_npz(recordings):
    path, labels = recordings.folder / "a.npz", recordings.balls()
    np.savez(path, image=labels * 0.7, anything=labels)
    understood(path, labels)
    np.savez(path, image=labels, masks=labels)
    understood(path, labels)
    np.savez(path, *labels, spacing=VOXEL)
    assert understood(path, labels).voxel_size() == VOXEL
    np.savez(path, x=labels, y=labels)
    refused(path, "no array 'labels', but x, y")


def test_a_channel_at_the_end_is_no_axis_of_space(recordings):
    for labels in (recordings.balls(), planes()):
        np.save(recordings.folder / "a.npy", labels[..., None])
        understood(recordings.folder / "a.npy", labels)


# HDF5 and Zarr


def test_hdf5_with_an_image_with_a_dataset_a_frame_or_with_floating_point(recordings):
    path, labels = recordings.folder / "a.h5", recordings.balls()
    for content in (
        {"raw": labels * 100 + 7, "labels": labels},
        {f"t{t}/cells": frame for t, frame in enumerate(labels)},
        {"exported_data": labels.astype("float32")},
    ):
        with h5py.File(path, "w") as file:
            for name, values in content.items():
                file[name] = values
        understood(path, labels)
    with h5py.File(path, "w") as file:
        file["a"] = file["b"] = labels
    refused(path, "the datasets of whole numbers a, b", "call it labels")


def test_a_folder_of_hdf5_labels(recordings):
    labels = recordings.balls()
    folder = recordings.folder / "frames"
    folder.mkdir()
    for t, frame in enumerate(labels):
        with h5py.File(folder / f"t{t}.h5", "w") as file:
            file.create_dataset("exported_data", data=frame[..., None]).attrs["axistags"] = json.dumps(
                {"axes": [{"key": key} for key in "zyxc"]}
            )
    reader = understood(folder, labels)
    assert "t1.h5" in reader.where(1)


@pytest.mark.parametrize("version", [2, 3])
def test_axes_that_zarr_names(version, recordings):
    labels, path = recordings.balls(), recordings.folder / "a.zarr"
    stored = labels.transpose(3, 2, 1, 0)
    if version == 3:
        zarr.create_array(str(path), data=stored, dimension_names=("x", "y", "z", "time"))
    else:
        array = zarr.create_array(str(path), data=stored, zarr_format=2)
        array.attrs["_ARRAY_DIMENSIONS"] = ["x", "y", "z", "t"]
    understood(path, labels)


@pytest.mark.parametrize("version", [2, 3])
def test_a_group_of_zarr_with_the_labels_in_it(version, recordings):
    path = recordings.folder / "a.zarr"
    group = zarr.open_group(str(path), mode="w", zarr_format=version)
    group.create_array("labels", data=recordings.balls())
    group.create_array("raw", data=recordings.balls() + np.uint16(1))
    understood(path, recordings.balls())


@pytest.mark.parametrize("version", ["0.4", "0.5"])
@pytest.mark.parametrize("inner", ["", "labels.zarr/"])
def test_zarr_in_a_zip_file(version, inner, recordings):
    folder = recordings.ome_zarr(recordings.balls(), version, scale=VOXEL)
    for name in ("a.zarr.zip", "a.ozx"):
        path = recordings.folder / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as packed:
            for file in sorted(folder.rglob("*")):
                packed.write(file, f"{inner}{file.relative_to(folder)}")
        reader = understood(path, recordings.balls())
        assert reader.voxel_size() == VOXEL


def test_an_image_as_bioformats2raw_writes_it(recordings):
    inner = recordings.ome_zarr(recordings.balls(), scale=VOXEL)
    outer = recordings.folder / "outer.zarr"
    group = zarr.open_group(str(outer), mode="w", zarr_format=2)
    group.attrs["bioformats2raw.layout"] = 3
    inner.rename(outer / "0")
    assert understood(outer, recordings.balls()).voxel_size() == VOXEL


def test_a_header_after_remarks_in_a_file_of_times(tmp_path):
    (tmp_path / "times.csv").write_text("# by me\n\nframe,seconds\n0,0\n\n1,10\n2,30\n")
    assert read_times(tmp_path / "times.csv") == {0: 0, 1: 10, 2: 30}


def test_names_of_planes_are_told_apart_from_positions(tmp_path):
    for name in ("t0_c0", "t0_c1", "t1_c0", "t1_c1"):
        (tmp_path / f"{name}.tif").write_bytes(b"")
    with pytest.raises(Exception, match="more than one number"):
        frame_files(tmp_path, (".tif",))


def test_a_folder_with_one_film_in_the_plane(recordings):
    (recordings.folder / "film").mkdir()
    tifffile.imwrite(recordings.folder / "film" / "labels.tif", planes())
    refused(recordings.folder / "film", "one frame only, labels.tif, .* if its 4 planes are frames, name .*labels.tif")
    understood(recordings.folder / "film" / "labels.tif", planes())


def test_of_images_and_masks_in_folders_it_is_the_masks_that_are_named(recordings):
    for name in ("images", "masks"):
        (recordings.folder / name).mkdir()
        tifffile.imwrite(recordings.folder / name / "t0.tif", planes()[0])
    refused(recordings.folder, "but masks in it may be one; name .*masks")


@pytest.mark.parametrize("name", ["a.lif", "a.CZI", "a.nd2", "a.nii.gz", "a.nrrd"])
def test_files_of_microscopes_are_told_to_be_exported(name, recordings):
    tifffile.imwrite(recordings.folder / "t0.tif", planes()[0])
    (recordings.folder / "raw").mkdir()
    for folder in (recordings.folder, recordings.folder / "raw"):
        (folder / name).write_bytes(b"not read")
        refused(folder / name, f"files {name.lower()[1:]} are not read; save the labels .* as TIFF")
    refused(recordings.folder / "raw", f"files {name.lower()[1:]} are not read")
