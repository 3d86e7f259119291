"""What plug-ins of every kind keep: a name, and a description in JSON."""

from __future__ import annotations

import json
import re

import pytest

from trainables.configuration import Plugin


class PluginContract:
    """A configuration that is chosen by name."""

    @pytest.fixture(autouse=True)
    def _cache(self, tmp_path, monkeypatch):
        monkeypatch.setenv("STUDY_CACHE", str(tmp_path / "cache"))

    def test_its_name_goes_into_columns_and_paths(self, kind: type[Plugin]) -> None:
        assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", kind.name), "lower case, words joined by hyphens"

    def test_it_says_what_it_is_and_what_every_field_is(self, kind: type[Plugin]) -> None:
        assert kind.__doc__ or __import__(kind.__module__, fromlist=["_"]).__doc__
        assert not [name for name, field in kind.model_fields.items() if not field.annotation]

    def test_it_is_written_as_json_and_read_back(self, kind: type[Plugin]) -> None:
        example = kind.example()
        written = json.loads(example.model_dump_json())
        assert written["name"] == kind.name
        assert kind.model_validate(written) == example

    def test_unknown_fields_are_refused(self, kind: type[Plugin]) -> None:
        with pytest.raises(ValueError, match="no_such_field"):
            kind.model_validate(kind.example().model_dump() | {"no_such_field": 1})
