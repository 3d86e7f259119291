"""Exports of a confirmed model, read back with standard readers, with our own, and against the model itself."""

import csv
import json

import numpy as np
import pandas as pd
import pytest
import tifffile
import trimesh
import zarr
from PIL import Image
from skimage.measure import points_in_poly

from study import catalog
from study.data.recordings import Wanted, find, keep
from study.storage.run_folder import RunFolder
from tests.study.confirmed import REPLICATES, export, finished_run, rows_of
from tests.study.data.drifting import recording
from trainables.metrics.volumes import dice
from trainables.saved_model import load
from trainables.shapes.preparation import prepare
from trainables.shapes.readers.base import open_recording
from trainables.shapes.sequence import grid_points


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A run of two recorded cells, one of such cells in the plane, and one of the bifurcation."""
    base = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STUDY_CACHE", str(base / "cache"))
        path = recording(base / "source" / "TRA", {1: range(6), 2: range(6)})
        cells = catalog.load("cells", "smoke", find(Wanted(path=str(path), voxel="1,0.5,0.5"), 32))
        folder = RunFolder(str(base / "results" / "cells" / "run"))
        keep(cells, folder)
        flat = recording(base / "flat" / "TRA", {1: range(6), 2: range(6)}, plane=True)
        discs = catalog.load("cells", "smoke", find(Wanted(path=str(flat), voxel="0.25,0.5"), 32))
        plane = RunFolder(str(base / "plane" / "cells" / "run"))
        keep(discs, plane)
        analytic = RunFolder(str(base / "results" / "bifurcation" / "run"))
        yield {
            "source": path,
            "cells": finished_run(folder, cells),
            "source in the plane": flat,
            "plane": finished_run(plane, discs),
            "bifurcation": finished_run(analytic, catalog.load("bifurcation", "smoke")),
        }


def at_voxels(run: RunFolder, sequence: int, label: str, index: np.ndarray, time: float) -> np.ndarray:
    """Mean over the replicates of the model's SDF at voxels `(P, d)` of the source; +∞ outside the domain."""
    (name,) = [name for name in run.names("data", ".npz") if name.startswith(label)]
    with np.load(run.file("data", f"{name}.npz")) as held:
        inverse = np.linalg.inv(held["affine"])
    points = index @ inverse[:-1, :-1].T + inverse[:-1, -1]
    given = np.column_stack([points, np.full(len(points), time)])
    model = run.file("models", "confirm-none-dense-best.pt")
    mean = np.mean([load(model, replicate, sequence)(given) for replicate in range(REPLICATES)], axis=0)
    return np.where((np.abs(points) <= 3).all(axis=1), mean, np.inf)


def test_labels_are_the_models_shapes_on_the_voxels_of_the_source(runs, tmp_path, capsys):
    export(runs["cells"], tmp_path, "--times", "11", "--model-frames")
    said = capsys.readouterr().out
    images = sorted(tmp_path.rglob("man_track*.tif"))
    assert len(images) == 11
    for number in (0, 5, 10):
        image = tifffile.imread(images[number])
        assert image.shape == (14, 40, 24)
        assert image.dtype == np.uint16
        index = np.stack(np.meshgrid(*map(np.arange, image.shape), indexing="ij"), -1).reshape(-1, 3)
        fields = [at_voxels(runs["cells"], s, f"track-0{s + 1}", index, number / 10) for s in (0, 1)]
        inside = (np.minimum(*fields) < 0).reshape(image.shape)
        assert inside.any()
        assert dice(image > 0, inside) > 0.99, "but for fragments, the labels are where the model is negative"
    rows = rows_of(tmp_path)
    shown = rows[rows["shown"] & (rows["sequence"] == "track-01")]
    truth = tifffile.imread(runs["source"] / "man_track000.tif") == 1
    first = shown[shown["time"] == 0].iloc[0]
    assert first["dice"] == pytest.approx(dice(tifffile.imread(images[0]) == 1, truth), abs=0.05)
    assert f"Dice at the {len(shown)} shown frames {shown['dice'].mean():.3f}" in said
    assert rows["surface_sd"].gt(0).all()


