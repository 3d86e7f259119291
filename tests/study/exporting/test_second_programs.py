"""Exports opened by other people's programs, where these are installed: `pip install py-ctcmetrics ome-zarr`."""

import numpy as np
import pytest
import tifffile

from study.exporting.formats.labels import LabelImages
from study.exporting.formats.ome_zarr import OmeZarr
from study.exporting.group import Group
from study.exporting.moment import Movie
from tests.study.exporting.test_moment import SHAPE, VOXEL, divided


@pytest.fixture
def exported(tmp_path):
    """Seven frames of a cell that divides, with the times between, as labels and as OME-Zarr."""
    movie = Movie(Group("v", [divided(range(7), seconds=300.0)], [i / 12 for i in range(13)]), True, None)
    (tmp_path / "labels").mkdir()
    writers = [LabelImages(tmp_path / "labels", movie, "", False), OmeZarr(tmp_path, movie, "", False)]
    for moment in movie.moments():
        for writer in writers:
            writer.add(moment)
    for writer in writers:
        writer.close([])
    return tmp_path


def test_the_challenges_rules_hold(exported):
    """By py-ctcmetrics: unique labels, parents that end before, every track in each of its frames, and no other."""
    validate = pytest.importorskip("ctc_metrics.scripts.validate")
    for file in (exported / "labels").glob("man_track*.tif"):
        file.rename(file.with_name(file.name.replace("man_track", "mask")))
    (exported / "labels" / "man_track.txt").rename(exported / "labels" / "res_track.txt")
    assert validate.validate_sequence(str(exported / "labels"), threads=1) == {"Valid": 1}


def test_the_reference_reader_of_ome_zarr_finds_distances_and_labels(exported):
    reader, location = pytest.importorskip("ome_zarr.reader"), pytest.importorskip("ome_zarr.io")
    nodes = list(reader.Reader(location.parse_url(str(exported / "sdf.ome.zarr")))())
    image, labels = nodes[0], next(node for node in nodes if node.zarr.basename() == "cells")
    assert [axis["name"] for axis in image.metadata["axes"]] == ["t", "z", "y", "x"]
    assert image.metadata["axes"][0]["unit"] == "second"
    assert image.metadata["coordinateTransformations"][0][0]["scale"] == [150.0, *VOXEL]
    assert labels.data[0].shape == (13, *SHAPE)
    frame = tifffile.imread(exported / "labels" / "man_track010.tif")
    np.testing.assert_array_equal(np.asarray(labels.data[0][10]), frame)
