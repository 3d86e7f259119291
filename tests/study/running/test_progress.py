"""What the user sees while a study runs."""

import io
import re
from datetime import timedelta

import numpy as np
from rich.console import Console

from study.running.estimate import of_trial
from study.running.progress import Progressing


def test_progress_shows_phase_done_running_best_failed_and_time(bench):
    out = io.StringIO()
    del bench.study.methods["linear-blend"]
    search = bench.open()
    with Progressing(Console(file=out, width=60), bench.study, "search", search) as progress:
        jobs = [search.next() for _ in range(4)]
        for job in jobs:
            progress.start(job)
        progress.progress(jobs[0], {"epoch": 20, "epochs": 40})
        for job, state, value in zip(jobs, ("complete", "complete", "failed"), (0.5, 0.25, float("nan")), strict=False):
            row = {"trial": job.trial, "state": state, "objective": value, "method": job.arm.method}
            search.end(job, state, row | {"reason": "", "seconds": 1.0})
            progress.end(row | {"supervision": job.arm.supervision})
        text = progress._text()
    assert text.startswith(f"3 of {search.total} trials, 1 failed, 1 running, best chamfer 0.25 (none, dense), about ")
    last = out.getvalue().splitlines()[-1]
    assert last.startswith("search: 3 of")
    assert len(last) > 60, "lines are not broken for a log file"


def test_trials_of_an_hour_show_how_far_they_are(bench, monkeypatch):
    del bench.study.methods["linear-blend"]
    search = bench.open()
    now = [0.0]
    monkeypatch.setattr("study.running.progress.time.monotonic", lambda: now[0])
    with Progressing(Console(file=io.StringIO()), bench.study, "search", search) as progress:
        for job in (search.next(), search.next()):
            progress.start(job)
            progress.progress(job, {"epoch": 30, "epochs": 1000})
        now[0] = 30.0
        assert progress._text() == f"0 of {search.total} trials, 2 running (3% through)"
        now[0] = 600.0
        work = {arm: of_trial(bench.study, arm, "search") for arm in bench.study.arms()}
        done = 0.03 * sum(work[arm] for arm in list(work)[:2])
        left = 600 / done * (sum(bench.study.arm_trials(arm) * work[arm] for arm in work) - done)
        assert progress._text().endswith(f", about {timedelta(seconds=round(left))} left")


def test_rules_that_take_seconds_do_not_say_how_long_networks_take(bench, monkeypatch):
    """The time that is left goes by what there is to train, not by how many trials there are."""
    search = bench.open()
    now = [0.0]
    monkeypatch.setattr("study.running.progress.time.monotonic", lambda: now[0])
    left = []
    with Progressing(Console(file=io.StringIO()), bench.study, "search", search) as progress:
        while (job := search.next()) is not None:
            progress.start(job)
            now[0] += of_trial(bench.study, job.arm, "search") / 1e9
            row = {"trial": job.trial, "state": "complete", "objective": 1.0, "method": job.arm.method}
            search.end(job, "complete", row | {"reason": "", "seconds": 1.0})
            progress.end(row | {"supervision": job.arm.supervision})
            if "left" in (text := progress._text()):
                left.append(now[0] + _seconds(text))
    assert len(left) > 20
    np.testing.assert_allclose(left, now[0], atol=1)


def _seconds(text: str) -> int:
    hours, minutes, seconds = re.search(r"about (\d+):(\d+):(\d+) left", text).groups()
    return (int(hours) * 60 + int(minutes)) * 60 + int(seconds)


def test_best_of_a_maximised_objective_is_the_largest(bench):
    bench.study.objective.direction = "maximize"
    search = bench.open()
    with Progressing(Console(file=io.StringIO()), bench.study, "search", search) as progress:
        for value in (0.5, 0.9, 0.7):
            row = {"trial": "t", "state": "complete", "objective": value, "method": "m", "supervision": "s"}
            progress.end(row)
        assert "best chamfer 0.9" in progress._text()
