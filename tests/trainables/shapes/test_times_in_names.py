"""Times in the names of files: frames in their order, and the times where nothing else can be meant."""

import numpy as np
import pytest
import tifffile

from tests.trainables.shapes.reading import refused
from trainables.inbetween.readers import read_frames
from trainables.shapes.readers.base import open_recording
from trainables.shapes.readers.name_clock import clocks


def discs(frames: int) -> np.ndarray:
    y, x = np.indices((12, 24))
    return np.stack([3 * ((y - 6) ** 2 + (x - 6 - t) ** 2 < 16).astype("uint16") for t in range(frames)])


def folder_of(tmp_path, names, suffix="tif"):
    for name, frame in zip(names, discs(len(names)), strict=True):
        tifffile.imwrite(tmp_path / f"{name}.{suffix}", frame)
    return tmp_path


@pytest.mark.parametrize(
    ("names", "numbers", "step"),
    [
        (["img_20240101T235000", "img_20240101T235500", "img_20240102T001000"], [0, 1, 4], 300),
        (["x_9h30m", "x_9h45m", "x_10h00m"], [0, 1, 2], 900),
        (["x_t45min", "x_t1h00min", "x_t1h15min"], [0, 1, 2], 900),
        (["2024-01-01_10-30-00", "2024-01-01_10-45-00", "2024-01-01_11-00-00"], [0, 1, 2], 900),
        (["v_2015y09m30d_23h00m", "v_2015y10m01d_00h00m", "v_2015y10m01d_01h00m"], [0, 1, 2], 3600),
        (["a_0d22h", "a_1d00h", "a_1d02h"], [0, 1, 2], 7200),
        (["20240131", "20240201", "20240202"], [0, 1, 2], 86400),
        (["20240101_095900", "20240101_100000", "20240101_100100"], [0, 1, 2], 60),
        (["t003_10h30m", "t004_10h40m", "t005_10h50m"], [3, 4, 5], 600),
        (["10h30m_t003", "10h40m_t004", "10h50m_t005"], [3, 4, 5], 600),
    ],
)
def test_even_times_number_the_frames(names, numbers, step, tmp_path):
    reader = open_recording(folder_of(tmp_path, names))
    assert reader.numbers() == numbers
    assert reader.said_interval()[0] == reader.seconds() == step
    assert reader.said_times() is None
    for number, frame in zip(numbers, discs(3), strict=True):
        assert np.array_equal(reader.frame(number), frame)


def test_uneven_times_are_the_frames_times(tmp_path):
    reader = open_recording(folder_of(tmp_path, ["x_10h30m", "x_10h37m", "x_13h00m"]))
    (sequence,) = reader.sequences().all_usable()
    assert sequence.frames == (0, 1, 2)
    assert sequence.times() == [0, 420, 9000]
    assert reader.seconds() == 1


@pytest.mark.parametrize(
    "names", [["20240101_0012", "20240101_0013"], ["a_2d", "a_3d"], ["t1_x5s", "t2_x5s"], ["t1", "t2"]]
)
def test_what_may_count_something_else_is_no_time(names, tmp_path):
    assert clocks(names) is None


def test_digits_that_may_be_hours_are_counted_and_told(tmp_path):
    reader = open_recording(folder_of(tmp_path, ["x_103000", "x_104500", "x_110000"]))
    listing = reader.sequences()
    assert listing.usable[0].times() == [0, 1, 2]
    assert reader.seconds() is None
    assert "103000 to 110000 in the names may be times of day or numbers" in listing.notes[0]


def test_numbers_that_are_even_as_hours_too_stay_numbers(tmp_path):
    assert open_recording(folder_of(tmp_path, ["x_000010", "x_000020", "x_000030"])).numbers() == [10, 20, 30]


def test_times_that_may_pass_midnight_are_refused(tmp_path):
    refused(folder_of(tmp_path, ["x_23h40m", "x_23h50m", "x_00h00m"]), "x_00h00m to x_23h50m, may be of two days")


def test_times_of_planes(tmp_path):
    frames = np.stack([discs(3)] * 4, axis=1)
    for t, volume in enumerate(frames):
        for z, plane in enumerate(volume):
            tifffile.imwrite(tmp_path / f"c_20240101T10{10 * t:02d}00_z{z}.tif", plane)
    reader = open_recording(tmp_path)
    assert reader.numbers() == [0, 1, 2]
    assert reader.seconds() == 600
    assert np.array_equal(reader.frame(2), frames[2])


def test_arrays_one_a_file_have_times_too(tmp_path):
    for minute, frame in zip((0, 5, 10), np.stack([discs(3)] * 4, axis=1), strict=True):
        np.save(tmp_path / f"a_9h{minute:02d}m.npy", frame)
    assert open_recording(tmp_path).seconds() == 300


def test_images_are_in_the_order_of_their_times(tmp_path):
    names = ["x_1h05min", "x_45min", "x_55min"]
    for name, frame in zip(names, discs(3), strict=True):
        tifffile.imwrite(tmp_path / f"{name}.tif", frame)
    assert read_frames([tmp_path]).names == ["x_45min.tif", "x_55min.tif", "x_1h05min.tif"]


def test_the_planes_of_one_volume_are_no_frames(tmp_path):
    refused(folder_of(tmp_path, ["z000", "z001", "z002"]), "its files are the planes of one volume")
