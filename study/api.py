"""Studies from Python: in a notebook, a script, or another program.

    from study.api import fill, run

    found = run("bifurcation", preset="smoke", set={"anchor": "moved"}, methods=["none", "sinkhorn"])
    found.trials, found.per_time      # an analysis.Run

What a flag of `python -m study.run` says, an argument of that name says, with `_` for `-`: lists for what the flag
parts by commas, a mapping for `--set`. Nothing slow is imported before everything was checked.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from study.errors import Interrupted, Mistake

if TYPE_CHECKING:
    import analysis

__all__ = ["Failed", "Interrupted", "Mistake", "fill", "run"]

Names = str | Sequence[str]
Path = str | os.PathLike[str]


class Failed(Exception):
    """A run came to its end, and no trial of any method is complete."""

    def __init__(self, reason: str, run: analysis.Run) -> None:
        super().__init__(reason)
        self.run = run
        """With the reason of every trial in its tables."""


def run(
    study: str | None = None,
    *,
    name: str | None = None,
    config: Path | None = None,
    preset: str | None = None,
    trials: int | None = None,
    replicates: int | None = None,
    seed: int | None = None,
    output: Path | None = None,
    tracking_uri: str | None = None,
    address: str | None = None,
    methods: Names | None = None,
    supervisions: Names | None = None,
    data: Path | Sequence[Path] | None = None,
    tracks: str | Sequence[int] | None = None,
    voxel: str | Sequence[float] | None = None,
    layout: str | None = None,
    link: bool | None = None,
    flat: bool | None = None,
    pieces: str | None = None,
    times: Path | None = None,
    skip_bad: bool | None = None,
    bands: str | Sequence[int] | None = None,
    cpus: int | None = None,
    sampler: str | None = None,
    patience: int | None = None,
    warm_start: Names | None = None,
    resume: Path | None = None,
    set: Mapping[str, Any] | None = None,
    time_limit: str | float | None = None,
) -> analysis.Run:
    """Run `study`: search, confirm, report; returns the finished run.

    `config` is a file of `--config`; arguments win over it. `resume` is `last`, a run's name or its folder.

    Raises
    ------
    Mistake
        Wrong input; nothing was begun.
    Interrupted
        Stopped by an interrupt, a time limit or a full disk: `.run` is the folder that `resume` takes. The first
        interrupt writes checkpoints and stops, the second stops at once.
    Failed
        No trial of any method is complete. Where that is so of some methods, it is warned of.
    """
    given = {key: value for key, value in locals().items() if key not in ("study", "config") and value is not None}
    from rich.console import Console

    from study.running.config_file import read_config
    from study.running.options import merged, of_values, options
    from study.running.perform import perform
    from study.running.plan import plan
    from study.storage.credentials import without_credentials

    named, asked = read_config(os.fspath(config)) if config is not None else (None, {})
    said = {"config": config, **given} if config is not None else given
    command = (
        f"study.api.run({', '.join([repr(study or named), *(f'{key}={value!r}' for key, value in said.items())])})"
    )
    asked = merged(asked, of_values(given, "run()"))
    if (study := study or named) is None:
        raise Mistake("run(): no study is named; name one, as in run('bifurcation')")
    done = perform(plan(options(study, asked, without_credentials(command))), Console(stderr=True))
    import analysis

    found = analysis.load(done.folder.url)
    for method, reason in done.failed.items():
        warnings.warn(f"every trial of {method} failed: {reason}", stacklevel=2)
    if not (found.trials["state"] == "complete").any():
        raise Failed(f"no trial is complete: {next(iter(done.failed.values()), '')}", found)
    return found


def fill(
    recording: Path | None = None,
    *,
    between: int | None = None,
    at: str | Sequence[float | str] | None = None,
    minutes: float | None = None,
    methods: Names | None = None,
    set: Mapping[str, Any] | None = None,
    rule: str | None = None,
    model_frames: bool | None = None,
    formats: Sequence[str] | None = None,
    tracks: str | Sequence[int] | None = None,
    voxel: str | Sequence[float] | None = None,
    layout: str | None = None,
    link: bool | None = None,
    flat: bool | None = None,
    pieces: str | None = None,
    times: Path | None = None,
    skip_bad: bool | None = None,
    name: str | None = None,
    output: Path | None = None,
    tracking_uri: str | None = None,
    resume: Path | None = None,
    config: Path | None = None,
) -> analysis.Run:
    """Write the frames between those of `recording`, as `python -m study.fill` does; returns the finished run, whose
    folder (`.location`) has them in `exports/`. Raises `Mistake`, and `Interrupted`, as `run` does."""
    given = {key: value for key, value in locals().items() if key not in ("recording", "config") and value is not None}
    from study import fill as command
    from study.running.options import merged, of_values, path_of
    from study.storage.credentials import without_credentials
    from study.track import bring_up_to_date

    named = None if recording is None else path_of(recording, "fill(): recording")
    told = {"config": config, **given} if config is not None else given
    said = ", ".join([repr(named), *(f"{key}={value!r}" for key, value in told.items())])
    asked = of_values({"recording": named, **given}, "fill()", parameters=command.PARAMETERS)
    asked = merged({} if config is None else command.configured(os.fspath(config)), asked)
    job = command.carry_out(asked, without_credentials(f"study.api.fill({said})"))
    for trouble in bring_up_to_date(job.tracking_uri, job.folder)[1]:
        warnings.warn(f"MLflow is behind: {trouble}", stacklevel=2)
    import analysis

    return analysis.load(job.folder.url)
