"""Labels in OME-Zarr, and arrays in NumPy's and HDF5 files whose key nobody gave."""

import numpy as np
import pytest
import zarr

from tests.trainables.shapes.reading import read, refused, same
from trainables.shapes.readers.base import open_recording


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_labels_in_ome_zarr_with_their_voxel(version, recordings):
    labels = recordings.balls()
    path = recordings.ome_zarr(labels, version, scale=(1.0, 0.2, 0.3))
    for place in (path, path / "labels", path / "labels" / "cells"):
        assert same(read(place)[0]["track-03"], labels)
        assert open_recording(place).voxel_size() == pytest.approx((1, 0.2, 0.3))
        assert open_recording(place).said_voxel()[1] == "OME-Zarr metadata"


def test_ome_zarr_without_labels_with_several_or_broken(recordings):
    path = recordings.ome_zarr(recordings.balls())
    zarr.open_group(str(path / "labels"), mode="a").attrs.put({"labels": ["cells", "nuclei"]})
    refused(path, "the label images cells, nuclei; name one, as .*labels/cells")
    zarr.open_group(str(path), mode="w", zarr_format=2)
    refused(path, "no image of OME-Zarr 0.4 or 0.5|cannot be read")


def test_an_array_alone_in_an_npz_needs_no_key(recordings):
    np.savez(recordings.folder / "a.npz", recordings.balls())
    assert same(read(recordings.folder / "a.npz")[0]["track-03"], recordings.balls())


@pytest.mark.parametrize("key", ["volumes", "a group/of its/own"])
def test_distances_under_another_key_are_taken_where_nothing_else_can_be_meant(key, recordings):
    labels = recordings.balls()
    path = recordings.hdf5(labels, key=key)
    found, listing = read(path)
    assert same(found["volumes"], labels)
    assert listing.usable[0].notes == (f"volumes: read from {key!r}, for there is no 'sdf_vid'",)
    assert not read(recordings.hdf5(labels))[1].usable[0].notes


def test_the_array_of_a_level_is_read_as_its_image_says(recordings):
    labels = recordings.balls()
    path = recordings.ome_zarr(labels, scale=(1.0, 0.2, 0.3)) / "labels" / "cells"
    group = zarr.open_group(str(path), mode="a")
    group.create_array("1", data=labels[..., ::2, ::2])
    image = group.attrs.asdict()["multiscales"][0]
    coarse = {"path": "1", "coordinateTransformations": [{"type": "scale", "scale": [1.0, 1.0, 0.4, 0.6]}]}
    group.attrs.put({"multiscales": [image | {"datasets": [*image["datasets"], coarse]}]})
    for level, voxel, held in (("0", (1, 0.2, 0.3), labels), ("1", (1, 0.4, 0.6), labels[..., ::2, ::2])):
        assert same(read(path / level)[0]["track-03"], held)
        assert open_recording(path / level).voxel_size() == pytest.approx(voxel)


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_of_a_plate_the_one_image_is_read_or_all_are_named(version, recordings):
    plate, labels = recordings.folder / "plate.zarr", recordings.balls()

    def put(place, said):
        group = zarr.open_group(str(plate / place), mode="a", zarr_format=2 if version == "0.4" else 3)
        group.attrs.put(said if version == "0.4" else {"ome": said})

    def fields(*names):
        put("A/1", {"well": {"images": [{"path": name} for name in names]}})

    put("", {"plate": {"wells": [{"path": "A/1"}]}})
    fields("0")
    (plate / "A/1/0").parent.mkdir(exist_ok=True)
    recordings.ome_zarr(labels, version).rename(plate / "A/1/0")
    for place in (plate, plate / "A/1"):
        assert same(read(place)[0]["track-03"], labels)
    fields("0", "1")
    refused(plate, "holds the images A/1/0, A/1/1; name one, as .*plate.zarr/A/1/0")
    refused(plate / "A/1", "holds the images 0, 1; name one, as .*plate.zarr/A/1/0")
