"""The confirmation: best and published setting of each arm, longest first, and again where the best has changed."""

from study.design.arm import Arm
from study.running.recorder import Recorder
from study.trials.confirmation import Confirmation
from tests.study.bench import arrow


def test_confirmation_takes_best_and_published_longest_first_and_copies_equals(bench):
    search = bench.open()
    bench.run(search)
    confirmation = Confirmation(bench.study, search, bench.folder, bench.request)
    jobs = []
    while (job := confirmation.next()) is not None:
        jobs.append(job)
    names = [job.trial for job in jobs] + [job.trial for _, job in confirmation.copies]
    expected = {f"confirm-{arm}-{setting}" for arm in bench.study.arms() for setting in ("best", "published")}
    assert set(names) == expected
    assert confirmation.total == len(jobs)
    copied = {job.trial: original for original, job in confirmation.copies}
    assert copied["confirm-linear-blend-dense-published"] == "confirm-linear-blend-dense-best"
    for job in jobs:
        assert not set(job.request.seeds) & set(bench.study.seeds("search"))
        assert "test" in job.request.roles


def test_a_confirmation_whose_best_changed_is_run_again(bench, small_study):
    search = bench.open()
    bench.run(search)
    first = Confirmation(bench.study, search, bench.folder, bench.request)
    bench.run(first)
    recorder = Recorder(bench.study, bench.folder, lambda row: None)
    for original, copied in first.copies:
        mean = {"trial": original, "setting": "best", "draw": -1, "sequence": "s", "time_index": 1, "chamfer": 0.1}
        bench.folder.write_table("ensembles", original, arrow([mean]))
        recorder.copy(original, copied)
        rows = bench.folder.rows_of("ensembles", copied.trial, "confirm")
        assert rows[["trial", "setting"]].to_numpy().tolist() == [[copied.trial, "published"]]
    assert Confirmation(bench.study, search, bench.folder, bench.request).next() is None
    arm = Arm("sinkhorn", "sparse")
    other = search.best(arm) | {"learning_rate": 1.234e-3}
    search.best = lambda a, found=search.best: other if a == arm else found(a)
    again = Confirmation(bench.study, search, bench.folder, bench.request)
    job = again.next()
    assert job.trial == "confirm-sinkhorn-sparse-best"
    assert job.trial not in bench.folder.trials()
    assert again.next() is None
