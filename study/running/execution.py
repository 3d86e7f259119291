"""Ray Tune executes jobs: all arms together, actors reused, as many trials at once as the cluster carries.

Ray's own state is scratch: nothing is resumed from it (`search.py` and `trainables/actor.py` hold what is).
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ray import cloudpickle, tune
from ray.exceptions import OutOfMemoryError
from ray.tune.execution import class_cache
from ray.tune.schedulers import FIFOScheduler, TrialScheduler
from ray.tune.search import Searcher

from study.clusters import ray_internals
from study.design.study import Resources
from study.errors import first_line
from study.running.cluster import trials_at_once
from study.running.lost_workers import Loss, Losses
from study.running.recorder import Recorder
from study.trials.jobs import Job, JobSource
from trainables.actor import Actor

# Tune would give these to every actor by way of a log that others may read; processes of ours have the environment.
class_cache.ENV_VARS_TO_PROPAGATE = {name for name in class_cache.ENV_VARS_TO_PROPAGATE if not name.startswith("AWS_")}

A_SESSION = 1000
"""Trials of one session of Tune, at least: it keeps each to the end, and goes through all of them after each."""
WAVES = 20
"""Or so many times as many as run at once: at the end of a session machines wait for the last trial."""


def execute(
    source: JobSource,
    recorder: Recorder,
    resources: Resources,
    scratch: str,
    on_start: Callable[[Job], None],
    on_progress: Callable[[Job, dict[str, Any]], None],
    stopping: Callable[[], bool],
) -> None:
    """Run every job of `source` to its end, or until `stopping()`; what is unfinished then can be resumed.

    Whatever the recorder raises (a full disk, say) ends the run and is raised here.
    """
    count, wanted = trials_at_once(resources)
    os.environ["TUNE_MAX_PENDING_TRIALS_PG"] = str(count)
    bridge = _Bridge(source, recorder, on_start, on_progress, stopping)
    while bridge.opened(max(A_SESSION, WAVES * count)):
        _session(bridge, count, wanted, scratch)
    if bridge.trouble is not None:
        raise bridge.trouble


def _session(bridge: _Bridge, count: int, wanted: dict[str, float], scratch: str) -> None:
    """Run the jobs of one session, `count` at once, each with the resources `wanted`."""
    tuner = tune.Tuner(
        tune.with_resources(Actor, wanted),
        tune_config=tune.TuneConfig(
            search_alg=_Asking(bridge),
            scheduler=_Pruning(bridge),
            num_samples=-1,
            max_concurrent_trials=count,
            reuse_actors=True,
            trial_name_creator=lambda trial: trial.trial_id,
            trial_dirname_creator=lambda trial: trial.trial_id,
        ),
        run_config=tune.RunConfig(
            name="tune",
            storage_path=scratch,
            verbose=0,
            progress_reporter=tune.CLIReporter(),  # silent; that for notebooks clears what we have shown in the cell
            failure_config=tune.FailureConfig(max_failures=0),  # a lost job is issued again: see _Bridge.complete
            checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=False, checkpoint_frequency=0),
            callbacks=[_Recording(bridge)],
            stop=_Stopping(bridge),
            log_to_file=False,
        ),
    )
    try:
        tuner.fit()
    except RuntimeError as error:  # Tune's word for an error that it does not expect: its session is over
        if not isinstance(error.__cause__, OutOfMemoryError):
            raise
        bridge.guarded(bridge.evicted, first_line(error.__cause__))


class _Bridge:
    """What Tune's hooks share. None of them may raise: Tune would fail the trial instead of the run."""

    def __init__(
        self,
        source: JobSource,
        recorder: Recorder,
        on_start: Callable[[Job], None],
        on_progress: Callable[[Job, dict[str, Any]], None],
        stopping: Callable[[], bool],
    ) -> None:
        self.source, self.recorder = source, recorder
        self.on_start, self.on_progress, self.stopping = on_start, on_progress, stopping
        self.jobs: dict[str, Job] = {}
        self.running: set[str] = set()
        self.exhausted = False
        self.asked, self.most = 0, 0
        """Jobs that the session has begun, and is to begin."""
        self.pruned: set[str] = set()
        self.lost: dict[str, Loss] = {}
        self.losses = Losses()
        self.again: list[Job] = []
        self.trouble: BaseException | None = None

    def __reduce__(self) -> tuple[type[object], tuple[()]]:
        # Tune pickles what it is given, to restore from it; nothing is ever restored from Tune.
        return object, ()

    def guarded(self, action: Callable[..., Any], *arguments: Any) -> Any:
        """The value of action(*arguments), or None after the first trouble."""
        if self.trouble is not None:
            return None
        try:
            return action(*arguments)
        except Exception as error:  # raised again by execute()
            self.trouble = error
            return None

    def opened(self, most: int) -> bool:
        """Whether there is something to do for a session, and the last one has begun something; it has `most` jobs."""
        ended = self.trouble is not None or self.stopping() or (self.exhausted and not self.again)
        idle = self.most > 0 and self.asked == 0
        self.asked, self.most = 0, most
        self.jobs.clear()
        return not ended and not idle

    def ask(self, trial_id: str) -> dict[str, Any] | None:
        job = self.again.pop(0) if self.again else None
        if job is None and not self.exhausted:
            job = self.source.next()
            self.exhausted = job is None
        if job is None:
            return None
        self.asked += 1
        self.jobs[trial_id] = job
        self.running.add(trial_id)
        self.on_start(job)
        return {"request": json.dumps(asdict(job.request))}

    def result(self, trial_id: str, result: dict[str, Any]) -> None:
        job = self.jobs[trial_id]
        self.losses.progress(job, result["epoch"])
        self.recorder.result(job, result)
        self.on_progress(job, result)

    def complete(self, trial_id: str, result: dict[str, Any] | None, error: bool) -> None:
        job = self.jobs[trial_id]
        self.running.discard(trial_id)
        if error:
            self._lost(job, self.lost.pop(trial_id))
        elif trial_id in self.pruned:
            self.recorder.end(self.source, job, "pruned")
        elif result and result.get("failed"):
            self.recorder.end(self.source, job, "failed")
        elif result and result.get("finished"):
            self.recorder.end(self.source, job, "complete")
        # else: stopped in mid-trial; it is resumed from its checkpoint by the next run

    def evicted(self, reason: str) -> None:
        """What ran when a node had no memory left, so that Ray killed its processes, and with them Tune's session."""
        jobs, self.running = [self.jobs[trial] for trial in sorted(self.running)], set()
        for job in jobs:
            self._lost(job, Loss(reason))

    def _lost(self, job: Job, loss: Loss) -> None:
        """Issue the job again, to go on from its checkpoint wherever there is room, or give it up."""
        if self.stopping():
            return  # untold: it is resumed
        if self.losses.again(job, loss):
            self.again.append(job)
        elif loss.of_disk is not None:
            raise loss.of_disk  # untold: it is resumed
        else:
            self.recorder.end(self.source, job, "failed", self.losses.sentence(job, loss))


