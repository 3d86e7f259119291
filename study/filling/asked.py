"""What `python -m study.fill` was asked for, and the recording that it is about."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from study.data import understood
from study.data.reader_options import ReaderOptions
from study.data.recordings import Wanted
from study.errors import Mistake
from study.exporting.formats import fitting
from study.filling import recording as recordings
from study.filling.understood import paragraph
from trainables.shapes.bad_data import BadData
from trainables.shapes.readers import base
from trainables.shapes.readers.labels import LabelReader

if TYPE_CHECKING:
    from study.filling.recording import Recording
    from trainables.shapes.readers.base import Listing


@dataclass(frozen=True, kw_only=True)
class Asked(ReaderOptions):
    """Everything that what is written depends on; None where the user gave nothing."""

    recording: str
    """Absolute path."""
    between: int | None = None
    at: str | None = None
    rule: str | None = None
    model_frames: bool = False
    formats: tuple[str, ...] = ()
    """Beside the labels."""
    minutes: float = 5.0
    methods: str | None = None
    changes: tuple[str, ...] = ()
    """`key=value`, of `--set`."""

    @property
    def wanted(self) -> Wanted:
        """As every command that takes a recording has it."""
        return Wanted(path=self.recording, **self.values())

    def record(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A recording, and what is to be told of it."""

    recording: Recording
    understood: str
    left_out: dict[str, str]
    digest: str
    """Of all shapes and times: a resumed run must find the same."""


def open_asked(asked: Asked, say: Callable[[str], None]) -> Opened:
    """Read the recording; Mistake if it cannot be used."""
    wanted = asked.wanted
    tracks, voxel = wanted.track_numbers(), wanted.voxel_size()
    say("reading the recording")
    hint = ""
    try:
        reader = base.open_recording(Path(asked.recording), voxel, **wanted.told_reader())
        if exchanged := understood.refuse_exchanged(reader):
            raise Mistake(exchanged)
        listing = reader.sequences(tracks, minimum_frames=None if tracks else 2)
        reader.voxel_size()
        if not asked.skip_bad and len(listing.usable) + len(listing.bad) > 1:
            hint = " (--skip-bad leaves out what cannot be used)"
        if not asked.skip_bad:
            listing.all_usable()
        found = _recording(reader, listing)
    except BadData as error:
        raise Mistake(f"RECORDING {error}{hint}") from None
    recordings.refuse_nothing(found)
    fitting(asked.formats, len(found.shape))
    return Opened(
        recording=found,
        understood=paragraph(found, listing, asked.times),
        left_out=dict(listing.bad),
        digest=_digest(found),
    )


def _recording(reader: base.Reader, listing: Listing) -> Recording:
    if not listing.usable:
        why = "; ".join(listing.bad.values()) or "nothing is known in two frames"
        raise BadData(f"{reader.path}: nothing in it can be filled: {why}")
    if isinstance(reader, LabelReader):
        return recordings.of_labels(reader, listing)
    if len(listing.usable) > 1:
        raise BadData(
            f"{reader.path}: it holds {len(listing.usable)} sequences of signed distances; choose one with --tracks, "
            "counted from 1"
        )
    return recordings.of_distances(reader, listing.usable[0])


def _digest(recording: Recording) -> str:
    content = hashlib.sha256(repr((recording.shape, recording.voxel, sorted(recording.times.items()))).encode())
    for (label, number), shape in sorted(recording.shapes.items()):
        content.update(repr((label, number, shape.offset, shape.size)).encode())
        content.update(np.ascontiguousarray(shape.values).tobytes())
    return content.hexdigest()[:16]
