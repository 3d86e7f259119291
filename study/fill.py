"""`python -m study.fill RECORDING`: the frames between those of a recording, by what is best on hidden frames of it."""

from __future__ import annotations

import math
import os
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from study import tracking
from study.data import reader_options
from study.errors import Interrupted, Mistake, of_storage
from study.exit_status import exit_status, leave, warnings_as_notes
from study.exporting.formats import available
from study.running import environment
from study.running.config_file import as_yaml, read_config
from study.running.options import merged, of_values, parted, said_in_a_file
from study.storage.places import check_name, check_output, default_output, discard, new_run, refuse_taken

if TYPE_CHECKING:
    from study.filling.asked import Asked, Opened
    from study.filling.job import Job
    from study.storage.run_folder import RunFolder

with warnings_as_notes():  # the help names them, before a command begins
    FORMATS = available()

_EPILOG = """\b
Frames of the recording itself are hidden, classical rules guess them, and the one that comes nearest, or a simpler one
that is as good within the noise, is given all frames. With fewer than four measured frames nothing can be hidden: then
the choice is that of the findings page.

\b
Examples:
  python -m study.fill nuclei.tif --voxel 1,0.2,0.2                 three new frames between every two, or those that
                                                                    lack labels, where some do
  python -m study.fill 01_GT --between 9 --minutes 20
  python -m study.fill masks/ --link --at 0.5,1.25
  python -m study.fill nuclei.tif --methods moved-blend,anchored+sinkhorn --minutes 15
  python -m study.fill --resume last --minutes 30                   more time for the rules that were not tried
"""


