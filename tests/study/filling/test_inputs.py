"""Recordings as people have them are filled: in their labels, voxels and coordinates, and read again."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import tifffile
import zarr
from PIL import Image

from study.fill import command_line
from tests.study.filling.recordings import ball
from trainables.metrics.volumes import dice
from trainables.shapes.platynereis import cells, times
from trainables.shapes.readers.base import example, open_recording
from trainables.shapes.sequence import grid_points

FILL = ["--rule", "moved", "--between", "1"]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("RAY_ADDRESS", "STUDY_RESULTS", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)


def film(label: int = 3, kind: Any = np.uint16) -> np.ndarray:
    """Three frames of a ball that goes along x."""
    return np.stack([np.where(ball((4.5, 10, 8 + 1.5 * t), 3.2), label, 0) for t in range(3)]).astype(kind)


def exported(given: list[str]) -> Path:
    assert command_line([*given, *FILL]) == 0
    (folder,) = Path("results/fill").iterdir()
    return folder / "exports" / "labels"


def image(folder: Path, number: int) -> np.ndarray:
    found: np.ndarray = tifffile.imread(folder / f"man_track{number:03d}.tif")
    return found


def as_hdf5(path: Path) -> list[str]:
    with h5py.File(path / "cells.h5", "w") as file:
        file.create_dataset("exported_data", data=film()[..., None]).attrs["element_size_um"] = (1.0, 0.5, 0.5)
    return ["cells.h5"]


def as_distances(path: Path) -> list[str]:
    with h5py.File(path / "cells.h5", "w") as file:
        file["sdf_vid"] = np.where(film() > 0, np.float32(-1), np.float32(1))
    return ["cells.h5", "--layout", "time-first", "--voxel", "1,0.5,0.5"]


def as_zarr(path: Path) -> list[str]:
    zarr.create_array(str(path / "cells.zarr"), data=film())
    return ["cells.zarr", "--voxel", "1,0.5,0.5"]


def as_large_labels(path: Path) -> list[str]:
    np.save(path / "cells.npy", film(2**40 + 3, np.uint64))
    return ["cells.npy", "--voxel", "1,0.5,0.5"]


@pytest.mark.parametrize("written", [as_hdf5, as_distances, as_zarr, as_large_labels])
def test_it_is_filled_in_its_own_voxels_and_labels(written: Callable[[Path], list[str]], tmp_path):
    folder = exported(written(tmp_path))
    again = open_recording(folder)
    assert again.voxel_size() == (1.0, 0.5, 0.5)
    label = 2**40 + 3 if written is as_large_labels else 1 if written is as_distances else 3
    for number in range(5):
        found = again.frame(number)  # type: ignore[attr-defined]
        assert set(np.unique(found)) == {0, label}
        true = ball((4.5, 10, 8 + 0.75 * number), 3.2)
        assert dice(found == label, true) > (0.99 if number % 2 == 0 else 0.9)
    assert (folder / "man_track.txt").read_text() == f"{label} 0 4 0\n"


def test_masks_with_two_pieces_become_two_cells_or_one(tmp_path, capsys):
    (tmp_path / "masks").mkdir()
    for t in range(3):
        inside = ball((4.5, 5, 8 + t), 2.5) | ball((4.5, 14, 8 + t), 2.9)
        tifffile.imwrite(tmp_path / "masks" / f"t{t}.tif", 255 * inside.astype(np.uint8))
    assert command_line(["masks", *FILL]) == 2
    assert "--pieces split" in capsys.readouterr().err
    folder = exported(["masks", "--voxel", "1,0.5,0.5", "--pieces", "split"])
    found = image(folder, 1)
    assert set(np.unique(found)) == {0, 1, 2}
    assert dice(found > 0, ball((4.5, 5, 8.5), 2.5) | ball((4.5, 14, 8.5), 2.9)) > 0.9


def test_cells_that_are_renumbered_in_every_frame_are_linked(tmp_path):
    frames = []
    for t in range(3):
        one, other = (1, 2) if t % 2 == 0 else (2, 1)
        frame = np.where(ball((4.5, 5, 8 + t), 2.5), one, 0)
        frames.append(np.where(ball((4.5, 14, 8 + t), 2.9), other, frame).astype(np.uint8))
    np.save(tmp_path / "cells.npy", np.stack(frames))
    folder = exported(["cells.npy", "--voxel", "1,0.5,0.5", "--link"])
    assert (folder / "man_track.txt").read_text() == "1 0 4 0\n2 0 4 0\n"
    assert all(dice(image(folder, n) == 2, ball((4.5, 14, 8 + n / 2), 2.9)) > 0.9 for n in range(5))


def test_a_few_frames_of_recorded_nuclei_keep_their_numbers(tmp_path):
    (tmp_path / "nuclei").mkdir()
    (source,) = example().rglob("man_track000.tif")
    for number in (0, 5, 10, 15, 19):
        frame = tifffile.imread(source.with_name(f"man_track{number:03d}.tif"))
        tifffile.imwrite(tmp_path / "nuclei" / f"man_track{number:03d}.tif", frame)
    assert command_line(["nuclei", "--voxel", "1,0.202,0.202", "--rule", "moved", "--at", "7.5"]) == 0
    (folder,) = Path("results/fill").iterdir()
    images = [image(folder / "exports" / "labels", number) for number in range(6)]
    between, before, after = images[2], images[1], images[3]
    for label in np.unique(before)[1:]:
        volume = (between == label).sum()
        assert 0.8 * min((before == label).sum(), (after == label).sum()) < volume
        assert volume < 1.2 * max((before == label).sum(), (after == label).sum())
    record = json.loads((folder / "study.json").read_text())
    assert "5 labelled frames, 0 to 19" in record["data"]["understood"]


@pytest.mark.parametrize("label", [5, 255])
def test_a_growing_cell_written_as_tiffs_is_filled(label, tmp_path):
    (tmp_path / "growth").mkdir()
    (cell,) = cells(1, resolution=24)
    shown = (times()[n] for n in (0, 4, 8))
    inside = [(cell.sdf(grid_points(24), time) < 0).numpy() for time in shown]
    for number in (0, 2):
        picture = (label * inside[number]).astype(np.uint8 if label == 255 else np.uint16)
        tifffile.imwrite(tmp_path / "growth" / f"t{number}.tif", picture)
    assert command_line(["growth", "--rule", "moved+volume"]) == 0
    (folder,) = Path("results/fill").iterdir()
    assert dice(image(folder / "exports" / "labels", 1) == label, inside[1]) > 0.8


def test_planes_in_png_files_are_filled(tmp_path):
    (tmp_path / "planes").mkdir()
    y, x = np.indices((40, 60))
    discs = [7 * (np.hypot(y - 18, x - 18 - 3 * t) < 9.3) for t in range(5)]
    for t in (0, 2, 4):
        Image.fromarray(discs[t].astype(np.uint8)).save(tmp_path / "planes" / f"mask{t}.png")
    assert command_line(["planes", "--rule", "moved"]) == 0
    (folder,) = Path("results/fill").iterdir()
    assert dice(image(folder / "exports" / "labels", 3) == 7, discs[3] > 0) > 0.97


def test_where_nobody_says_how_large_a_voxel_is_lengths_are_in_voxels(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("study.filling.rules.candidates", lambda divided: ["linear", "moved"])
    frames = np.stack([np.where(ball((4.5, 10, 8 + t), 3.2), 3, 0) for t in range(9)]).astype(np.uint16)
    np.save(tmp_path / "cells.npy", frames)
    assert command_line(["cells.npy", "--between", "1", "--minutes", "60"]) == 0
    (folder,) = Path("results/fill").iterdir()
    told = "".join(capsys.readouterr())
    assert re.search(r"between two frames of a cell: \w+, [\d.]+ voxels from 7 hidden shapes", told)
    page = re.sub(r"base64,[^\"]*", "", (folder / "report.html").read_text())
    said = (folder / "exports" / "labels" / "fill.json").read_text()
    record = json.loads((folder / "study.json").read_text())
    assert [metric["unit"] for metric in record["metrics"]] == ["voxel", "voxel", ""]
    assert not [text for text in (told, page, said, json.dumps(record, ensure_ascii=False)) if "µm" in text]


def test_a_time_of_a_measured_frame_is_no_new_one(tmp_path, capsys):
    np.save(tmp_path / "cells.npy", film())
    assert command_line(["cells.npy", "--rule", "linear", "--at", "1"]) == 0
    assert "There is no new frame: at every time that was asked for" in capsys.readouterr().out
    (folder,) = Path("results/fill").iterdir()
    for number, frame in enumerate(film()):
        assert np.array_equal(image(folder / "exports" / "labels", number), frame)


@pytest.mark.parametrize("seconds", [60.0, None])
def test_frames_that_are_not_evenly_apart_keep_their_times(seconds: float | None, tmp_path):
    clock = {} if seconds is None else {"finterval": seconds}
    metadata = {"axes": "TZYX", "spacing": 1.0, "unit": "um"} | clock
    tifffile.imwrite(tmp_path / "cells.tif", film(), imagej=True, resolution=(2, 2), metadata=metadata)
    assert command_line(["cells.tif", "--rule", "moved", "--at", "0.5,0.75", "--format", "ome-zarr"]) == 0
    (folder,) = Path("results/fill").iterdir()
    images, stack = folder / "exports/labels", folder / "exports/ome-zarr/cells/sdf.ome.zarr"
    if seconds is None:
        assert (images / "times.txt").read_text().splitlines() == [
            "frame time",
            *["0 0.0", "1 0.5", "2 0.75", "3 1.0", "4 2.0"],
        ]
        assert "times.txt says when its frames were taken" in "".join(open_recording(images).sequences().notes)
    for place in (images, stack, stack / "labels/cells"):
        reader = open_recording(place)
        known = None if seconds is None else dict(enumerate([0.0, 30.0, 45.0, 60.0, 120.0]))
        assert (reader.known_times(), reader.seconds()) == (known, seconds and 1.0)
    scale = zarr.open_group(str(stack), mode="r").attrs["multiscales"][0]
    assert scale["axes"][0] == {"name": "t", "type": "time"}
    assert scale["datasets"][0]["coordinateTransformations"][0]["scale"][0] == 1


def test_a_cell_that_is_missing_in_a_frame_of_others_is_told(tmp_path, capsys):
    labels = np.concatenate([film(), film()[::-1]])
    labels[:, ball((4.5, 3.5, 3.5), 2.5)] = 5
    labels[3][labels[3] == 3] = 0
    np.save(tmp_path / "cells.npy", labels)
    folder = exported(["cells.npy", "--voxel", "1,0.5,0.5"])
    assert "which stay as they are: 3 in 3" in capsys.readouterr().err
    assert np.array_equal(image(folder, 6), labels[3])
    assert set(np.unique(image(folder, 5))) == {0, 3, 5}
