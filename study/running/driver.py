"""One run: search, then confirm, then report; begun anew or taken up where it was left."""

from __future__ import annotations

import errno
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any

from rich.console import Console

from study.data.recordings import keep
from study.design.arm import Arm
from study.design.study import Phase
from study.errors import Interrupted, Mistake
from study.running import own_ray
from study.running.cluster import cluster, nodes, seen_by_all_nodes
from study.running.environment import grows_to
from study.running.execution import execute
from study.running.plan import Plan
from study.running.progress import Progressing
from study.running.record import RunRecord
from study.running.recorder import Recorder
from study.running.stop import Stop
from study.storage import places
from study.storage.credentials import without_credentials
from study.storage.lock import Lock
from study.storage.run_folder import TABLES
from study.tracking.beside import Tracking
from study.trials.confirmation import Confirmation
from study.trials.finals import Finals
from study.trials.jobs import JobSource
from study.trials.journal import Journal
from study.trials.search import Search
from trainables.base import Request
from trainables.files import patiently

if TYPE_CHECKING:
    import analysis


class Driver:
    """Holds what the phases share. `run()` does all three."""

    def __init__(self, plan: Plan, console: Console, last_words: Callable[[Interrupted], None]) -> None:
        self.plan, self.study, self.console = plan, plan.study, console
        self.folder = plan.resumed or places.new_run(plan.options.output, plan.study.name, plan.options.name)
        self.state = places.state_folder(self.folder)
        self.record = RunRecord(plan, self.folder)
        self.stop = Stop(plan.options.seconds())
        self.resumable = plan.resumed is not None
        """Whether the run folder holds a run by now."""
        self.tracking: Tracking | None = None
        self._last_words = last_words
        self.failed: dict[str, str] = {}
        """Method of which every trial failed, in a finished run → why the first did."""

    def run(self) -> str:
        """Returns the answer in one sentence. Raises Mistake, or Interrupted after what was computed is safe."""
        with ExitStack() as stack:
            stack.enter_context(self.stop.listening())
            ray_scratch = stack.enter_context(places.ray_scratch(self.state))
            ending = stack.enter_context(own_ray.last_words(self._lost))
            ray = stack.enter_context(ExitStack())
            ray.enter_context(cluster(self.plan.address, ray_scratch, self.plan.cpus))
            ray.callback(ending)
            stack.enter_context(self.stop.listening())  # again: Ray sets handlers of its own
            self.stop.watch = own_ray.Watch()
            scratch = self._scratch()
            self.stop.lock = stack.enter_context(Lock(self.folder))
            if self.study.data:
                keep(self.study, self.folder)
            self.record.open()
            self.resumable = True
            self.console.print(f"run {self.folder.url}", highlight=False, soft_wrap=True)
            self.journal = Journal(self.state / "journal.log", self.folder)
            search = Search(self.study, self.folder.name, self.journal, self._request)
            search.settle(self.folder.trials())
            self.tracking = Tracking(self.plan.tracking_uri, self.record.values, self.folder, self._say)
            with self.tracking as tracking, self._unfinished_if_storage_fails():
                self._phase("search", lambda: search, scratch, tracking)
                finals = Finals(self.study, search, self.folder, self._request)
                if finals.total:
                    self._phase("final", lambda: finals, scratch, tracking)
                confirm = lambda: Confirmation(self.study, finals, self.folder, self._request)  # noqa: E731
                self._phase("confirm", confirm, scratch, tracking)
                ray.close()
                stack.enter_context(self.stop.listening())  # again: Ray has taken its handlers, and ours, along
                answer = self._report(tracking)
            self.record.write()
        shutil.rmtree(self.state, ignore_errors=True)
        return answer

    def _scratch(self) -> str:
        """Where Tune keeps its own state: on a cluster of several nodes it must be where the output is."""
        growing = grows_to()
        if growing and self.folder.local:
            raise Mistake(
                f"--output {self.plan.options.output} is on this node, and others will join it ($STUDY_GROWS_TO): "
                "name an object store"
            )
        if nodes() == 1 and not growing:
            return str(self.state / "tune")
        if self.folder.local and not seen_by_all_nodes(self.folder.parent):
            raise Mistake(
                f"--output {self.plan.options.output} is not the same folder on all {nodes()} nodes of the cluster: "
                "name a shared folder or an object store"
            )
        return self.folder.file(".scratch")

    # phases

    def _phase(self, phase: Phase, make: Callable[[], JobSource], scratch: str, tracking: Tracking) -> None:
        began = time.monotonic()
        source = make()
        self.record.enter(phase, source.total + len(source.copies))
        with Progressing(self.console, self.study, phase, source) as progress:

            def ended(row: dict[str, Any]) -> None:
                progress.end(row)
                tracking.trial(row)

            recorder = Recorder(self.study, self.folder, ended)
            if source.done < source.total:
                execute(
                    source, recorder, self.study.resources, scratch, progress.start, progress.progress,
                    self.stop,
                )  # fmt: skip
            self.record.busy += recorder.busy
            self.journal.copy(now=True)
            if self.stop():
                self.record.durations[phase] = time.monotonic() - began
                self._interrupt()
            for original, job in source.copies:
                recorder.copy(original, job)
        if phase == "search":
            self.record.values["search_trials"] = source.total  # fewer where patience came to an end
        self.folder.compact(phase)
        self.record.durations[phase] = time.monotonic() - began
        self.record.write()

    def _report(self, tracking: Tracking) -> str:
        import analysis

        began = time.monotonic()
        self.record.enter("report")
        loaded = self._loaded()
        self.record.finished()
        loaded.record.update(self.record.values)
        drawings = analysis.figures.drawings(loaded)
        for drawing in drawings:
            if drawing.png:
                self.folder.write("figures", f"{drawing.name}.png", content=drawing.png)
            if drawing.gif:
                self.folder.write("figures", f"{drawing.name}.gif", content=drawing.gif)
        if self.stop() and self.stop.status:  # at the time limit the little that is left is done
            self._interrupt()
        self.record.durations["report"] = time.monotonic() - began
        self.record.account()
        loaded.record.update(self.record.values)
        self.folder.write("report.html", content=analysis.render(loaded, drawings).encode())
        self.record.write()  # only now is the run finished: it has its report
        self.folder.sweep()
        tracking.report()
        self.failed = {
            str(method): str(rows["reason"].iloc[0])
            for method, rows in loaded.trials.groupby("method", sort=False, observed=True)
            if (rows["state"] == "failed").all()
        }
        return analysis.conclusion(loaded)

    @contextmanager
    def _unfinished_if_storage_fails(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            if isinstance(error, OSError):
                with suppress(OSError):  # there is little hope that just now it can be written
                    self.record.unfinished()
            else:
                self.folder.fenced()  # whatever fails once the run is another's, such as its journal, is no news
            raise

    def _loaded(self) -> analysis.Run:
        """The run with its tables."""
        import analysis

        def opened() -> analysis.Run:
            try:
                return analysis.load(self.folder.url)
            except analysis.LoadError as error:  # the record was there a moment ago
                raise OSError(errno.EIO, str(error)) from error

        loaded = patiently(opened, self.folder.url, self.folder.local)
        for table in ("trials", *TABLES):
            patiently(lambda table=table: getattr(loaded, table), self.folder.file(table), self.folder.local)  # type: ignore[misc]
        return loaded

    def _interrupt(self) -> None:
        if not self.stop.lost:
            self.record.unfinished()
        raise Interrupted(self.stop.status or 0, self.stop.reason)

    def _lost(self, why: str) -> None:
        """The process ends now, whatever it is about: say how to go on, as far as that can still be done."""
        with suppress(OSError, Interrupted):
            if self.resumable:
                self.record.unfinished()
            if self.stop.lock is not None:
                self.stop.lock.__exit__()
        self._last_words(Interrupted(1, why, self.folder.url if self.resumable else ""))

    def _request(self, phase: Phase, arm: Arm, setting: str, trial: str, parameters: dict[str, Any]) -> Request:
        configuration = self.study.configured(arm, parameters, phase)
        labels = {"study": self.study.name, "run": self.folder.name, "trial": trial, "phase": phase, "setting": setting}
        return Request(
            labels=labels | {"method": arm.method, "supervision": arm.supervision},
            implementation=configuration.implementation,
            configuration=configuration.model_dump(mode="json"),
            timeline=self.study.timeline(arm.supervision, phase).model_dump(mode="json"),
            seeds=self.study.seeds(phase, arm.method),
            roles=self.study.roles(phase),
            metric=self.study.objective.metric,
            objective_role=self.study.objective.role,
            report_epochs=self.study.rungs(configuration) if phase == "search" else [],
            checkpoint=self.folder.file("checkpoints", f"{trial}.pt"),
            model=self.folder.file("models", f"{trial}.pt") if phase == "confirm" else None,
            ensemble=phase == "confirm",
            surfaces=phase == "confirm" and setting == "best",
            threads=self.study.resources.cpus,
        )

    def _say(self, sentence: str) -> None:
        said = without_credentials(sentence)
        self.console.print(f"warning: {said}", highlight=False, soft_wrap=True, markup=False)
