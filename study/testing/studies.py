"""What a study keeps: it is sound in every preset, and what it searches, compares and draws is there."""

from __future__ import annotations

import json
from functools import lru_cache

from study import catalog
from study.design.study import Study
from trainables.base import resolve

PRESETS = {"smoke", "laptop", "paper"}


@lru_cache
def _loaded(name: str, preset: str) -> Study:
    """To be looked at only."""
    return catalog.load(name, preset)


class StudyContract:
    """`study` is the name of a study and `preset` one of its presets."""

    def test_it_is_sound(self, study: str, preset: str) -> None:
        assert study in catalog.names()
        assert set(catalog.module(study).PRESETS) >= PRESETS
        made = _loaded(study, preset)
        made.check()
        assert made.name == study
        assert made.question
        assert made.replication_unit
        assert made.objective.metric in {metric.name for metric in made.metrics}
        assert len({metric.name for metric in made.metrics}) == len(made.metrics)
        json.dumps(made.model_dump(mode="json"))

    def test_no_search_sees_what_is_tested(self, study: str, preset: str) -> None:
        made = _loaded(study, preset)
        assert not set(made.seeds("search")) & set(made.seeds("confirm"))
        assert "test" not in made.roles("search")

    def test_every_arm_begins_with_the_setting_that_its_method_comes_with(self, study: str, preset: str) -> None:
        made = _loaded(study, preset)
        for arm in made.arms():
            configuration = made.configured(arm, made.published_setting(arm), "confirm")
            assert configuration == made.methods[arm.method]
            resolve(configuration.implementation)
            for rung in made.rungs(configuration):
                assert configuration.warm_up_epochs() < rung < configuration.epochs

    def test_a_method_is_the_same_after_its_way_to_a_worker(self, study: str, preset: str) -> None:
        for method in _loaded(study, preset).methods.values():
            assert type(method).model_validate(json.loads(method.model_dump_json())) == method
