"""A plan is carried out: what the command and `study.api.run` have in common."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from study.errors import Interrupted, Mistake, of_storage
from study.running.plan import Plan
from study.storage.credentials import without_credentials
from study.storage.places import discard
from study.storage.run_folder import RunFolder

if TYPE_CHECKING:
    from rich.console import Console

    from study.design.study import Study
    from study.running.driver import Driver


@dataclass(frozen=True)
class Done:
    """A run that came to its end."""

    folder: RunFolder
    answer: str
    mlflow: str
    """How to look at it there, or how to bring it up to date."""
    failed: dict[str, str]
    """Method of which every trial failed → why its first did."""


def of_data(study: Study) -> list[str]:
    """What was understood of a recording or of images, and what must be known of them."""
    left_out = [f"left out: {label}, {why}" for label, why in study.data.get("left_out", {}).items()]
    notes = [f"note: {note}" for note in study.data.get("notes", [])]
    return [*([study.data["understood"]] if "understood" in study.data else []), *notes, *left_out]


def perform(
    checked: Plan, console: Console, words: Callable[[Interrupted], str] = lambda stopped: f"{stopped}"
) -> Done:
    """Search, confirm and report. Raises Mistake, and Interrupted, with the run that can be resumed.

    Where the process must end at once (:func:`study.running.own_ray.last_words`) `words` are said instead.
    """
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    from study.running.driver import Driver
    from study.tracking import how_to_look, remember_uri

    remember_uri(checked.tracking_uri)
    driver = Driver(checked, console, lambda stopped: tell(console, words(stopped)))
    for sentence in [] if checked.resumed else of_data(checked.study):
        tell(console, sentence)
    answer = _answer(driver, console)
    behind = driver.tracking is not None and driver.tracking.behind
    look = f"is behind; bring it up to date with: {_track(driver)}" if behind else how_to_look(checked.tracking_uri)
    return Done(driver.folder, answer, look, driver.failed)


def _answer(driver: Driver, console: Console) -> str:
    try:
        return driver.run()
    except OSError as error:  # a full disk, a store that fails: what was written is whole
        if not driver.resumable:
            discard(driver.folder)
            raise Mistake(f"run {driver.folder.url} cannot be begun: {of_storage(error)}") from None
        stopped = Interrupted(1, of_storage(error))
    except Interrupted as interrupted:
        if not driver.resumable:
            discard(driver.folder)
            raise
        stopped = interrupted
    except KeyboardInterrupt:  # the second signal: at once
        if not driver.record.values:
            raise
        stopped = Interrupted(driver.stop.status or 130)
    if driver.tracking is not None and driver.tracking.behind:
        tell(console, f"MLflow is behind; resuming brings it up to date, and so does: {_track(driver)}")
    raise Interrupted(stopped.status, without_credentials(stopped.reason), driver.folder.url)


def tell(console: Console, sentence: str) -> None:
    """A line as it is."""
    console.print(sentence, highlight=False, soft_wrap=True, markup=False)


def _track(driver: Driver) -> str:
    """The command that brings MLflow up to date."""
    uri = driver.record.values["tracking_uri"]
    given = ["--tracking-uri", uri] if "***" in uri else []
    return shlex.join(["python", "-m", "study.track", driver.folder.url, *given])