def test_frames_of_the_recording_are_exported_unchanged(runs, tmp_path):
    export(runs["cells"], tmp_path, "--times", "11", "--format", "labels", "--format", "ome-zarr")
    images = sorted(tmp_path.rglob("man_track*.tif"))
    for number in range(6):
        recorded = tifffile.imread(runs["source"] / f"man_track{number:03d}.tif")
        np.testing.assert_array_equal(tifffile.imread(images[2 * number]), recorded)
    root = zarr.open_group(str(next(tmp_path.rglob("sdf.ome.zarr"))), mode="r")
    sdf = np.asarray(root["0"])
    assert ((sdf[4] < 0) == (tifffile.imread(images[4]) > 0)).all()
    rows = pd.read_csv(next(tmp_path.rglob("labels/spread.csv")))
    assert rows["measured"].tolist() == [number % 2 == 0 for number in range(11) for _ in range(2)]
    assert rows["dice"].max() < 1, "what is said of the model stays what the model has"


def test_exported_labels_are_a_recording_that_our_own_reader_reads(runs, tmp_path):
    export(runs["cells"], tmp_path, "--times", "6")
    (folder,) = {path.parent for path in tmp_path.rglob("man_track.txt")}
    listing = open_recording(folder, (1, 0.5, 0.5)).sequences()
    assert listing.bad == {}
    assert [recorded.label for recorded in listing.usable] == ["track-01", "track-02"]
    again = prepare(listing.usable[0], 32)
    assert len(again.frames) == 6


def test_ome_zarr_opens_with_axes_scale_and_the_same_labels(runs, tmp_path):
    export(runs["cells"], tmp_path, "--at", "0,0.5,1", "--format", "ome-zarr", "--format", "labels", "--spread")
    (path,) = tmp_path.rglob("sdf.ome.zarr")
    root = zarr.open_group(str(path), mode="r")
    (multiscales,) = root.attrs["multiscales"]
    assert [axis["name"] for axis in multiscales["axes"]] == ["t", "z", "y", "x"]
    assert multiscales["datasets"][0]["coordinateTransformations"][0]["scale"][1:] == [1, 0.5, 0.5]
    sdf, labels = np.asarray(root["0"]), np.asarray(root["labels/cells/0"])
    assert sdf.shape == labels.shape == (3, 14, 40, 24)
    images = [tifffile.imread(file) for file in sorted(tmp_path.rglob("man_track*.tif"))]
    np.testing.assert_array_equal(labels, np.stack(images))
    assert (sdf[labels > 0] < 0).all()
    (spread,) = tmp_path.rglob("spread.ome.zarr")
    assert np.nanmin(np.asarray(zarr.open_group(str(spread), mode="r")["0"])) >= 0


def test_shapes_in_the_plane_are_written_as_pixels_outlines_and_a_moving_picture(runs, tmp_path):
    """Of the same run in all formats: frames are the recording's, between them the model's, and outlines hold them."""
    formats = [part for name in ("labels", "ome-zarr", "geojson", "gif") for part in ("--format", name)]
    export(runs["plane"], tmp_path, "--times", "11", "--spread", *formats)
    files = sorted(tmp_path.rglob("man_track*.tif"))
    images = [tifffile.imread(file) for file in files]
    for number in range(6):
        recorded = tifffile.imread(runs["source in the plane"] / f"man_track{number:03d}.tif")
        np.testing.assert_array_equal(images[2 * number], recorded)
    index = np.stack(np.meshgrid(*map(np.arange, (40, 24)), indexing="ij"), -1).reshape(-1, 2)
    fields = [at_voxels(runs["plane"], s, f"track-0{s + 1}", index, 0.5) for s in (0, 1)]
    assert dice(images[5] > 0, (np.minimum(*fields) < 0).reshape(40, 24)) > 0.99

    assert open_recording(files[0].parent).voxel_size() == pytest.approx((0.25, 0.5))
    (place,) = tmp_path.rglob("sdf.ome.zarr")
    reader = open_recording(place)
    assert reader.voxel_size() == pytest.approx((0.25, 0.5))
    np.testing.assert_array_equal([reader.frame(number) for number in range(11)], images)
    spread = np.asarray(zarr.open_group(str(place.with_name("spread.ome.zarr")), mode="r")["0"])
    np.testing.assert_array_equal(spread[5], tifffile.imread(files[5].with_name("spread005.tif")))
    assert np.nanmin(spread) >= 0

    rows = pd.read_csv(tmp_path / "labels" / "spread.csv")
    features = json.loads(next(tmp_path.rglob("outlines.geojson")).read_text())["features"]
    assert len(features) == len(rows)
    for feature, row in zip(features, rows.to_dict("records"), strict=True):
        number, label = feature["geometry"]["plane"]["t"], int(feature["properties"]["name"])
        (outline,) = feature["geometry"]["coordinates"]
        inside = points_in_poly(index[:, ::-1] + 0.5, outline).reshape(40, 24)
        np.testing.assert_array_equal(inside, images[number] == label)
        measurements = feature["properties"]["measurements"]
        assert measurements["area µm²"] == pytest.approx(row["volume"])
        assert measurements["uncertainty µm"] == pytest.approx(row["uncertainty"], rel=0.5)
    for file in tmp_path.rglob("*.gif"):
        with Image.open(file) as picture:
            assert picture.n_frames == 11


