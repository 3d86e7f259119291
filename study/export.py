"""`python -m study.export`: a confirmed model's sequences at any times, in the coordinates of the input."""

from __future__ import annotations

import dataclasses
import math
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from study.errors import Mistake, shown, unreadable
from study.exit_status import exit_status, warnings_as_notes
from study.exporting.formats import available, fitting
from study.storage.credentials import of_command, of_uri
from study.storage.opening import open_run
from study.storage.places import check_output, default_output
from study.storage.run_folder import RunFolder
from trainables.shapes.sequence import FINER, SPACE

if TYPE_CHECKING:
    from analysis import Run
    from study.exporting.choice import Choice
    from study.exporting.group import Group, Member
    from study.exporting.uncertainty import Calibration
    from trainables.saved_model import SavedModel

with warnings_as_notes():  # the help names them, before a command begins
    FORMATS = available()
CALIBRATED = 24
"""Hidden frames, evenly taken from all sequences, by which uncertainties are calibrated: each takes about a second."""
GRID = 64
"""Points along an axis of the domain, in space, unless the user says otherwise."""

_EPILOG = (
    "\b\nFormats:\n"
    + "".join(f"  {name:<10} {form.summary}\n" for name, form in FORMATS.items())
    + """
\b
The exported shape is the zero level of the mean of all replicates' signed distances. Beside every export lies
spread.csv: for each time how far the replicates disagree, how uncertain the place of the surface is, the volume,
the number of parts, and the Dice score where the true shape is known. Parts smaller than 2 % of the largest are
counted there and get no label. The uncertainty is that of the mean over the replicates, times one factor fitted on
hidden validation frames of the run: export.json has it, and the share of left-out frames' surfaces that lie within
two uncertainties. Where hidden frames are unlike those that you are after, it promises less.

\b
Sequences of one source share a volume, or image; an analytic sequence is written on a grid of its domain, [-3, 3]³,
or [-3, 3]². Shapes in the plane have areas in place of volumes.
A shape that divides gets daughters with labels of their own. With few times a part may not overlap its next
position; it then gets a new label.

\b
Examples:
  python -m study.export bifurcation                            labels, of the best confirmed ensemble
  python -m study.export cells --times 61 --format ome-zarr --spread
  python -m study.export results/cells/20260101-120000 --at 0.1,0.15,0.2 --format ply --format gif
"""
)


