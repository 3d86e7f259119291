"""The finals: the best few trials of an arm again, with seeds of their own, and the best of them is confirmed."""

from __future__ import annotations

import pytest

from study.design.arm import Arm
from study.trials.confirmation import Confirmation
from study.trials.finals import Finals
from tests.study import bench as benches
from tests.study.bench import Bench, Killed, value_of
from trainables.shapes.bifurcation import family

ARM = Arm("sinkhorn", "sparse")


@pytest.fixture
def lucky(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A bench on which the best of the search had luck: trained again, finalists come in the opposite order."""
    bench.study.finalists, bench.study.finalist_replicates, bench.study.final_on = 3, 2, None
    bench.study.pruning.least_trials = 99
    again = lambda job, epoch: (1 if job.request.labels["phase"] != "final" else -1) * value_of(job, epoch)  # noqa: E731
    monkeypatch.setattr(benches, "value_of", again)
    return bench


def test_the_best_on_the_average_of_new_seeds_is_confirmed(lucky):
    search = lucky.open()
    lucky.run(search)
    first = search.ranking(ARM)[:3]
    assert search.best(ARM) == first[0].params
    finals = Finals(lucky.study, search, lucky.folder, lucky.request)
    ran = lucky.run(finals)
    assert finals.total == len(ran) == finals.done == sum(len(finals._finalists[arm]) for arm in finals._finalists)
    assert [name for name in ran if name.startswith(f"final-{ARM}-")] == [
        f"final-{ARM}-{trial.number:04d}" for trial in first
    ]
    assert not any("linear-blend" in name for name in ran), "what trains nothing has no luck"
    assert finals.best(ARM) == first[-1].params
    confirmed = {}
    confirmation = Confirmation(lucky.study, finals, lucky.folder, lucky.request)
    while (job := confirmation.next()) is not None:
        confirmed[job.trial] = job.parameters
    assert confirmed[f"confirm-{ARM}-best"] == first[-1].params


def test_finalists_see_what_the_search_sees_and_share_seeds_that_no_other_phase_has(lucky):
    search = lucky.open()
    lucky.run(search)
    finals = Finals(lucky.study, search, lucky.folder, lucky.request)
    jobs = [job for finalists in finals._finalists.values() for job in finalists]
    study = lucky.study
    for job in jobs:
        assert job.request.seeds == study.seeds("final")
        assert job.request.roles == study.roles("search")
        assert job.request.configuration["sequences"] == [s.model_dump(mode="json") for s in study.search_on]
        assert job.request.configuration["shared"] == study.methods[job.arm.method].shared
        assert job.request.timeline == study.timeline(job.arm.supervision, "search").model_dump(mode="json")
    assert len(study.seeds("final")) == 2
    assert not set(study.seeds("final")) & {*study.seeds("search"), *study.seeds("confirm")}


def test_finalists_have_sequences_of_their_own_where_the_study_names_some_a_network_each(lucky):
    lucky.study.final_on = family(3)[1:]
    search = lucky.open()
    lucky.run(search)
    for job in Finals(lucky.study, search, lucky.folder, lucky.request)._finalists[ARM]:
        assert job.request.configuration["sequences"] == [s.model_dump(mode="json") for s in lucky.study.final_on]
        assert job.request.configuration["shared"] is False


def test_the_published_setting_is_a_finalist_however_it_did_in_the_search(lucky, monkeypatch):
    monkeypatch.setattr(benches, "value_of", lambda job, epoch: -value_of(job, epoch))
    search = lucky.open()
    lucky.run(search)
    ranking = search.ranking(ARM)
    place = [trial.number for trial in ranking].index(0)
    lucky.study.finalists = 2
    numbers = [job.number for job in Finals(lucky.study, search, lucky.folder, lucky.request)._finalists[ARM]]
    assert place == len(ranking) - 1 > 1, "the search has it last"
    assert numbers == [ranking[0].number, 0]


def test_a_run_that_died_in_the_finals_goes_on_with_those_that_are_left(lucky):
    search = lucky.open()
    lucky.run(search)
    whole = Finals(lucky.study, search, lucky.folder, lucky.request)
    ended = []

    def die(where, job):
        ended.extend([job.trial] if where == "told" else [])
        return len(ended) == 4

    with pytest.raises(Killed):
        lucky.run(whole, die)
    again = Finals(lucky.study, lucky.open(), lucky.folder, lucky.request)
    assert (again.done, again.total) == (4, whole.total)
    rest = lucky.run(again)
    assert not set(rest) & set(ended)
    assert {*rest, *ended} == {job.trial for finalists in whole._finalists.values() for job in finalists}
    assert Finals(lucky.study, lucky.open(), lucky.folder, lucky.request).best(ARM) == again.best(ARM)


def test_where_there_is_one_finalist_or_none_ends_the_search_has_its_word(bench):
    bench.study.pruning.least_trials = 99
    search = bench.open()
    bench.run(search)
    none = Finals(bench.study, search, bench.folder, bench.request)
    assert (none.total, none.next()) == (0, None)
    assert none.best(ARM) == search.best(ARM)
    bench.study.finalists = 2
    finals = Finals(bench.study, search, bench.folder, bench.request)
    for job in finals._finalists[ARM]:
        finals.end(job, "failed", {"objective": float("nan")})
    assert finals.best(ARM) == search.best(ARM)
