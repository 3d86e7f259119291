"""What the driver costs per trial, and whether that grows: many trials of the sleeping study, through the real driver.

    python -m tests.benchmarks.scale [--trials 1000] [--profile FILE]

Runs in a temporary folder. Wall-clock time is that of the machine with all that is on it; processor time is that of the
driver's process, whose main thread asks, records and tells while another writes MLflow.
"""

from __future__ import annotations

import argparse
import cProfile
import os
import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import analysis
from study.run import command_line
from study.running.recorder import Recorder
from tests.study import run_sleeping


@dataclass(frozen=True)
class Moment:
    """When a trial of the search has ended; seconds, megabytes."""

    wall: float
    main: float
    """Processor time of the driver's main thread."""
    process: float
    """Processor time of all its threads."""
    memory: float


def watched(moments: list[Moment]) -> None:
    """Let every end of a search trial leave a moment."""
    original = Recorder.end

    def end(self: Recorder, source: Any, job: Any, *arguments: Any) -> None:
        original(self, source, job, *arguments)
        if job.request.labels["phase"] == "search":
            moments.append(Moment(time.monotonic(), time.thread_time(), time.process_time(), resident()))

    Recorder.end = end  # type: ignore[method-assign]


def resident() -> float:
    """Megabytes that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def per_trial(moments: list[Moment], first: int, last: int, what: str) -> float:
    """Seconds a trial, on the average of those numbered so in the order of their ends."""
    return (getattr(moments[last - 1], what) - getattr(moments[first - 1], what)) / (last - first)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--trials", type=int, default=1000, help="in all")
    parser.add_argument("--profile", help="where to write a profile of the driver's main thread")
    arguments = parser.parse_args()
    moments: list[Moment] = []
    watched(moments)
    with tempfile.TemporaryDirectory(prefix="scale-") as folder:
        os.chdir(folder)
        os.environ |= {"STUDY_STATE": f"{folder}/state", "PYTHONPATH": str(Path(run_sleeping.__file__).parents[2])}
        began = time.monotonic()
        command = ["sleeping", "--preset", "many", "--trials", str(arguments.trials // 2), "--replicates", "2"]
        profile = cProfile.Profile()
        call = command_line
        status = profile.runcall(call, command) if arguments.profile else call(command)
        whole = time.monotonic() - began
        if arguments.profile:
            profile.dump_stats(arguments.profile)
        if status:
            sys.exit(status)
        table(moments)
        after = began + whole - moments[-1].wall
        print(f"\nthe whole study {whole:.0f} s, {after:.0f} s of it after the last trial of the search")
        loading(arguments.trials)


def table(moments: list[Moment]) -> None:
    """Cost per hundred trials, the first left out: it starts the workers."""
    print("\n| trials | wall-clock | main thread | all threads | memory |")
    print("| --- | --- | --- | --- | --- |")
    for first in range(100, len(moments), 100):
        last = min(first + 100, len(moments))
        wall, main, process = (per_trial(moments, first, last, what) for what in ("wall", "main", "process"))
        memory = moments[last - 1].memory
        print(f"| {first}–{last} | {wall:.3f} s | {main:.3f} s | {process:.3f} s | {memory:.0f} MB |")


def loading(trials: int) -> None:
    """How long pandas takes to have the tables."""
    (record,) = Path("results/sleeping").glob("*/study.json")
    times = []
    for _ in range(5):
        began = time.perf_counter()
        run = analysis.load(str(record.parent))
        rows, known = run.per_time, run.trials
        times.append(time.perf_counter() - began)
    searched = known[known.phase == "search"]
    assert len(searched) == trials
    assert set(searched.state) == {"complete", "pruned"}
    assert (rows[rows.phase == "search"].groupby("trial").size() == 32).all()
    assert rows[rows.phase == "search"].trial.nunique() == trials
    print(f"tables complete; {len(rows)} rows load in {np.median(times):.2f} s (median of 5)")


if __name__ == "__main__":
    main()
