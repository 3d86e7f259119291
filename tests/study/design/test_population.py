"""`population-nuclei`: who is learned from and compared, which frames are shown, and which recordings are too small."""

import numpy as np
import pytest

from study import catalog
from study.catalog import population_nuclei
from study.data.recordings import Data, Wanted
from study.errors import Mistake
from trainables.metrics.scoring import Scored


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("STUDY_CACHE", str(tmp_path_factory.getbasetemp() / "population"))


def recording(folder, count: int, frames: int, axes: int = 2) -> Data:
    """Discs, or balls, in a row, each with a way of its own."""
    shape = (26, 28 * count) if axes == 2 else (16, 26, 28 * count)
    places = np.indices(shape)[-2:]
    film = np.zeros((frames, *shape), np.uint16)
    for label in range(count):
        for t in range(frames):
            middle = np.array([13 + t % 3, 28 * label + 12 + 4 * t * label / (count * frames)])
            inside = np.hypot(*(place - at for place, at in zip(places, middle, strict=True))) < 6 + label % 2
            film[t][inside] = label + 1
            if axes == 3:
                film[t, :3], film[t, -3:] = 0, 0
    np.save(folder / "film.npy", film)
    return population_nuclei.find(Wanted(path=str(folder / "film.npy"), voxel="1" + ",1" * (axes - 1)), lambda s: None)


def test_nuclei_of_the_search_are_learned_from_and_not_compared():
    study = catalog.load("population-nuclei", "laptop")
    study.check()
    assert (study.unit, study.dimension, study.baseline) == ("sequence", 2, "moved+volume-blend")
    assert len(study.search_sequences) == population_nuclei.SEARCHED
    for name in ("ridge-residual", "learned-residual"):
        method = study.methods[name]
        known = [{s.label for s in method.known(fold)} for fold in range(method.dealt)]
        assert len(method.sequences) == 64
        assert [len(labels) for labels in known] == [42, 43, 43]
        assert set(study.search_sequences) <= set().union(*known)
        assert method.population == [], "only a method's sequences are kept in the run folder"


def test_shown_frames_are_as_even_as_there_are_frames():
    study = catalog.load("population-nuclei", "laptop")
    for name, shown in (("2-frames", [0, 19]), ("3-frames", [0, 10, 19]), ("5-frames", [0, 5, 10, 14, 19])):
        roles = study.supervisions[name].roles
        assert [i for i, role in enumerate(roles) if role == "train"] == shown
        hidden = [role for role in roles if role != "train"]
        assert hidden[::2] == ["test"] * len(hidden[::2])
        assert hidden[1::2] == ["validation"] * len(hidden[1::2])


@pytest.mark.parametrize("axes", [2, 3])
def test_few_nuclei_are_each_predicted_from_all_others(tmp_path, axes):
    study = catalog.load("population-nuclei", "smoke", recording(tmp_path, 6, 6, axes))
    study.check()
    assert study.dimension == axes
    assert list(study.supervisions) == ["2-frames", "3-frames"], "with five shown frames one would be hidden"
    method = study.methods["ridge-residual"]
    assert method.dealt == len(method.sequences) == 6
    assert len(study.search_sequences) == population_nuclei.SEARCH
    searched = study.configured(study.arms()[0], {}, "search")
    assert isinstance(searched, Scored)
    assert searched.labels() == study.search_sequences


def test_a_recording_of_too_few_nuclei_or_frames_is_refused(tmp_path):
    with pytest.raises(Mistake, match=r"of film\.npy 4 can be used.*at least 5 nuclei"):
        catalog.load("population-nuclei", "laptop", recording(tmp_path, 4, 6))
    with pytest.raises(Mistake, match=r"film\.npy has 3 frames that all of its nuclei have"):
        catalog.load("population-nuclei", "laptop", recording(tmp_path, 5, 3))
