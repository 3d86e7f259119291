"""Times with units, and how long a frame takes by the files."""

import numpy as np
import pytest
import tifffile
import zarr

from study.data.clock import times, words
from study.errors import Mistake
from trainables.shapes.readers.base import open_recording

LABELS = np.zeros((3, 4, 8, 8), np.uint16)
LABELS[:, 1:3, 2:6, 2:6] = 3


def test_a_time_with_a_unit_is_a_number_of_frames():
    assert times("--at", "1500s,25min,0.5 h,2", 300.0, "0.5") == [(5, True), (5, True), (6, True), (2, False)]


@pytest.mark.parametrize(
    ("text", "said"), [("noon", "not a list of times"), ("3 weeks", "no unit of time"), ("5m²", "not a list")]
)
def test_what_is_no_time_is_told(text, said):
    with pytest.raises(Mistake, match=said):
        times("--at", text, 300.0, "0.5")


def test_seconds_without_an_interval_are_told():
    with pytest.raises(Mistake, match="does not say how many seconds a frame takes"):
        times("--at", "1500s", None, "0.5")


def test_an_interval_is_said_in_the_unit_that_fits():
    assert [words(s) for s in (300.0, 0.25, 7200.0, 42.0)] == ["5 min", "250 ms", "2 h", "42 s"]


def test_imagej_and_ome_files_say_how_long_a_frame_takes(tmp_path):
    metadata = {"axes": "TZYX", "spacing": 1.0, "unit": "um"}
    tifffile.imwrite(tmp_path / "ij.tif", LABELS, imagej=True, metadata=metadata | {"finterval": 300.0})
    tifffile.imwrite(tmp_path / "min.tif", LABELS, imagej=True, metadata=metadata | {"finterval": 5, "tunit": "min"})
    ome = {"axes": "TZYX", "TimeIncrement": 0.5, "TimeIncrementUnit": "h"}
    tifffile.imwrite(tmp_path / "half.ome.tif", LABELS, ome=True, metadata=ome)
    tifffile.imwrite(tmp_path / "none.tif", LABELS)
    found = [open_recording(tmp_path / n).seconds() for n in ("ij.tif", "min.tif", "half.ome.tif", "none.tif")]
    assert found == [300, 300, 1800, None]


@pytest.mark.parametrize("version", [2, 3])
def test_ome_zarr_says_how_long_a_frame_takes(tmp_path, version):
    root = zarr.open_group(str(tmp_path / "a.zarr"), mode="w", zarr_format=version)
    axes = [{"name": "t", "type": "time", "unit": "minute"}, *({"name": a, "type": "space"} for a in "zyx")]
    scale = [{"type": "scale", "scale": [5.0, 1.0, 1.0, 1.0]}]
    image = {"axes": axes, "datasets": [{"path": "0", "coordinateTransformations": scale}]}
    attributes = {"multiscales": [image]}
    root.attrs.put(attributes if version == 2 else {"ome": {"version": "0.5"} | attributes})
    root.create_array("0", data=LABELS)
    reader = open_recording(tmp_path / "a.zarr")
    assert reader.said_interval() == (300.0, "OME-Zarr metadata")
    assert open_recording(tmp_path / "a.zarr", times={0: 0.0, 1: 1.0, 2: 4.0}).seconds() is None
