"""`python -m study.fill`: frames between those of a recording, in its coordinates and numbering."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile
import trimesh
import zarr
from PIL import Image

import analysis
import study
from study.fill import command_line
from tests.study.filling.recordings import SHAPE, moving, write
from trainables.metrics.volumes import dice
from trainables.shapes.readers.base import open_recording


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("RAY_ADDRESS", "STUDY_RESULTS", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)


def run_folder(tmp_path):
    (folder,) = (tmp_path / "results" / "fill").iterdir()
    return folder


def labels(folder, number):
    return tifffile.imread(folder / "exports" / "labels" / f"man_track{number:03d}.tif")


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """Seven frames of three cells, one new frame between every two."""
    folder = tmp_path_factory.mktemp("filled")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr("study.filling.rules.candidates", lambda divided: ["linear", "moved", "volume", "moved+volume"])
        for name in ("RAY_ADDRESS", "STUDY_RESULTS", "MLFLOW_TRACKING_URI"):
            patch.delenv(name, raising=False)
        write(folder / "cells", {t: moving(t) for t in range(7)})
        formats = [word for name in ("ome-zarr", "ply", "gif") for word in ("--format", name)]
        assert command_line(["cells", "--voxel", "1,0.5,0.5", "--between", "1", "--minutes", "60", *formats]) == 0
    return run_folder(folder)


def test_measured_frames_are_unchanged(filled):
    for t in range(7):
        assert np.array_equal(labels(filled, 2 * t), moving(t))


def test_new_frames_have_the_labels_of_the_recording_where_the_cells_are(filled):
    for t in (0.5, 3.5, 5.5):
        found, true = labels(filled, round(2 * t)), moving(t)
        assert set(np.unique(found)) == set(np.unique(true))
        for label in np.unique(true)[1:]:
            assert dice(found == label, true == label) > 0.9, (t, label)


def test_a_mother_becomes_her_daughters_halfway(filled):
    found = labels(filled, 5)  # halfway between frames 2 and 3: still hers
    assert set(np.unique(found)) == {0, 7, 12, 300}
    table = (filled / "exports" / "labels" / "man_track.txt").read_text().split("\n")
    assert {"12 0 5 0", "17 6 12 12", "23 6 12 12"} <= set(table)


def test_volumes_lie_between_those_of_the_neighbours(filled):
    table = pd.read_csv(filled / "exports" / "labels" / "frames.csv").query("label == 300").set_index("frame")
    volume = table["volume"]
    for frame in range(1, 13, 2):
        assert 0.97 * volume[frame - 1] <= volume[frame] <= 1.03 * volume[frame + 1]


def test_every_new_frame_has_an_expected_error(filled):
    table = pd.read_csv(filled / "exports" / "labels" / "frames.csv")
    new = table[~table["measured"]]
    assert (new["expected_error"] > 0).all()
    assert (new["expected_low"] <= new["expected_high"]).all()
    assert table[table["measured"]]["expected_error"].isna().all()
    assert (new["distance"] == 0.5).all()


def test_voxels_are_known_to_readers_of_the_images(filled):
    with tifffile.TiffFile(filled / "exports" / "labels" / "man_track001.tif") as file:
        assert file.imagej_metadata["spacing"] == 1.0
        assert file.series[0].shape == SHAPE
        assert file.pages[0].tags["XResolution"].value == (2, 1)


def test_the_run_is_one_like_any_other(filled):
    run = analysis.load(filled)
    assert run.finished
    assert set(run.trials["state"]) == {"complete"}
    assert {"linear-blend", "moved-blend"} <= set(run.per_time["method"])
    assert "<img" in (filled / "report.html").read_text()


def test_frames_without_labels_are_the_new_ones(tmp_path):
    frames = {t: moving(t) if t in (0, 4) else np.zeros(SHAPE, np.uint16) for t in range(5)}
    frames = {t: np.where(labels == 7, labels, 0).astype(np.uint16) for t, labels in frames.items()}
    write(tmp_path / "cells", frames, table=False)
    assert command_line(["cells", "--voxel", "1,0.5,0.5"]) == 0
    folder = run_folder(tmp_path)
    true = moving(2) == 7
    assert dice(labels(folder, 2) == 7, true) > 0.9
    assert json.loads((folder / "study.json").read_text())["rules"]["whole"]["by"] == "findings"


def test_a_resumed_run_goes_on_from_what_was_scored(tmp_path, monkeypatch):
    frames = {t: np.where(moving(t) == 7, 7, 0).astype(np.uint16) for t in range(5)}
    write(tmp_path / "cells", frames, table=False)
    from study.filling import holdout

    whole, scored = holdout.scores, []

    def interrupted(rule, fields, hidden):
        if rule == "volume":
            raise KeyboardInterrupt
        scored.append(rule)
        return whole(rule, fields, hidden)

    monkeypatch.setattr(holdout, "scores", interrupted)
    assert command_line(["cells", "--between", "1"]) == 130
    before = list(scored)
    monkeypatch.setattr(holdout, "scores", lambda *a: (scored.append(a[0]), whole(*a))[1])
    assert command_line(["--resume", "last"]) == 0
    assert before == ["linear", "moved"]
    assert scored.count("linear") == 3  # three rounds in all
    assert json.loads((run_folder(tmp_path) / "study.json").read_text())["status"] == "finished"


def test_the_page_fills_a_recording_as_it_says(tmp_path, monkeypatch):
    page = (Path(study.__file__).parent / "README.md").read_text()
    (command,) = re.findall(r"<!-- fill -->\n```sh\npython -m study.fill (.*?)\n```", page)
    np.savez(tmp_path / "cells.npz", labels=np.stack([np.where(moving(t) == 300, 300, 0) for t in range(5)]))
    monkeypatch.setattr("study.filling.rules.candidates", lambda divided: ["linear", "moved"])
    assert command_line(command.split()) == 0
    assert len(list((run_folder(tmp_path) / "exports" / "labels").glob("*.tif"))) == 17


def test_seconds_of_the_recording_survive(tmp_path, capsys):
    frames = np.stack([np.where(moving(t) == 7, 7, 0) for t in range(3)]).astype(np.uint16)
    metadata = {"axes": "TZYX", "spacing": 1.0, "unit": "um", "finterval": 300.0}
    tifffile.imwrite(tmp_path / "cells.tif", frames, imagej=True, resolution=(2, 2), metadata=metadata)
    assert command_line(["cells.tif", "--at", "150s,7.5min"]) == 0
    assert "3 labelled frames, 0 to 2, 5 min apart" in capsys.readouterr().err
    folder = run_folder(tmp_path)
    table = pd.read_csv(folder / "exports" / "labels" / "frames.csv")
    assert table["seconds"].tolist() == [0, 150, 300, 450, 600]
    again = open_recording(folder / "exports" / "labels")
    assert again.seconds() == 150
    assert again.voxel_size() == (1.0, 0.5, 0.5)


def test_other_formats_have_the_same_cells(filled):
    root = zarr.open_group(str(filled / "exports" / "ome-zarr" / "cells" / "sdf.ome.zarr"), mode="r")
    sdf, cells = np.asarray(root["0"]), np.asarray(root["labels/cells/0"])
    for number in (0, 3, 7):
        image = labels(filled, number)
        np.testing.assert_array_equal(cells[number], image)
        np.testing.assert_array_equal(sdf[number] < 0, image > 0)
    table = pd.read_csv(filled / "exports" / "labels" / "frames.csv")
    for number in (3, 4):  # between frames, and a measured one
        mesh = trimesh.load(filled / "exports" / "ply" / "cells" / "track-300" / f"t{number / 2:.4f}.ply")
        assert mesh.is_watertight
        row = table[(table["frame"] == number) & (table["label"] == 300)].iloc[0]
        assert mesh.volume == pytest.approx(row["volume"], rel=0.08)
        inside = np.argwhere(labels(filled, number) == 300) * (1, 0.5, 0.5)
        np.testing.assert_allclose(mesh.centroid[::-1], inside.mean(axis=0), atol=0.1)
    with Image.open(filled / "exports" / "gif" / "cells" / "track-12.gif") as picture:
        assert picture.n_frames == 13


def test_the_images_of_a_division_are_said(filled):
    page = (filled / "report.html").read_text()
    assert "12 divides into 17 and 23 by frame 3 of the recording, by image 6 of those that are written" in page


def test_a_recording_in_the_plane_is_filled_in_the_plane(tmp_path, monkeypatch):
    monkeypatch.setattr("study.filling.rules.candidates", lambda divided: ["linear", "moved"])
    y, x = np.indices((40, 60))
    discs = np.stack([7 * (np.hypot(y - 18, x - 18 - 3 * t) < 9.3) for t in range(7)]).astype(np.uint16)
    tifffile.imwrite("discs.tif", discs, imagej=True, resolution=(2, 2), metadata={"axes": "TYX", "unit": "um"})
    formats = [part for name in ("ome-zarr", "gif", "geojson") for part in ("--format", name)]
    assert command_line(["discs.tif", "--between", "2", "--minutes", "60", *formats]) == 0

    folder = run_folder(tmp_path)
    exports = folder / "exports"
    again = open_recording(exports / "ome-zarr" / "discs" / "sdf.ome.zarr")
    assert all(np.array_equal(again.frame(number), labels(folder, number)) for number in range(19))
    with Image.open(exports / "gif" / "discs" / "track-07.gif") as picture:
        assert picture.n_frames == 19
    features = json.loads((exports / "geojson" / "discs" / "outlines.geojson").read_text())["features"]
    assert [feature["geometry"]["plane"]["t"] for feature in features] == list(range(19))
    (outline,) = features[4]["geometry"]["coordinates"]
    assert np.hypot(*(np.array(outline) - [22.5, 18.5]).T) == pytest.approx(np.full(len(outline), 9.3), abs=0.4)
    assert all(np.array_equal(labels(folder, 3 * t), discs[t]) for t in range(7))
    assert dice(labels(folder, 4) == 7, np.hypot(y - 18, x - 18 - 4) < 9.3) > 0.97
    table = pd.read_csv(folder / "exports" / "labels" / "frames.csv")
    assert table["volume"].to_numpy() == pytest.approx(np.pi * 9.3**2 / 4, rel=0.03)
    record = json.loads((folder / "study.json").read_text())
    assert record["rules"]["whole"]["rule"] == "moved"
    assert "of y 40, x 60 pixels; a pixel is 0.5 x 0.5 µm (y, x)" in record["data"]["understood"]
    again = open_recording(folder / "exports" / "labels")
    assert again.voxel_size() == pytest.approx((0.5, 0.5))
    for name in ("recording", "cell"):
        assert Image.open(folder / "figures" / f"{name}.png").size[0] > 300
