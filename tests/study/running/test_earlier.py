"""A run that was begun by an earlier version is resumed as it was begun."""

import pytest

from study import catalog
from study.running.earlier import as_begun, completed


def test_a_run_begun_before_few_trials_were_all_completed_stops_some_early():
    study = catalog.load("bifurcations", "laptop")
    recorded = study.model_dump(mode="json")
    del recorded["pruning"]["least_trials"]
    as_begun(study, recorded)
    assert study.rungs(study.methods["none"]) == [100, 200]
    assert study.model_dump(mode="json") == completed(recorded)


def test_a_run_whose_finalists_had_no_sequences_of_their_own_goes_on_without():
    study = catalog.load("bifurcation", "laptop")
    recorded = study.model_dump(mode="json")
    del recorded["final_on"]
    as_begun(study, recorded)
    assert study.final_on is None
    assert study.model_dump(mode="json") == completed(recorded)


def test_a_run_of_this_version_is_left_as_it_is():
    study = catalog.load("bifurcation", "laptop")
    recorded = study.model_dump(mode="json")
    as_begun(study, recorded)
    assert study.model_dump(mode="json") == completed(recorded) == recorded


@pytest.mark.parametrize(
    ("name", "chosen"), [("bifurcation", "between"), ("cells", "between"), ("sea-ice", "other-sequences")]
)
def test_a_run_begun_before_frames_were_left_out_goes_on_choosing_as_it_did(name, chosen):
    study = catalog.load(name, "smoke")
    recorded = study.model_dump(mode="json")
    del recorded["validation"], recorded["search_on"], recorded["final_on"], recorded["usual"], recorded["primary"]
    as_begun(study, recorded)
    assert (study.validation, study.search_on) == (chosen, None)
    assert study.model_dump(mode="json") == completed(recorded)
    study.check()


def test_a_run_begun_before_inverse_search_and_starts_of_fields_goes_on_without():
    study = catalog.load("sliding-sand", "smoke")
    recorded = study.model_dump(mode="json")
    recorded["space"]["algorithm"]["attributes"]["choices"] = ["ilk", "tvl1"]
    del recorded["space"]["start"]
    for fields in recorded["methods"].values():
        fields.pop("start", None)
        if "algorithm" in fields:
            fields["algorithm"] = "ilk"
    as_begun(study, recorded)
    assert study.space["algorithm"].choices == ("ilk", "tvl1")
    assert study.methods["registered-flow"].algorithm == "ilk"
    assert study.model_dump(mode="json") == completed(recorded)
    study.check()


def test_a_run_goes_on_with_the_space_schedule_and_finals_that_it_was_begun_with():
    study = catalog.load("bifurcation", "laptop")
    recorded = study.model_dump(mode="json")
    for field in ("finalists", "finalist_replicates", "fewer_replicates"):
        del recorded[field]
    del recorded["space"]["anchor"]
    for fields in recorded["methods"].values():
        if fields.pop("candidates", None) is not None:
            fields["halve_every"] = 150
    as_begun(study, recorded)
    assert study.finalists == 1
    assert "anchor" not in study.space
    assert study.methods["none"].halve_every == 150
    assert study.model_dump(mode="json") == completed(recorded)


@pytest.mark.parametrize("value", [3, None, "../x", {"a": 1}])
def test_what_no_version_wrote_there_is_left_as_a_difference(value):
    study = catalog.load("sliding-sand", "smoke")
    recorded = study.model_dump(mode="json")
    recorded["methods"]["optical-flow"]["algorithm"] = value
    recorded["space"] = value
    as_begun(study, recorded)
    assert study.methods["optical-flow"].algorithm == "dis"
    assert (
        study.model_dump(mode="json")["space"] == catalog.load("sliding-sand", "smoke").model_dump(mode="json")["space"]
    )
