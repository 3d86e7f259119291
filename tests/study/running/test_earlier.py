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