class _Asking(Searcher):
    def __init__(self, bridge: _Bridge) -> None:
        super().__init__()
        self._bridge = bridge

    def suggest(self, trial_id: str) -> Any:
        bridge = self._bridge
        if bridge.trouble is not None or bridge.stopping() or bridge.asked == bridge.most:
            return Searcher.FINISHED
        asked = bridge.guarded(bridge.ask, trial_id)
        # While a trial runs it may be lost, and issued again.
        return asked or (None if bridge.running and bridge.trouble is None else Searcher.FINISHED)

    def on_trial_complete(self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False) -> None:
        self._bridge.guarded(self._bridge.complete, trial_id, result, error)

    def save(self, checkpoint_path: str) -> None:
        """Nothing: the journal is the state."""

    def restore(self, checkpoint_path: str) -> None:
        """Nothing: the journal is the state."""


class _Pruning(FIFOScheduler):
    def __init__(self, bridge: _Bridge) -> None:
        super().__init__()
        self._bridge = bridge

    def on_trial_result(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> str:
        bridge = self._bridge
        if "objective" in result and not result["finished"]:
            job = bridge.jobs[trial.trial_id]
            if bridge.guarded(bridge.source.prune, job, result["judged"]):
                bridge.pruned.add(trial.trial_id)
                return TrialScheduler.STOP
        return TrialScheduler.CONTINUE

    def on_trial_error(self, tune_controller: Any, trial: Any) -> None:
        # Tune's get_error() looks where the files will be copied to later.
        error, text = trial.pickled_error_file, trial.error_file
        self._bridge.lost[trial.trial_id] = Loss.of(
            cloudpickle.loads(Path(error).read_bytes()) if error else None,
            Path(text).read_text(encoding="utf-8", errors="replace") if text else "",
        )


class _Recording(tune.Callback):
    def __init__(self, bridge: _Bridge) -> None:
        self._bridge = bridge

    def on_trial_result(
        self, iteration: int, trials: list[Any], trial: Any, result: dict[str, Any], **info: Any
    ) -> None:
        self._bridge.guarded(self._bridge.result, trial.trial_id, result)

    def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        _lighten(trial)

    def on_trial_error(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        _lighten(trial)


def _lighten(trial: Any) -> None:
    """Drop what is large of a trial that has ended, since Tune keeps it to the end and asks no more: what it was asked
    to do, its last result, and what was counted about each number of all results."""
    for counted in ("metric_analysis", "metric_n_steps"):
        getattr(trial.run_metadata, counted, {}).clear()
    trial.run_metadata.last_result = {}
    ray_internals.forget_configuration(trial)


class _Stopping(tune.Stopper):
    def __init__(self, bridge: _Bridge) -> None:
        self._bridge = bridge

    def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
        return False

    def stop_all(self) -> bool:
        return self._bridge.trouble is not None or self._bridge.stopping()