def test_meshes_are_closed_and_enclose_the_volume_of_the_labels(runs, tmp_path):
    export(runs["bifurcation"], tmp_path, "--at", "0,1", "--format", "ply", "--grid", "64")
    rows, files = rows_of(tmp_path), sorted(tmp_path.rglob("*.ply"))
    assert len(files) == 2
    for file, row in zip(files, rows.to_dict("records"), strict=True):
        mesh = trimesh.load(file)
        assert mesh.is_watertight
        assert mesh.volume == pytest.approx(row["volume"], rel=0.05)
    (index,) = tmp_path.rglob("index.csv")
    assert [line["time"] for line in csv.DictReader(index.open())] == ["0.0", "1.0"]


def test_a_moving_picture_has_a_frame_for_each_time(runs, tmp_path):
    export(runs["bifurcation"], tmp_path, "--times", "3", "--format", "gif", "--grid", "24")
    (file,) = tmp_path.rglob("*.gif")
    with Image.open(file) as picture:
        assert picture.n_frames == 3


def test_one_replicate_is_exported_when_asked_for(runs, tmp_path):
    volumes = {}
    for replicate in (0, 1):
        export(runs["bifurcation"], tmp_path / str(replicate), "--at", "0.5", "--replicate", str(replicate))
        volumes[replicate] = rows_of(tmp_path / str(replicate))["volume"].iloc[0]
    assert volumes[0] != volumes[1]


def test_advected_shapes_are_exported_as_their_model_has_them(tmp_path, capsys):
    """Of `advection`: the mean of the replicates where they are negative, at a shown time and between two."""
    folder = RunFolder(str(tmp_path / "results" / "bifurcation" / "run"))
    run = finished_run(folder, catalog.load("bifurcation", "smoke"), "advection")
    export(run, tmp_path / "out", "--at", "0.25,0.6", "--grid", "20", "--spread")
    assert "exporting method advection" in capsys.readouterr().out
    grid = grid_points(20).reshape(-1, 3).numpy()
    for time, path in zip((0.25, 0.6), sorted(tmp_path.rglob("man_track*.tif")), strict=True):
        given = np.column_stack([grid, np.full(len(grid), time)])
        model = run.file("models", "confirm-advection-dense-best.pt")
        mean = np.mean([load(model, replicate)(given) for replicate in range(REPLICATES)], axis=0)
        inside = (mean < 0).reshape(20, 20, 20).transpose(2, 1, 0)  # an image's axes are z, y, x
        assert dice(tifffile.imread(path) > 0, inside) > 0.99
    assert len(rows_of(tmp_path / "out")) == 2


def test_meshes_of_a_recording_lie_where_its_voxels_lie(runs, tmp_path):
    export(runs["cells"], tmp_path, "--at", "0", "--format", "ply", "--format", "labels", "--spread")
    image = tifffile.imread(next(tmp_path.rglob("man_track000.tif")))
    for label in (1, 2):
        mesh = trimesh.load(next(tmp_path.rglob(f"track-0{label}/*.ply")))
        assert mesh.is_watertight
        assert mesh.volume > 0
        voxels = (np.argwhere(image == label) * (1, 0.5, 0.5))[:, ::-1]
        # A surface lies less than a voxel beyond the outermost voxel centres inside it.
        beyond = np.stack([voxels.min(axis=0) - mesh.bounds[0], mesh.bounds[1] - voxels.max(axis=0)])
        assert (beyond > -0.05).all()
        assert (beyond < np.array([0.5, 0.5, 1]) + 0.05).all()