@click.command(epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.argument("recording", required=False)
@click.option("--between", type=click.IntRange(1, 1000), metavar="N", help="new frames between every two measured "
              "ones  [default: the frames that lack labels, or 3 where none does]")  # fmt: skip
@click.option("--at", metavar="T,T,…", help="new frames at these times: frame numbers, or times of "
              "--times; 1500s, 25min where the recording says how long a frame takes")  # fmt: skip
@click.option("--minutes", type=click.FloatRange(0, min_open=True), help="for the competition  [default: 5]")
@click.option("--methods", metavar="NAME,…", help="only these compete, and linear-blend: rules and anchored "
              "networks, as in studies  [default: all rules]")  # fmt: skip
@click.option("--set", "set", multiple=True, metavar="KEY=VALUE", help="change their configuration; may be repeated")
@click.option("--rule", metavar="NAME", help="this interpolant, without a competition: moved, moved+volume, …")
@click.option("--model-frames", is_flag=True, help="measured frames as the model has them, too  [default: unchanged]")
@click.option("--format", "formats", type=click.Choice(list(FORMATS)), multiple=True, help="beside the labels; may be "
              "given several times")  # fmt: skip
@reader_options.flags(
    tracks="only these labels, and their daughters  [default: all]", skip_bad="leave out cells that cannot be used"
)
@click.option("--name", metavar="WORD", help="of the run, by which every command finds it  [default: a random one]")
@click.option("--output", metavar="DIR", help="run folders  [default: results, or $STUDY_RESULTS]")
@click.option("--tracking-uri", metavar="URI", help="MLflow  [default: sqlite:///mlflow.db, or $MLFLOW_TRACKING_URI]")
@click.option("--resume", metavar="last|RUN", help="go on with a run, whose scores are kept; without RECORDING")
@click.option("--config", metavar="FILE", help="a .yaml or .toml file that says this; flags win")
@click.option("--print-config", is_flag=True, help="print what was asked for as such a file, and stop")
def main(recording: str | None, config: str | None, print_config: bool, **given: Any) -> int:
    """Write the frames between those of RECORDING: labels in its coordinates, voxel size and numbering.

    RECORDING is what python -m study.run cells takes, or has frames in the plane: label TIFFs or PNGs, a Cell Tracking
    Challenge folder, OME-Zarr, Zarr or HDF5 labels, .npy or .npz; in space alone HDF5 distances.
    """
    asked = merged({} if config is None else configured(config), _of_flags(recording, given))
    if print_config:
        click.echo(as_yaml(said_in_a_file(asked, PARAMETERS)), nl=False)
        return 0
    try:
        job = carry_out(asked)
    except Interrupted as stopped:
        again = shlex.join(["python", "-m", "study.fill", "--resume", stopped.run])
        click.echo(f"unfinished{stopped.why}; resume with: {again}", err=True)
        return stopped.status
    return _answer(job, job.tracking_uri)


PARAMETERS = {str(option.name): option for option in main.params if option.name not in ("config", "print_config")}
"""Name, with underscores → flag, or argument."""


def _of_flags(recording: str | None, given: dict[str, Any]) -> dict[str, Any]:
    """What flags say, without those that were not given."""
    asked = {name: value for name, value in given.items() if value not in (None, False, ())}
    if "set" in asked:
        asked["set"] = dict(parted(change) for change in asked["set"])
    return asked if recording is None else {"recording": recording} | asked


def configured(file: str) -> dict[str, Any]:
    """What a file of `--config` asks for."""

    def values(content: dict[str, Any], what: str, name: Callable[[str], str]) -> dict[str, Any]:
        return of_values(content, what, name, PARAMETERS)

    study, asked = read_config(file, values)
    if study not in (None, "fill"):
        raise Mistake(f"--config {file}: it is for study {study}; run it with python -m study.run, or leave study out")
    return asked


def carry_out(asked_for: dict[str, Any], command: str = "") -> Job:
    """Fill a recording, as flags, arguments or a file have it; raises Mistake, and Interrupted with a run to resume."""
    given = dict(asked_for)
    recording, output, tracking_uri, resume = (
        given.pop(name, None) for name in ("recording", "output", "tracking_uri", "resume")
    )
    given["changes"] = tuple(f"{key}={value}" for key, value in given.pop("set", {}).items())
    environment.check()
    if not math.isfinite(given.get("minutes") or 0):
        raise Mistake(f"--minutes {given['minutes']:g}: not a number of minutes; write one, such as 5")
    place = output or default_output()
    check_output(place)
    if "://" in place:
        raise Mistake(f"--output {place}: frames are written to a local disk; name a folder")
    resumed: RunFolder | None = None
    record: dict[str, Any] = {}
    if resume is not None:
        from study.filling import earlier

        resumed, record = earlier.resumed(place, resume)
    name = given.get("name")
    check_name(name)
    if resumed is None and name is not None:
        refuse_taken(name, place, "fill")
    asked = _asked(recording, {**given, "name": None}) if resumed is None else _again(recording, given, resumed, record)
    uri = _tracking(tracking_uri or _recorded(record) or tracking.default_uri())
    opened = _opened(asked)
    if record and opened.digest != record["data"]["digest"]:
        raise Mistake(f"RECORDING {asked.recording}: it has changed since run {record['run']} began; start a new run")
    return _run(asked, opened, resumed or new_run(place, "fill", name), record, uri, command)


def _again(recording: str | None, given: dict[str, Any], folder: RunFolder, record: dict[str, Any]) -> Asked:
    """What was asked for before, with other minutes; Mistake for what cannot be changed."""
    from study.filling import earlier

    given = {name: value for name, value in given.items() if value not in (None, False, ())}
    if recording is not None or set(given) - {"minutes"}:
        what = f"RECORDING {recording}" if recording is not None else f"--{min(set(given) - {'minutes'})}"
        what = "--set" if what == "--changes" else what
        raise Mistake(
            f"{what.replace('_', '-')} cannot be given when a run is resumed: leave it out, or start a new run"
        )
    asked = earlier.asked(folder, record, given.get("minutes"))
    if not os.path.exists(asked.recording):
        raise Mistake(
            f"RECORDING {asked.recording}: there is no such file or folder; bring it back, or start a new run"
        )
    _refuse_unknown(asked.rule, asked.methods, asked.changes)
    return asked


def _asked(recording: str | None, given: dict[str, Any]) -> Asked:
    """What is asked for now; Mistake for what cannot be."""
    from study.filling.asked import Asked

    given = {name: value for name, value in given.items() if value not in (None, False, ())}
    if recording is None:
        raise Mistake("RECORDING is missing: name a file or folder, as in python -m study.fill nuclei.tif")
    if not os.path.exists(recording):
        raise Mistake(f"RECORDING {recording}: there is no such file or folder; name one that exists")
    _refuse_unknown(given.get("rule"), given.get("methods"), given.get("changes", ()))
    if given.get("times") is not None:
        given["times"] = os.path.abspath(given["times"])
    return Asked(recording=str(Path(recording).absolute()), **given)


def _refuse_unknown(rule: str | None, methods: str | None, changes: tuple[str, ...]) -> None:
    """Mistake for a rule or method that there is not, and for both."""
    from study.filling.methods import chosen
    from trainables.interpolants import named

    if rule is not None and methods is not None:
        raise Mistake(f"--rule {rule} is taken without a competition: leave it out, or --methods")
    if methods is not None or changes:
        chosen(methods, changes, divided=True)
    if rule is not None:
        try:
            named(rule)
        except ValueError as error:
            raise Mistake(f"--rule {rule}: {error}") from None


def _recorded(record: dict[str, Any]) -> str | None:
    try:
        return tracking.recorded_uri(record)
    except ValueError as error:
        raise Mistake(str(error)) from None


def _tracking(uri: str) -> str:
    if "***" in uri:
        raise Mistake(f"the credentials of tracking URI {uri} were not kept: give the URI again with --tracking-uri")
    try:
        tracking.check(uri)
    except ValueError as error:
        raise Mistake(str(error)) from None
    return tracking.absolute(uri)


def _opened(asked: Asked) -> Opened:
    from study.filling.asked import open_asked
    from study.filling.methods import chosen
    from study.filling.moments import moments

    try:
        opened = open_asked(asked, _say)
    except OSError as error:
        raise Mistake(f"RECORDING {asked.recording}: cannot be read ({of_storage(error)})") from None
    finally:
        _say("")
    moments(opened.recording, asked.between, asked.at)
    chosen(asked.methods, tuple(asked.changes), divided=True, axes=len(opened.recording.shape))
    return opened


def _run(asked: Asked, opened: Opened, folder: RunFolder, record: dict[str, Any], uri: str, command: str) -> Job:
    from study.filling.job import Job
    from study.running.stop import Stop
    from study.storage.lock import Lock

    stop = Stop(None)
    tracking.remember_uri(uri)
    job = Job(asked=asked, opened=opened, folder=folder, tracking_uri=uri, say=_say, stop=stop, command=command)
    for sentence in _told(opened):
        click.echo(sentence, err=True)
    stopped = None
    try:
        with Lock(folder) as lock, stop.listening():
            stop.lock = lock
            job.begin(record or None)
            try:
                job.run()
            except BaseException:
                if not stop.lost:
                    job.unfinished()
                raise
    except OSError as error:
        if not job.record:
            discard(folder)
            raise Mistake(f"run {folder.url} cannot be begun: {of_storage(error)}") from None
        stopped = Interrupted(1, of_storage(error))
    except Interrupted as interrupted:
        stopped = interrupted
    except KeyboardInterrupt:
        stopped = Interrupted(stop.status or 130)
    _say("")
    if stopped is not None:
        raise Interrupted(stopped.status, stopped.reason, folder.url)
    return job


def _told(opened: Opened) -> list[str]:
    notes = [f"note: {note}" for note in opened.recording.notes]
    return [opened.understood, *notes, *(f"left out: {label}, {why}" for label, why in opened.left_out.items())]


def _answer(job: Any, uri: str) -> int:
    from study.filling.page import error_sentence
    from study.track import bring_up_to_date

    for sentence in [*job.answers(), error_sentence(job)]:
        click.echo(sentence)
    for note in job.filled.filler.notes:
        click.echo(f"note: {note}")
    _, troubles = bring_up_to_date(uri, job.folder)
    click.echo(f"frames: {job.exported}")
    click.echo(f"results: {job.folder.url} (report.html)")
    click.echo(f"mlflow: {f'is behind: {troubles[0]}' if troubles else tracking.how_to_look(uri)}")
    return 0


def _say(sentence: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{sentence}", end="", file=sys.stderr, flush=True)


def command_line(arguments: list[str] | None = None) -> int:
    """The exit status; wrong input is one line on standard error and 2."""
    return exit_status(main, "python -m study.fill", arguments)


if __name__ == "__main__":
    leave(command_line())