@click.command(epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.argument("run", metavar="RUN")
@click.option(
    "--results", default=default_output, metavar="DIR-or-URI", help="run folders  [default: results, or $STUDY_RESULTS]"
)
@click.option(
    "--times", type=int, metavar="N",
    help="N times, evenly spaced from 0 to 1  [default: the fewest that hit every shown frame and make five steps per "
    "interval between shown frames, and twenty in all]",
)  # fmt: skip
@click.option("--at", metavar="T1,T2,…", help="these times, from 0 to 1; or 1500s, 25min where the recording says how "
              "long a frame takes")  # fmt: skip
@click.option(
    "--format", "forms", type=click.Choice(list(FORMATS)), multiple=True, default=["labels"], show_default=True,
    help="may be given several times",
)  # fmt: skip
@click.option("--method", help="[default: what the report recommends, by validation times]")
@click.option("--supervision", help="[default: likewise]")
@click.option(
    "--setting", type=click.Choice(["best", "published"]), default="best", show_default=True,
    help="the search's best setting, or the published one",
)  # fmt: skip
@click.option("--sequence", "labels", multiple=True, metavar="LABEL", help="may be given several times  [default: all]")
@click.option("--replicate", type=click.IntRange(min=0), metavar="K", help="export replicate K instead of the mean")
@click.option("--spread", is_flag=True, help="write the calibrated uncertainty as a volume (ply: on the vertices)")
@click.option("--model-frames", is_flag=True, help="the model's shapes at the recording's own frames, too  [default: "
              "these are unchanged]")  # fmt: skip
@click.option("--output", metavar="DIR", help="[default: exports in the run folder; of a run that is not on a local "
              "disk, exports/<run>]")  # fmt: skip
@click.option(
    "--grid", type=click.IntRange(16, 512), metavar="N",
    help="points along an axis of the domain: for meshes, and for sequences without a source  [default: 64, in the "
    f"plane {FINER * GRID}]",
)  # fmt: skip
@click.option("--force", is_flag=True, help="replace an export that is there")
def main(
    run: str, results: str, times: int | None, at: str | None, forms: tuple[str, ...], method: str | None,
    supervision: str | None, setting: str, labels: tuple[str, ...], replicate: int | None, spread: bool,
    model_frames: bool, output: str | None, grid: int | None, force: bool,
) -> int:  # fmt: skip
    """Write the sequences of a confirmed model at any times, in the coordinates of the input.

    RUN is a study (its newest finished run) or a run folder's path or URI.
    """
    from analysis.tables.record import dimension
    from study.exporting import choice as choices
    from study.exporting import writing
    from study.exporting.divisions import divisions, missing

    opened = open_run(run, results, finished=True)
    formats = fitting(forms, dimension(opened))
    grid = grid or (GRID if dimension(opened) == SPACE else FINER * GRID)
    chosen = choices.choose(opened, method, supervision, setting)
    wanted = choices.sequences(chosen, labels)
    if replicate is not None and replicate >= chosen.replicates:
        raise Mistake(f"--replicate {replicate}: trial {chosen.trial} has {chosen.replicates} replicates; count from 0")
    with_unit = times is None and choices.has_unit(at)
    if with_unit and not (opened.record.get("data") or {}).get("source"):
        raise Mistake(f"--at {at}: study {opened.study} has no recording, which would have a clock; write 0,0.25,1")
    moments = [] if with_unit else choices.times(times, at, chosen.shown(wanted[0]))
    _refuse_unseen(opened, chosen)
    place = _output(output, opened)
    folders = writing.targets(place, formats, force)
    groups = _groups(opened, chosen, wanted, moments, grid, replicate)
    if with_unit:
        groups = [dataclasses.replace(group, times=choices.at_moments(str(at), group)) for group in groups]
        moments = groups[0].times
    calibration = _calibrated(chosen, groups)

    click.echo(f"exporting {shown(chosen.sentence)}")
    shape = f"replicate {replicate}" if replicate is not None else _mean_of(groups)
    if chosen.deterministic:
        shape = f"method {chosen.method}, which has no network"
    click.echo(f"the exported shape is that of {shape}; {len(moments)} times from {moments[0]:g} to {moments[-1]:g}")
    record = {
        "study": opened.study, "run": opened.name, "trial": chosen.trial, "model": of_uri(chosen.model),
        "command": of_command(["python", "-m", "study.export", *sys.argv[1:]]), "shape": shape, "times": moments,
        "uncertainty": _without_nan(dataclasses.asdict(calibration)) | {"sentence": calibration.words()},
        "unit": {group.name: group.space.unit for group in groups},
        "sequences": {group.name: [member.label for member in group.members] for group in groups},
        "frames of the recording": "as the model has them" if model_frames else "unchanged",
        "left out": _left_out(opened),
    }  # fmt: skip
    title = f"{chosen.method}, {chosen.supervision}, {shape}"
    with _termination_as_exit():
        rows = _write(
            groups, formats, folders, title=title, record=record, spread=spread, grid=grid, model_frames=model_frames
        )
    for group in groups:
        for member in group.members:
            _report(member, [row for row in rows if row["sequence"] == member.label])
        for sentence in [*divisions(group, rows), *missing(group, rows)]:
            click.echo(sentence)
    for sentence in _left_out(opened):
        click.echo(sentence)
    click.echo(f"uncertainty: {calibration.words()}")
    for folder in folders.values():
        click.echo(f"wrote {folder}")
    return 0


def _without_nan(values: dict[str, Any]) -> dict[str, Any]:
    """What JSON has no number for, as null."""
    return {name: None if isinstance(value, float) and math.isnan(value) else value for name, value in values.items()}


def _refuse_unseen(run: Run, choice: Choice) -> None:
    """Mistake if the confirmed rows are of sequences that the model holds no codes of."""
    methods = (run.record.get("configuration") or {}).get("methods") or {}
    if "unseen" in (methods.get(choice.method) or {}):
        raise Mistake(
            f"run {run.name} of study {run.study} scores sequences that its models were not trained on, and keeps no "
            "codes of them: export a run of another study"
        )


def _left_out(run: Run) -> list[str]:
    """What of the recording is not in the run."""
    data = run.record.get("data") or {}
    short = data.get("unused") or {}
    told = [f"left out: {label}, {why}" for label, why in (data.get("left_out") or {}).items()]
    if short:
        spans = ", ".join(f"{label} (frames {first} to {last})" for label, (first, last) in short.items())
        several = "s" if len(short) > 1 else ""
        told.append(f"left out: track{several} {spans}: not full-length; a run with --tracks takes them")
    return told


def _output(output: str | None, run: Run) -> Path:
    if output is None:
        local = "://" not in run.location
        output = RunFolder(run.location).inside("exports") if local else os.path.join("exports", run.name)
    if "://" in output:
        raise Mistake(f"--output {output}: exports are written to a local disk; name a folder")
    check_output(output)
    return Path(output).expanduser().absolute()


@contextmanager
def _termination_as_exit() -> Iterator[None]:
    """A termination ends as an interruption does: with nothing half-written."""

    def end(number: int, _: Any) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _groups(
    run: Run, choice: Choice, labels: list[str], times: list[float], grid: int, replicate: int | None
) -> list[Group]:
    from study.exporting.group import groups
    from trainables.saved_model import open_model

    try:
        model = open_model(choice.model)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise unreadable(f"the model {choice.model}", error, "restore it, or name another run") from None
    known = [sequence.label for sequence in model.sequences]
    _follow(run, model)
    missing = [label for label in labels if label not in known]
    if missing:
        raise Mistake(f"the model {choice.model} holds no sequence {missing[0]}; name one of {', '.join(known)}")
    return groups(choice, model, labels, times, grid, replicate)


def _calibrated(choice: Choice, groups: list[Group]) -> Calibration:
    """Fit the one factor of the uncertainties by validation frames that the model was not shown, of all sequences."""
    from analysis.tables.order import spread
    from study.exporting.uncertainty import calibrate

    members = [member for group in groups for member in group.members]
    rows = choice.rows[choice.rows["role"] == "validation"]
    hidden = [
        (member.ensemble, member.sequence, float(time))
        for member in members
        for time in sorted(rows.loc[rows["sequence"] == member.label, "time"].unique())
        if len(member.ensemble.fields) > 1 and member.is_known(float(time)) and not member.is_shown(float(time))
    ]
    found = calibrate(spread(hidden, CALIBRATED))
    for member in members:
        member.ensemble.factor = found.factor
    return found


def _follow(run: Run, model: SavedModel) -> None:
    """Read prepared files where the run folder is now, and only there, wherever it was; Mistake if one is gone."""
    from trainables.shapes.sampled import Sampled

    folder = RunFolder(run.location)
    for sequence in model.sequences:
        if isinstance(sequence, Sampled):
            name = sequence.file.rsplit("/", 1)[-1]
            sequence.file = folder.inside("data", name)
            if not folder.exists("data", name):
                raise Mistake(f"{sequence.file} is gone, and {sequence.label} cannot be scored: restore it")


def _mean_of(groups: list[Group]) -> str:
    counts = sorted({len(member.ensemble.fields) for group in groups for member in group.members})
    many = " to ".join(str(count) for count in dict.fromkeys((counts[0], counts[-1])))
    return f"the mean signed distance of {many} replicate{'s' if counts[-1] > 1 else ''}"


def _write(groups: list[Group], formats: Any, folders: dict[str, Path], **options: Any) -> list[dict[str, Any]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from study.exporting import writing

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("times", total=sum(len(group.times) for group in groups))
        try:
            return writing.write(groups, formats, folders, advance=lambda: progress.advance(task), **options)
        except OSError as error:
            where = error.filename or next(iter(folders.values())).parent
            raise Mistake(
                f"{where} cannot be written ({error.strerror or error}); make room, or name another --output"
            ) from None


def _report(member: Member, rows: list[dict[str, Any]]) -> None:
    """Say how well one sequence came out, by its rows of `spread.csv`."""
    scored = [row for row in rows if row["shown"] and math.isfinite(row["dice"])]
    said = "no exported time is that of a shown frame: leave out --times and --at to hit them"
    if scored:
        worst = min(scored, key=lambda row: row["dice"])
        mean = sum(row["dice"] for row in scored) / len(scored)
        which = "the" if len(scored) == len(member.shown) else f"{len(scored)} of the"
        said = f"Dice at {which} {len(member.shown)} shown frames {mean:.3f}"
        said += f", lowest {worst['dice']:.3f} at t = {worst['time']:.4g}"
    known = [row for row in rows if math.isfinite(row["uncertainty"])]
    if known:
        unsure = max(known, key=lambda row: row["uncertainty"])
        unit = "domain units" if member.space.unit == "domain" else member.space.unit
        said += f"; uncertainty largest at t = {unsure['time']:.4g}, {unsure['uncertainty']:.3g} {unit}"
    click.echo(f"{shown(member.label)}: {said}")


def command_line(arguments: list[str] | None = None) -> int:
    """The exit status; wrong input is one line on standard error and 2."""
    return exit_status(
        main, "python -m study.export", arguments, lambda: "no run is named: python -m study.export RUN, where RUN is "
        "a study or a run folder's path or URI",
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(command_line())
