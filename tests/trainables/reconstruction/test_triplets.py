"""Triplets on disk: read, named and classed, kept in one file; whatever is wrong is named in one sentence."""

import shutil

import numpy as np
import pytest
import tifffile
from PIL import Image

from tests.trainables.reconstruction.made import SIDE, triplets, write
from trainables.reconstruction.readers.base import read_triplets
from trainables.reconstruction.triplets import EXAMPLE, cached, classes, opened
from trainables.shapes.bad_data import BadData


def test_a_folder_is_read_as_it_was_written(folder):
    found, expected = read_triplets(folder), triplets(6)
    assert found.labels == sorted(expected.labels)
    expected = expected.chosen(found.labels)
    for part in ("volumes", "masks", "images"):
        np.testing.assert_array_equal(getattr(found, part), getattr(expected, part))


def test_what_is_kept_is_opened_again_and_named_after_its_content(tmp_path, monkeypatch):
    monkeypatch.setenv("STUDY_CACHE", str(tmp_path))
    file = cached(triplets(6))
    found, expected = opened(file), triplets(6)
    assert found.labels == expected.labels
    np.testing.assert_array_equal(found.volumes, expected.volumes)
    np.testing.assert_array_equal(found.masks, expected.masks)
    np.testing.assert_array_equal(found.images, expected.images)
    monkeypatch.setattr("time.localtime", lambda *_: (2031, 1, 2, 3, 4, 6, 0, 2, 0))
    assert cached(triplets(6)) == file
    assert cached(triplets(7)) != file


def test_the_example_is_the_published_sample():
    found = opened(str(EXAMPLE))
    assert found.volumes.shape == (90, 64, 64, 64)
    assert found.masks.shape == found.images.shape == (90, 64, 64)
    counts = {kind: found.classes().count(kind) for kind in set(found.classes())}
    assert counts == {"cell clusters": 46, "keratocytes": 21, "knizocytes": 15, "multilobate cells": 8}
    assert (EXAMPLE.parent / "LICENSE").read_text().startswith("Copyright (C) 2022")
    middle, masks = found.volumes[:, 32] > 127, found.masks > 127
    assert ((middle & masks).sum() / (middle | masks).sum()) > 0.99, "the mask is the middle slice"


def test_classes_are_what_names_hold():
    assert (
        classes(["A_round_cells001", "A_round_cells002", "spiky-003", "spiky-4"]) == ["round cells"] * 2 + ["spiky"] * 2
    )
    assert classes(["001", "002", "003"]) == ["all"] * 3
    assert classes(["anna", "berta", "clara"]) == ["all"] * 3


def test_sixteen_bits_and_unit_intervals_become_one_scale(folder):
    names = sorted(file.name for file in (folder / "image").iterdir())
    eight = tifffile.imread(folder / "image" / names[0])
    tifffile.imwrite(folder / "image" / names[1], eight.astype(np.uint16) * 257)
    tifffile.imwrite(folder / "image" / names[2], (eight / 255).astype(np.float32))
    found = read_triplets(folder).images
    assert found.dtype == np.float32
    np.testing.assert_allclose(found[0], eight / 255, atol=1e-6)
    np.testing.assert_allclose(found[1], found[0], atol=1e-6)
    np.testing.assert_allclose(found[2], found[0], atol=1e-6)


def first(folder, part):
    return sorted((folder / part).iterdir())[0]


def _missing_folder(folder):
    shutil.rmtree(folder / "mask")


def _unpaired(folder):
    first(folder, "image").unlink()


def _empty_folder(folder):
    for file in (folder / "obj").iterdir():
        file.unlink()


def _written(part, values):
    return lambda folder: tifffile.imwrite(first(folder, part), values)


