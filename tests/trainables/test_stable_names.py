"""Names in files outlive a move of the class that they mean."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import trainables
from trainables.saved_model import SavedModel
from trainables.stable_names import EARLIER_READERS, READERS, reader_name, reader_place


def readers() -> set[str]:
    """`module:Class` of every class that reads a trained model."""
    for entry in pkgutil.walk_packages(trainables.__path__, "trainables."):
        importlib.import_module(entry.name)
    return {f"{kind.__module__}:{kind.__name__}" for kind in SavedModel.__subclasses__()}


def test_every_reader_of_this_package_has_a_stable_name():
    assert readers() == set(READERS.values())


@pytest.mark.parametrize("place", READERS.values())
def test_a_file_names_its_reader_by_the_stable_name(place):
    module, _, name = place.partition(":")
    written = getattr(importlib.import_module(module), name).saved(value=1)
    assert READERS[written["reader"]] == place


def test_the_places_that_earlier_files_name_lead_to_the_reader():
    assert set(EARLIER_READERS.values()) <= set(READERS)
    assert reader_place("trainables.inbetween.saved_shapes:SavedShapes") == READERS["advection/1"]
    assert reader_place("") == READERS["autodecoder/1"]


def test_a_reader_of_an_add_on_is_known_by_its_place():
    place = "trainables.mine.model:SavedMine"
    assert reader_place(reader_name(place)) == place
