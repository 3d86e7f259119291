"""Recordings as the data of a study: found, checked and prepared before anything else, then kept in the run folder."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from study.data import understood
from study.data.reader_options import ReaderOptions
from study.errors import Mistake
from trainables.files import cached, read
from trainables.shapes.bad_data import BadData
from trainables.shapes.sampled import Sampled
from trainables.shapes.sequence import FINER, PLANE, SPACE, ShapeSequence, from_descriptions

if TYPE_CHECKING:
    from study.design.study import Study
    from study.storage.run_folder import RunFolder
    from trainables.shapes.readers.base import Recorded

_FOLDER = "data"
"""Of the run folder."""
_LONGEST = 60
"""Letters of a sequence's name that go into the name of its file."""


@dataclass(frozen=True, kw_only=True)
class Data:
    """Sequences with a common length, and what is to be told of them."""

    sequences: list[ShapeSequence]
    source: str
    left_out: dict[str, str] = field(default_factory=dict)
    """Label → why it could not be used."""
    notes: list[str] = field(default_factory=list)
    unused: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Track → its first and last frame, of those that are too short to be taken."""
    understood: str = ""
    """What was read, in one paragraph."""

    def told(self) -> dict[str, Any]:
        """What is recorded of the data."""
        told = {"source": self.source, "left_out": self.left_out, "notes": self.notes}
        told |= {"unused": {str(label): list(span) for label, span in self.unused.items()}} if self.unused else {}
        return told | ({"understood": self.understood} if self.understood else {})


@dataclass(frozen=True, kw_only=True)
class Wanted(ReaderOptions):
    """Which data: `--data`, `--tracks`, `--voxel`, `--skip-bad`, and what a reader is told (`--layout`, `--link`,
    `--flat`, `--pieces`, `--times`); None where the user gave nothing."""

    path: str | None = None
    also: tuple[str, ...] = ()
    """The paths after the first, for data in several files."""
    bands: str | None = None
    """Of images."""

    @property
    def flags(self) -> list[str]:
        """What a recording is told, beside its path, as the flags of the command line with their values."""
        named = ("tracks", "voxel", "layout", "pieces", "times", "bands")
        flags = [f"--{name} {value}" for name in named if (value := getattr(self, name)) is not None]
        on = {"--skip-bad": self.skip_bad, "--link": self.link, "--flat": self.flat}
        return flags + [flag for flag, given in on.items() if given]

    def refuse_flags(self, why: str, but: str = "") -> None:
        """Mistake if a recording is told something, `but` one thing, for data that have nothing of the kind."""
        for given in self.flags:
            if (flag := given.split()[0]) != f"--{but}":
                raise Mistake(f"{given}: {why}; leave {flag} out")

    @property
    def paths(self) -> list[str]:
        """The files of `--data A B`; none where the user gave nothing."""
        return [] if self.path is None else [self.path, *self.also]

    def only_path(self) -> str | None:
        """The path of data that are one file or folder; Mistake if there are several."""
        if self.also:
            raise Mistake(f"--data {self.path} {self.also[0]}: this study takes one file or folder; name one of them")
        return self.path

    def told_reader(self) -> dict[str, Any]:
        """What a reader is told beside the size of a voxel; Mistake if the file of times cannot be used."""
        from trainables.shapes.readers.frame_times import read_times

        try:
            times = None if self.times is None else read_times(Path(self.times))
        except BadData as error:
            raise Mistake(str(error)) from None
        switches = {"link": self.link or None, "flat": self.flat or None}
        return {"layout": self.layout, **switches, "pieces": self.pieces, "times": times}

    def band_numbers(self) -> list[int] | None:
        if self.bands is None:
            return None
        if not re.fullmatch(r"\d+(,\d+)*", self.bands):
            raise Mistake(
                f"--bands {self.bands}: not numbers of bands; write one, or three as red,green,blue, as 3,2,1"
            )
        return [int(number) for number in self.bands.split(",")]

    def track_numbers(self) -> list[int] | None:
        if self.tracks is None:
            return None
        if not re.fullmatch(r"\s*\d+(\s*,\s*\d+)*\s*", self.tracks):
            raise Mistake(f"--tracks {self.tracks}: not track numbers; write them as 3,5,8")
        return [int(number) for number in self.tracks.split(",")]

    def voxel_size(self) -> tuple[float, ...] | None:
        """Three sizes, or the two of a recording in the plane; which of them it is, its reader knows."""
        if self.voxel is None:
            return None
        try:
            sizes = tuple(float(size) for size in self.voxel.split(","))
        except ValueError:
            sizes = ()
        if len(sizes) not in (2, 3):
            raise Mistake(
                f"--voxel {self.voxel}: not three sizes; write z,y,x in µm, such as 1,0.2,0.2, or y,x for a recording "
                "in the plane"
            )
        if not all(0 < size < float("inf") for size in sizes):
            raise Mistake(f"--voxel {self.voxel}: the sizes must be positive")
        return sizes


Shown = Callable[[int], list[int]]
"""Number of frames → those that every supervision shows, counted from 0: they choose the domain's scale and place."""


