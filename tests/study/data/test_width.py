"""Flat shapes that go far: how wide they are on a grid, and the grid that shows them."""

import re

import numpy as np
import pytest
import tifffile

from study import catalog
from study.data.recordings import Wanted, find
from study.data.width import MOST, fitting, widths


@pytest.fixture
def flat(tmp_path, monkeypatch):
    """A plate of 16 × 16 × 1 µm that moves by 65 µm, in six frames: where it goes is five times as long as it is."""
    monkeypatch.setenv("STUDY_CACHE", str(tmp_path / "cache"))
    (tmp_path / "flat").mkdir()
    for t in range(6):
        image = np.zeros((8, 24, 90), np.uint16)
        image[3:5, 4:20, 3 + 13 * t : 19 + 13 * t] = 5
        tifffile.imwrite(tmp_path / "flat" / f"t{t}.tif", image)
    return find(Wanted(path=str(tmp_path / "flat"), voxel="0.5,1,1"), 64)


def test_widths_are_those_of_the_shape_in_domain_units(flat):
    scale = 4.4 / 16  # the domain follows: the plate, not its way of 81 µm, fills [-2.2, 2.2]
    assert widths(flat.sequences[0].prepared()) == pytest.approx((16 * scale, 1 * scale), abs=2.5 * 6 / 63)
    assert any("track-05 goes so far that the domain follows" in note for note in flat.notes)


@pytest.mark.parametrize(("preset", "points"), [("smoke", 2), ("laptop", 4)])
def test_the_grid_of_a_preset_grows_for_a_flat_shape(flat, preset, points):
    study = catalog.load("cells", preset, flat)
    grid = study.methods["none"].evaluation_grid
    assert 12 * points < grid <= MOST
    assert grid == fitting(flat.sequences, 24, 3 * points, points)


def test_what_is_lost_of_it_is_told(flat, tmp_path):
    coarse = find(Wanted(path=str(tmp_path / "flat"), voxel="0.5,1,1"), 32)
    (note,) = [note for note in coarse.notes if "is lost" in note]
    said = r"track-05 is at its narrowest 2\d points of the grid wide in its longest and [12] in its shortest direction"
    assert re.match(said, note)
    assert note.endswith("what is finer than 0.7 µm is lost")


def test_shapes_that_are_wide_enough_leave_the_grid_as_it_was():
    assert catalog.load("cells", "laptop").methods["none"].evaluation_grid == 48
    assert catalog.load("cells", "smoke").methods["none"].evaluation_grid == 24
