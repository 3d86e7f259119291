"""Triplets of volume, mask and image as the data of a study: found, divided, kept in the run folder, found again."""

import shutil

import numpy as np
import pytest
import tifffile

from study import catalog
from study.data import recordings
from study.data.recordings import Wanted
from study.data.triplets import again
from study.run import command_line
from study.running.plan import Options, plan
from study.storage.run_folder import RunFolder
from tests.trainables.reconstruction.made import triplets, write
from trainables.reconstruction import folds
from trainables.reconstruction.triplets import opened

NAME = "red-blood-cells"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.setenv("STUDY_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    for name in ("RAY_ADDRESS", "STUDY_RESULTS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def folder(tmp_path):
    return write(tmp_path / "cells", triplets(30))


def test_without_data_the_90_cells_are_taken_and_18_are_set_aside():
    study = catalog.load(NAME, "laptop", catalog.find(NAME, Wanted(), print))
    study.check()
    for method in study.methods.values():
        assert len(method.images) == 90
        assert len(folds.taking_part(method.images)) == 72
        assert method.folds() == 6
        method.restrict(study.search_sequences)
        assert len(method.images) == 18
        assert method.folds() == 3
    assert study.replicates == 18, "three seeds of six folds"
    paper = catalog.load(NAME, "paper")
    assert {method.folds() for method in paper.methods.values()} == {5}, "the published one"
    assert paper.replicates == 15
    assert study.data["source"].endswith("90 of the 135 of the published sample")
    assert study.data["notes"] == [
        "90 triplets of side 64 (46 cell clusters, 21 keratocytes, 15 knizocytes, 8 multilobate cells)"
    ]


def test_the_published_setting_is_its_own():
    study = catalog.load(NAME, "paper")
    topology = study.methods["topology"].topology
    assert (topology.weight, topology.dimensions, topology.size, topology.filtration) == (0.1, "2", 16, "superlevel")
    method = study.methods["topology"]
    assert (method.resolution, method.filters, method.epochs, method.patience, method.batch) == (64, 10, 100, 15, 3)
    assert (method.learning_rate, method.augmentation, method.plateau) == (1e-3, 0.33, 2)
    assert study.space["topology.weight"].low == 1e-3
    assert study.space["topology.weight"].high == 1e2
    assert [study.methods[f"topology-{d}"].topology.compared() for d in ("0", "1", "all")] == [(0,), (1,), (0, 1, 2)]


def test_a_folder_given_by_a_user_becomes_the_study(folder):
    found = plan(Options(study=NAME, preset="smoke", data=str(folder)))
    method = found.study.methods["topology"]
    assert (method.side, method.resolution) == (16, 16)
    assert sorted(method.labels()) == sorted(triplets(30).labels)
    assert len(found.study.search_sequences) == 6
    assert found.study.data["source"] == "cells"
    expected = triplets(30).chosen(method.labels())
    np.testing.assert_array_equal(opened(method.file).volumes, expected.volumes)


def test_no_search_proposes_a_finer_loss_than_the_data(folder):
    for preset in ("smoke", "laptop", "paper"):
        study = plan(Options(study=NAME, preset=preset, data=str(folder))).study
        assert max(study.space["topology.size"].choices) <= 16


def test_a_run_keeps_its_images_and_finds_them_without_the_folder(folder, tmp_path):
    study = plan(Options(study=NAME, preset="smoke", data=str(folder))).study
    before = opened(study.methods["none"].file).volumes
    place = RunFolder(str(tmp_path / "run"))
    recordings.keep(study, place)
    shutil.rmtree(folder)
    shutil.rmtree(tmp_path / "cache")
    record = {"configuration": study.model_dump(mode="json"), "data": study.data}
    found = again(record)
    assert found.file == place.file("data", f"{place.names('data', '.npz')[0]}.npz")
    np.testing.assert_array_equal(opened(found.file).volumes, before)
    resumed = catalog.load(NAME, "smoke", found)
    assert resumed.model_dump(mode="json") == study.model_dump(mode="json")


@pytest.mark.parametrize(("count", "enough"), [(7, False), (12, False), (13, True)])
def test_fewer_images_than_folds_are_one_sentence(count, enough, tmp_path, capfd):
    write(tmp_path / "few", triplets(count))
    assert command_line([NAME, "--data", "few", "--preset", "smoke", "--dry-run"]) == (0 if enough else 2)
    if not enough:
        lines = capfd.readouterr().err.splitlines()
        assert lines[-1] == (
            f"error: --data few: there are {count} images, fewer than the folds need: 3 of a fifth set aside for the "
            "search, 6 of the rest; give at least 13"
        )


def spoil_mask(folder):
    tifffile.imwrite(next((folder / "mask").iterdir()), np.ones((16, 16), np.uint8))


def spoil_pair(folder):
    next((folder / "image").iterdir()).unlink()


def spoil_volume(folder):
    tifffile.imwrite(next((folder / "obj").iterdir()), np.zeros((16, 16, 16), np.uint8))


def spoil_cube(folder):
    tifffile.imwrite(next((folder / "obj").iterdir()), np.zeros((16, 16, 18), np.uint8))


def nothing(folder):
    pass


WRONG = {
    "no cube": (spoil_cube, [], "not a cube; cut or scale it to three equal sides"),
    "constant": (spoil_volume, [], "the volume is constant, no voxel is above 127; leave this image out"),
    "one level": (spoil_mask, [], "the mask has no two levels around 127"),
    "unpaired": (spoil_pair, [], "a volume, its mask and its image have the same name"),
    "tracks": (nothing, ["--tracks", "1"], "--tracks 1: images have no tracks, voxel sizes, layouts or frames to skip"),
    "voxel": (nothing, ["--voxel", "1,1,1"], "--voxel 1,1,1: images have no tracks"),
    "skip": (nothing, ["--skip-bad"], "--skip-bad: images have no tracks"),
    "replicates": (nothing, ["--replicates", "8"], "replicates = 8 of method none: a replicate holds out one of 6"),
    "negative weight": (nothing, ["--set", "topology.weight=-1"], "greater than or equal to 0"),
    "a dimension of four": (nothing, ["--set", "topology.dimensions=4"], "'0', '1', '2' or 'all'"),
    "too fine": (nothing, ["--set", "resolution=32"], "resolution = 32 is finer than the data, of side 16"),
    "too fine a loss": (nothing, ["--set", "topology.size=32"], "topology.size = 32 is finer than the resolution"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_input_is_one_sentence_and_leaves_nothing(case, folder, capfd):
    spoil, arguments, said = WRONG[case]
    spoil(folder)
    assert command_line([NAME, "--preset", "smoke", "--data", str(folder), *arguments]) == 2
    captured = capfd.readouterr()
    errors = [line for line in captured.err.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    assert said in errors[0]
    assert not (folder.parent / "results").exists()


@pytest.mark.parametrize(
    ("path", "said"),
    [("nowhere", "there is no such file or folder"), ("cells/obj", "that holds the folders obj, mask, image")],
)
def test_a_path_that_holds_no_images_is_named(path, said, folder, capfd):
    assert command_line([NAME, "--data", path]) == 2
    assert said in capfd.readouterr().err
