"""Studies of shapes in the plane: all of theirs are, their grids are finer, and a recording says itself what it is."""

import json

import numpy as np
import pytest
import torch

from study import catalog
from study.catalog import nuclei
from study.data.recordings import Wanted, find
from trainables.base import resolve
from trainables.configuration import paths
from trainables.shapes.sequence import FINER

STUDIES = [name for name in catalog.names() if catalog.takes_dimension(name)]


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("STUDY_CACHE", str(tmp_path_factory.getbasetemp() / "plane"))


def discs(path):
    """Two discs that drift, six frames (y, x)."""
    y, x = np.indices((40, 60))
    frames = [(np.hypot(y - 12, x - 12 - t) < 6) + 2 * (np.hypot(y - 28, x - 40 + t) < 7) for t in range(6)]
    np.save(path, np.stack(frames).astype(np.uint16))
    return path


@pytest.mark.parametrize("name", STUDIES)
@pytest.mark.parametrize("preset", ["smoke", "laptop", "paper"])
def test_a_study_in_the_plane_is_that_in_space_with_finer_grids(name, preset):
    flat, study = catalog.load(name, preset, dimension=2), catalog.load(name, preset)
    flat.check()
    assert (flat.dimension, study.dimension) == (2, 3)
    assert set(flat.methods) == set(study.methods)
    for method in study.methods:
        ours, theirs = paths(flat.methods[method]), paths(study.methods[method])
        assert ours["evaluation_grid"] == FINER * theirs["evaluation_grid"]
        if preset == "paper":
            assert ours.get("points_per_frame", 645) in (256, 645), "as dense along an axis as 4096 or 16384 in space"
        changed = {path for path, value in theirs.items() if ours[path] != value} - {"sequences", "unseen"}
        assert {path.rpartition(".")[2] for path in changed} <= {
            "grid", "evaluation_grid", "barycenter_grid", "resolution", "points_per_frame", "points",
        }  # fmt: skip
    assert json.dumps(flat.model_dump(mode="json")).count('"dimension": 2') > 0


def test_the_radius_goes_as_the_root_of_an_area():
    flat, study = catalog.load("bifurcation", "laptop", dimension=2).space, catalog.load("bifurcation", "laptop").space
    assert study["rules.volume.exponent"].choices[0] == pytest.approx(1 / 3)
    assert flat["rules.volume.exponent"].choices[0] == pytest.approx(1 / 2)
    assert "moved+volume:exponent=0.33" in study["anchor"].choices
    assert {*flat["anchor"].choices} - {*study["anchor"].choices} == {
        "moved+volume:exponent=0.5",
        "lineage+volume:exponent=0.5",
    }


def test_the_studies_of_the_paper_s_shapes_take_a_dimension():
    assert {"bifurcation", "bifurcations", "spheres", "latent-generalization"} <= set(STUDIES)


def test_cells_takes_what_the_recording_has(tmp_path):
    data = find(Wanted(path=str(discs(tmp_path / "discs.npy")), voxel="0.5,0.5"), 16, shown=nuclei.shown)
    study = catalog.load("cells", "smoke", data)
    study.check()
    assert study.dimension == 2
    assert "of y 40, x 60 pixels; a pixel is 0.5 x 0.5 µm (y, x)" in data.understood
    assert not [note for note in data.notes if "voxels deep" in note]
    method = study.methods["linear-blend"]
    trainable = resolve(method.implementation)(
        json.loads(method.model_dump_json()), study.supervisions["sparse"], [1], torch.device("cpu")
    )
    rows = trainable.rows({"train", "test"})
    assert {row["sequence"] for row in rows} == {"track-01", "track-02"}
    assert all(row["dice"] == 1 for row in rows if row["role"] == "train")
    assert all(row["dice"] > 0.6 for row in rows)


def test_nuclei_counts_cells_and_tests_those_that_the_search_does_not_see():
    data = find(Wanted(path=str(nuclei.EXAMPLE), tracks=",".join(map(str, range(1, 13)))), 16, shown=nuclei.shown)
    study = catalog.load("nuclei", "laptop", data)
    study.check()
    assert (study.unit, study.dimension, len(data.sequences)) == ("sequence", 2, 12)
    assert not study.methods["none"].shared
    assert len(study.search_sequences) == nuclei.SEARCHED
    assert len(list(nuclei.EXAMPLE.glob("01_GT/TRA/*.tif"))) == 20