CUBE, PLANE = np.zeros((SIDE,) * 3, np.uint8), np.zeros((SIDE, SIDE), np.uint8)
GREY = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE)).astype(np.uint8)
BALL = np.kron(np.array([[[0, 255], [255, 0]]] * 2, np.uint8), np.ones((16, 16, 16), np.uint8))
WRONG = {
    "no folder of masks": (_missing_folder, "there is no folder mask in it; it needs obj, mask, image"),
    "an image is missing": (_unpaired, "there is no A_flat001.tif or A_flat001.png, which obj has"),
    "no volumes": (_empty_folder, "obj: there is no TIFF in it; give volumes as .tif"),
    "no cube": (_written("obj", np.zeros((16, 16, 20), np.uint8)), "the volume is 16 x 16 x 20, not a cube"),
    "a plane": (_written("obj", PLANE), "the volume is 16 x 16, not a cube"),
    "an unknown side": (_written("obj", np.zeros((20, 20, 20), np.uint8)), "side 20; scale it to one of 16, 32"),
    "an empty volume": (_written("obj", CUBE), "the volume is constant, no voxel is above 127; leave this image out"),
    "a full volume": (_written("obj", CUBE + 200), "the volume is constant, every voxel is above 127"),
    "two sides": (_written("obj", BALL), "has side 32"),
    "a mask of 0 and 1": (_written("mask", GREY % 2), "the mask has no two levels around 127, its values go from 0 to"),
    "a full mask": (_written("mask", PLANE + 255), "the mask has no two levels around 127"),
    "a mask of another size": (_written("mask", PLANE[:8]), "it is 8 x 16, but its volume has side 16"),
    "an image of another size": (_written("image", PLANE[:, :8]), "it is 16 x 8, but its volume has side 16"),
    "an image beyond one": (_written("image", GREY.astype(np.float32)), "write it as 8 or 16 bits"),
    "an image that is not finite": (_written("image", np.full((16, 16), np.nan, np.float32)), "are not finite"),
    "a volume of labels": (_written("obj", CUBE.astype(np.uint16) + 300), "grey levels go from 300 to 300"),
    "no TIFF inside": (lambda folder: first(folder, "mask").write_bytes(b"not a TIFF"), "A_flat001.tif"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_data_are_named_in_one_sentence(case, folder):
    spoil, said = WRONG[case]
    spoil(folder)
    with pytest.raises(BadData) as raised:
        read_triplets(folder)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_two_files_of_one_name_are_refused(folder):
    file = first(folder, "image")
    shutil.copy(file, file.with_suffix(".tiff"))
    with pytest.raises(BadData, match="there are two files called A_flat001"):
        read_triplets(folder)


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "cells.tif").write_text("")
    with pytest.raises(BadData, match="name a folder that holds the folders obj, mask, image"):
        read_triplets(tmp_path / "cells.tif")


def test_other_files_are_left_alone(folder):
    (folder / "obj" / ".DS_Store").write_text("")
    (folder / "obj" / "notes.txt").write_text("")
    assert len(read_triplets(folder).labels) == 6


def test_a_triplet_that_is_not_there_cannot_be_chosen():
    with pytest.raises(ValueError, match="there is no triplet C_cube000"):
        triplets(4).chosen(["C_cube000"])


def test_writing_and_reading_need_no_order(tmp_path):
    made = triplets(4)
    assert read_triplets(write(tmp_path / "one", made.chosen(made.labels[::-1]))).labels == sorted(made.labels)


def test_masks_and_images_may_be_png(folder):
    expected = read_triplets(folder)
    for part in ("mask", "image"):
        for file in (folder / part).glob("*.tif"):
            Image.fromarray(tifffile.imread(file)).save(file.with_suffix(".png"))
            file.unlink()
    found = read_triplets(folder)
    assert found.labels == expected.labels
    np.testing.assert_array_equal(found.masks, expected.masks)
    np.testing.assert_array_equal(found.images, expected.images)
    for mode in ("RGB", "RGBA", "LA"):
        for file in (folder / "mask").glob("*.png"):
            Image.open(file).convert(mode).save(file)
        np.testing.assert_array_equal(read_triplets(folder).masks, expected.masks)
    first = folder / "mask" / f"{found.labels[0]}.png"
    for colour, words in (((0, 9, 0, 255), "it has colours; save it as grey"), ((0, 0, 0, 9), "are transparent; save")):
        Image.new("RGBA", (16, 16), colour).save(first)
        with pytest.raises(BadData, match=words):
            read_triplets(folder)
    first.unlink()
    with pytest.raises(BadData, match=f"mask: there is no {first.stem}.tif or {first.name}, which obj has"):
        read_triplets(folder)
    first.write_bytes(b"no PNG")
    with pytest.raises(BadData, match="cannot be read as PNG"):
        read_triplets(folder)