def find(
    wanted: Wanted,
    resolution: int,
    say: Callable[[str], None] = lambda sentence: None,
    shown: Shown | None = None,
    example: Path | None = None,
) -> Data:
    """The recording's sequences, prepared on a grid of `resolution` points an axis, or `FINER` times as many in
    the plane; without a path those of the `example`. Mistake if they cannot be used."""
    from trainables.shapes.readers import base

    tracks, voxel, given = wanted.track_numbers(), wanted.voxel_size(), wanted.only_path()
    if wanted.bands is not None:
        raise Mistake(f"--bands {wanted.bands}: a recording of shapes has no bands; leave --bands out")
    path = (example or base.example()) if given is None else Path(given)
    told, hint = wanted.told_reader(), ""
    try:
        reader = base.open_recording(path, voxel, **told)
        if exchanged := understood.refuse_exchanged(reader):
            raise Mistake(exchanged)
        listing = reader.sequences(tracks)
        if not wanted.skip_bad and wanted.path is not None and len(listing.usable) + len(listing.bad) > 1:
            hint = " (--skip-bad leaves out sequences that cannot be used)"
        found = listing.usable if wanted.skip_bad else listing.all_usable()
        left_out = dict(listing.bad)
        prepared = _prepared(found, resolution, wanted.skip_bad, left_out, say, shown)
    except BadData as error:
        raise Mistake(f"--data {error}{hint}") from None
    if not prepared:
        raise Mistake(f"--data {path}: no sequence can be used: {'; '.join(left_out.values())}")
    source = "the recording that comes with the program" if wanted.path is None else path.resolve().name
    return Data(
        sequences=prepared,
        source=source,
        left_out=left_out,
        notes=understood.notes(found, listing, prepared),
        unused=listing.unused,
        understood=understood.paragraph(wanted, reader, listing, found, prepared),
    )


@lru_cache
def example(resolution: int, shown: Shown | None = None, place: Path | None = None) -> Data:
    """The recording that comes with the program, or another one that does."""
    return find(Wanted(), resolution, shown=shown, example=place)


def _prepared(
    found: list[Recorded],
    resolution: int,
    skip_bad: bool,
    left_out: dict[str, str],
    say: Callable[[str], None],
    shown: Shown | None,
) -> list[ShapeSequence]:
    """Every sequence at the moments that all know, its prepared file in the cache, named after its content."""
    from trainables.shapes.common_frames import in_common
    from trainables.shapes.preparation import prepare

    contents, dimension = {}, len(found[0].shape) if found else SPACE
    if dimension == PLANE:
        resolution *= FINER
    for number, recorded in enumerate(in_common(found), 1):
        say(f"preparing {recorded.label}, {number} of {len(found)}")
        try:
            contents[recorded.label] = prepare(
                recorded, resolution, shown=shown and shown(len(recorded.frames))
            ).to_bytes()
        except BadData as error:
            if not skip_bad:
                raise
            left_out[recorded.label] = str(error)
    sequences: list[ShapeSequence] = []
    for label, content in contents.items():
        file = cached("sequences", f"{hashlib.sha256(content).hexdigest()[:32]}.npz", content)
        sequences.append(Sampled(file=file, title=label, dimension=dimension))
    return sequences


