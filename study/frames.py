"""`python -m study.frames`: what a finished run of images has kept, as TIFF files; or its film with more of them."""

from __future__ import annotations

import itertools
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from study.data.recordings import as_found
from study.errors import Mistake
from study.exit_status import exit_status, note
from study.storage.opening import open_run
from study.storage.places import default_output
from study.storage.run_folder import RunFolder

if TYPE_CHECKING:
    from analysis import Run

_EPILOG = """\b
Files are PATH/SUPERVISION/METHOD-frame-T.tif, 32-bit floating point, NaN where there is no data, and
METHOD-field-T.tif with two pages: x (to the right) and y (downwards), in pixels per unit of time, the time between
the two shown images being 1. If the input had a georeference, the files have it.

\b
Examples:
  python -m study.frames sea-ice                             of the newest finished run, into ./sea-ice-frames
  python -m study.frames results/sea-ice/20260101-120000 --output frames
  python -m study.frames sliding-sand --between 3            the whole film, three new frames between every two
"""
_PIXEL_SCALE = "33550"
_TYPES = {"33550": "d", "33922": "d", "34264": "d", "34735": "H", "34736": "d", "34737": "s"}


@click.command(epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.argument("run", metavar="RUN")
@click.option(
    "--results", default=default_output, metavar="DIR-or-URI", help="run folders  [default: results, or $STUDY_RESULTS]"
)
@click.option(
    "--between", type=click.IntRange(1, 1000), metavar="N",
    help="the whole film, with N new frames between every two; a network is trained for each two",
)  # fmt: skip
@click.option("--method", metavar="NAME", help="with --between: of this method  [default: the best on test frames]")
@click.option("--output", metavar="DIR", help="folder of the files  [default: STUDY-frames]; must not exist")
def main(run: str, results: str, between: int | None, method: str | None, output: str | None) -> int:
    """Write the frames of RUN, a study (its newest finished run) or a run folder's path or URI.

    With --between N the film that the run is of, frame by frame: frame-0001.tif, …, whose own frames are unchanged, all
    in the film's own grey levels.
    """
    if method is not None and between is None:
        raise Mistake(f"--method {method}: without --between the frames of all methods are written; leave it out")
    opened = open_run(run, results, tables=["per_time"])
    if between is not None:
        return _film(opened, between, method, Path(output or f"{opened.study}-film"))
    return _kept(opened, run, output)


def _film(run: Run, between: int, method: str | None, folder: Path) -> int:
    from study.exporting.film import Film

    _names_of_images(run, run.name)
    _refuse_existing(folder)
    film = Film(run, method)
    tags, partial = _tags(film.tags), _partial(folder)
    partial.mkdir(parents=True)
    count = 0
    try:
        for first, new in zip(film.frames, itertools.chain(film.between(between, note), [[]]), strict=True):
            for image in (first, *new):
                count += 1
                _write(partial / f"frame-{count:04d}.tif", film.as_given(image), tags)
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    own = f"its own are 1, {between + 2}, {2 * between + 3}, …"
    click.echo(f"{count} files: {folder}; {own}, those between are by {film.method}")
    return 0


def _kept(opened: Run, run: str, output: str | None) -> int:
    from analysis.tables.images import TRUTH, pictures

    names = _names_of_images(opened, run)
    folder = Path(output or f"{opened.study}-frames")
    _refuse_existing(folder)
    tags = georeference(opened)
    partial = _partial(folder)
    count = 0
    try:
        for supervision in names:
            found = pictures(opened, supervision)
            there = partial / supervision
            there.mkdir(parents=True)
            for what, images in (("frame", found.frames), ("latent", found.latents), ("field", found.fields)):
                for (row, time), image in images.items():
                    name = "truth" if row == TRUTH else row
                    _write(there / f"{name}-{what}-{time:.4f}.tif", image, tags)
                    count += 1
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    click.echo(f"{count} files: {folder}" + ("" if tags else " (no georeference: the input has none)"))
    return 0


def _names_of_images(opened: Run, run: str) -> list[str]:
    """The supervisions of a run of images over time; Mistake if it is none."""
    from analysis.tables.images import supervisions
    from analysis.tables.selection import NotApplicable

    try:
        return supervisions(opened)
    except NotApplicable:
        raise Mistake(
            f"RUN {run}: it has kept no images over time; name a run of a study of images, or write the shapes of this "
            "one with python -m study.export"
        ) from None


def _refuse_existing(folder: Path) -> None:
    if folder.exists():
        raise Mistake(f"--output {folder} exists already: name a folder that does not")


def _partial(folder: Path) -> Path:
    """Where the files are until they are all there."""
    return folder.with_name(f".{folder.name}.{os.getpid()}.part")


def georeference(run: Run) -> list[tuple[int, str, int, Any, bool]]:
    """GeoTIFF tags of the run's input for its frames, as `tifffile` takes them; none if the input had none."""
    from trainables.inbetween.pictures import opened

    configuration = as_found(run.record["configuration"], RunFolder(run.location))
    method = next(iter(configuration["methods"].values()))
    metadata = opened(method["file"], method["downsampling"]).metadata
    return _tags(metadata.get("tags", {}), metadata.get("scale", 1))


def _tags(told: dict[str, Any], scale: float = 1) -> list[tuple[int, str, int, Any, bool]]:
    found = []
    for code, value in told.items():
        if code == _PIXEL_SCALE:  # the upper left corner stays where it is, a pixel grows
            value = [*(scale * part for part in value[:2]), *value[2:]]
        kind = _TYPES[code]
        number = 0 if kind == "s" else len(value)
        found.append((int(code), kind, number, value if kind == "s" else tuple(value), True))
    return found


def _write(file: Path, image: np.ndarray, tags: list[tuple[int, str, int, Any, bool]]) -> None:
    import tifffile

    pages = image[None] if image.ndim == 2 else np.moveaxis(image, -1, 0)
    with tifffile.TiffWriter(file) as writer:
        for page in pages:
            writer.write(
                page if page.dtype.kind == "u" else page.astype(np.float32),
                photometric="minisblack",
                extratags=tags,
                contiguous=False,
            )


def command_line(arguments: list[str] | None = None) -> int:
    """The exit status; wrong input is one line on standard error and 2."""
    return exit_status(
        main, "python -m study.frames", arguments, lambda: "RUN: no run is named; name a study or a run folder"
    )


if __name__ == "__main__":
    sys.exit(command_line())
