"""Misspelt names in a study, its space and its presets are sentences with the nearest right name."""

from types import SimpleNamespace

import pytest
from optuna.distributions import FloatDistribution

import search_spaces
from study import catalog
from study.design import flags, methods, presets
from study.design.study import Study
from study.errors import Mistake
from trainables.configuration import suggestion
from trainables.shapes.sphere import Sphere


@pytest.fixture
def author(monkeypatch):
    """Loads `spheres` with a change by its author, and a preset."""
    spheres = catalog.load("spheres", "smoke")
    load = catalog.load

    def loaded(change=lambda study: None, preset=lambda study: None) -> Study:
        study = spheres.model_copy(deep=True)
        change(study)
        entry = SimpleNamespace(study=lambda: study, PRESETS={"only": preset})
        monkeypatch.setattr(catalog, "module", lambda name: entry)
        return load("spheres", "only")

    return loaded


def searching(path):
    return lambda study: study.space.update({path: FloatDistribution(0.1, 1.0)})


def test_a_path_that_no_method_has_is_no_part_of_a_space(author):
    sentence = (
        "the search space of study spheres names 'regularizers.sinkhorn.alhpa'; did you mean '[a-z.]*sinkhorn.alpha'"
    )
    with pytest.raises(Mistake, match=sentence):
        author(searching("regularizers.sinkhorn.alhpa"))
    with pytest.raises(Mistake, match="names 'learning_rat'; did you mean 'learning_rate'"):
        author(preset=searching("learning_rat"))


def test_a_path_of_some_methods_is_and_they_may_be_left_out(author):
    study = author(preset=lambda study: flags.keep(study, ["none"], None))
    assert "regularizers.sinkhorn.alpha" in study.space
    study.check()


def test_a_preset_sets_what_some_method_has(author):
    assert (
        author(preset=lambda study: presets.put(study, barycenter_grid=20)).methods["barycenter-only"].barycenter_grid
        == 20
    )
    with pytest.raises(
        Mistake, match=r"a preset of study spheres sets 'evaluation_gird', .*; did you mean 'evaluation_grid'"
    ):
        author(preset=lambda study: presets.put(study, evaluation_gird=20))


def test_what_a_preset_sets_must_be_valid(author):
    with pytest.raises(Mistake, match="study spheres, preset only: evaluation_grid: input should be"):
        author(preset=lambda study: presets.put(study, evaluation_grid=2))


@pytest.mark.parametrize(
    ("named", "fields", "sentence"),
    [
        ("sinkhron", {}, "method sinkhron is called 'sinkhron', which is no regularizer; did you mean 'sinkhorn'"),
        ("none", {"baricenter": {"count": 3}}, "method none has fields of 'baricenter', .*; did you mean 'barycenter'"),
    ],
)
def test_a_misspelt_regularizer_is_a_sentence(named, fields, sentence):
    with pytest.raises(Mistake, match=sentence):
        methods.networks([Sphere(z1=0, z2=0.5)], [named], regularizers=fields)


def test_a_misspelt_interpolant_is_a_sentence(author):
    def anchored(study):
        study.methods |= methods.networks([Sphere(z1=0, z2=0.5)], ["anchored"], anchor="moved+volum")

    with pytest.raises(Mistake, match=r"study spheres, .*there is no interpolant 'volum'; did you mean 'volume'"):
        author(preset=anchored)


@pytest.mark.parametrize("preset", presets.PRESETS)
def test_what_a_preset_narrows_is_searched_by_some_study(preset):
    studies = [catalog.load(name, preset) for name in catalog.names() if preset in catalog.module(name).PRESETS]
    searched = {path for study in studies for path in study.space}
    assert set(search_spaces.narrowed(preset)) <= searched


def test_many_names_are_not_listed():
    many = [f"field_{i}" for i in range(70)]
    assert suggestion("field_7x", many) == "did you mean 'field_7'?"
    assert suggestion("q", many).startswith("the nearest of 70 are field_")
    assert suggestion("q", many).count(",") == 2
    assert suggestion("q", ["a", "b"]) == "choose among a, b"