def again(record: dict[str, Any]) -> Data:
    """The data of a run that is resumed, from its record: the original recording is not needed."""
    methods = record["configuration"]["methods"]
    told = record.get("data") or {}
    return Data(
        sequences=from_descriptions(next(iter(methods.values()))["sequences"]),
        source=told.get("source", ""),
        left_out=told.get("left_out", {}),
        notes=told.get("notes", []),
        unused={int(label): (first, last) for label, (first, last) in told.get("unused", {}).items()},
        understood=told.get("understood", ""),
    )


def keep(study: Study, folder: RunFolder) -> None:
    """Copy prepared files into the run folder, where every node finds them, and let the study read them there.

    A sequence or a method has such a file if it has the attributes `file` and `title`. The kept file is named after the
    title, for people, and after its content: no two contents have one file, whatever their titles are. Mistake if a
    file is gone.
    """
    copies: dict[str, str] = {}
    for holder in _holders(study):
        file = holder.file
        if file is None or file.startswith(f"{folder.url}/"):
            continue
        if file not in copies:
            content = read(file)
            if content is None:
                raise Mistake(f"prepared file {file} of {holder.title} is gone: start the study again")
            name = _file_name(holder.title, content)
            copies[file] = folder.file(_FOLDER, name)
            if not folder.exists(_FOLDER, name):
                folder.write(_FOLDER, name, content=content)
        holder.file = copies[file]


def _holders(study: Study) -> list[Any]:
    """What may have a prepared file: methods, their sequences of every kind, and those of the search and its finals."""
    lists = [study.search_on, study.final_on]
    lists += [value for method in study.methods.values() for _, value in method if isinstance(value, list)]
    holders = [*study.methods.values(), *(one for held in lists for one in held or [])]
    return [holder for holder in holders if hasattr(holder, "file") and hasattr(holder, "title")]


def _file_name(title: str, content: bytes) -> str:
    """`cell-1-0123456789ab.npz`; short enough for any file system."""
    slug = re.sub(r"[^\w.+-]+", "-", title, flags=re.ASCII).strip("-.")[:_LONGEST]
    return f"{slug or 'data'}-{_digest(content)}.npz"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


def as_recorded(configuration: dict[str, Any], folder: RunFolder) -> dict[str, Any]:
    """A configuration for `study.json`: files of the run folder are named from there, so that it may be moved."""

    def relative(file: str) -> str:
        return file.removeprefix(f"{folder.url}/")

    return _with_files(configuration, relative)


def as_found(configuration: dict[str, Any], folder: RunFolder) -> dict[str, Any]:
    """The reverse, wherever the folder is now; records of earlier versions name files by the place that it once had.

    Only files of the run folder are named: whoever can write a record must not have other files read. Mistake if one is
    gone or damaged.
    """
    checked: set[str] = set()

    def found(file: str) -> str:
        name = file.rsplit("/", 1)[-1]
        if name not in checked:
            _check(folder, name)
            checked.add(name)
        return folder.file(_FOLDER, name)

    return _with_files(configuration, found)


def _check(folder: RunFolder, name: str) -> None:
    where = folder.file(_FOLDER, name)
    content = folder.read(_FOLDER, name)
    if content is None:
        raise Mistake(f"{where} is gone, and run {folder.name} needs it: restore it, or start a new run")
    digest = re.fullmatch(r".*-([0-9a-f]{12})\.npz", name)  # in names since version 0.2
    whole = digest[1] == _digest(content) if digest else zipfile.is_zipfile(io.BytesIO(content))
    if not whole:
        raise Mistake(f"{where} is damaged, and run {folder.name} needs it: restore it, or start a new run")


def _with_files(configuration: dict[str, Any], place: Callable[[str], str]) -> dict[str, Any]:
    """A copy in which the `file` of every method, and of every sequence, is `place(file)`."""

    def placed(holder: Any) -> Any:
        named = isinstance(holder, dict) and isinstance(holder.get("file"), str)
        return holder | {"file": place(holder["file"])} if named else holder

    def within(fields: dict[str, Any]) -> dict[str, Any]:
        lists = {name: [placed(one) for one in held] for name, held in fields.items() if isinstance(held, list)}
        return fields | lists

    methods = {name: within(placed(fields)) for name, fields in configuration["methods"].items()}
    return within(configuration) | {"methods": methods}
