"""Keeps MLflow up to date beside a run, in a thread of its own, from the run folder's tables alone.

MLflow may go away at any time: that is said once, the run goes on, and MLflow is behind until the run is resumed or
`python -m study.track` writes what is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from study.storage.run_folder import RunFolder
from study.tracking.writer import Tracker


class Tracking:
    """A context manager; on entering, what the run already has is logged (again, which changes nothing)."""

    def __init__(self, uri: str, record: dict[str, Any], folder: RunFolder, say: Callable[[str], None]) -> None:
        self._tracker = Tracker(uri, record, on_trouble=say)
        self._record, self._folder, self._say = record, folder, say
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="mlflow")
        self._asked: list[Future[None]] = []
        self.behind = False
        """Whether MLflow lacks something of the run; known at the end."""

    def __enter__(self) -> Tracking:
        self._ask(self._tracker.log_study)
        for row in self._folder.trials().values():
            self.trial(row)
        return self

    def __exit__(self, *exception: object) -> None:
        self._ask(self._tracker.close, exception[0] is None and self._record.get("status") == "finished")
        self._thread.shutdown(wait=True)
        failures = [error for future in self._asked if (error := future.exception()) is not None]
        self.behind = bool(failures) or not self._tracker.available
        if failures and self._tracker.available:  # else the tracker has said why
            self._say(f"MLflow is incomplete, the run folder is not: {type(failures[0]).__name__}: {failures[0]}")

    def _ask(self, action: Callable[..., None], *arguments: Any) -> None:
        self._asked.append(self._thread.submit(action, *arguments))

    def trial(self, row: dict[str, Any]) -> None:
        """Log a trial that has ended, `row` of the trials table."""
        self._ask(self._log_trial, row)

    def _log_trial(self, row: dict[str, Any]) -> None:
        tables = [self._folder.rows_of(table, row["trial"], row["phase"]) for table in ("per_time", "curves")]
        self._tracker.log_trial(row, *tables)

    def report(self) -> None:
        """Log figures, tables, report and the models of the best settings; study.json as it is by now."""
        self._ask(self._log_report)

    def _log_report(self) -> None:
        self._tracker.log_study()
        names = ["report.html", "study.json", "trials.parquet"]
        names += [f"figures/{name}.png" for name in self._folder.names("figures", ".png")]
        phases = ("search", "final", "confirm")
        names += [f"{table}/{phase}.parquet" for table in ("per_time", "curves") for phase in phases]
        self._tracker.log_artifacts(
            {name: self._folder.inside(*name.split("/")) for name in names if self._folder.exists(name)}
        )
        rows = self._folder.trials()
        for trial in self._folder.names("models", ".pt"):
            row = rows.get(trial)
            if row is not None and row["setting"] == "best" and not self._is_of_images(row["method"]):
                about = {key: row[key] for key in ("method", "supervision", "setting")}
                self._tracker.log_model(trial, 0, self._folder.inside("models", f"{trial}.pt"), about)

    def _is_of_images(self, method: str) -> bool:
        """Whether a method's model takes images, which a file holds: it is no function of place and time, as MLflow's
        models are here."""
        return "file" in self._record["configuration"]["methods"][method]
