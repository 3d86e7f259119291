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
