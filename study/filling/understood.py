"""What was understood of a recording, in a paragraph, before anything is computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from study.data.understood import when
from study.filling.recording import Recording
from study.filling.segments import segments
from trainables.shapes.readers.base import AXES

if TYPE_CHECKING:
    from trainables.shapes.readers.base import Listing, Reader

_MANY = 8


def paragraph(recording: Recording, listing: Listing, times: str | None) -> str:
    """Reader, frames, times, voxel, cells, divisions, what is filled, as sentences."""
    axes, unit = len(recording.shape), " µm" if recording.reader.unit == "µm" else ""
    sides = ", ".join(f"{axis} {side}" for axis, side in zip(AXES[axes].split(", "), recording.shape, strict=True))
    first, last = recording.measured[0], recording.measured[-1]
    found = segments(recording.cells)
    divisions = [s for s in found if s.divides]
    ends = {label: (cell.frames[0], cell.frames[-1]) for label, cell in recording.cells.items()}
    partly = [f"{a} ({b} to {c})" for a, (b, c) in ends.items() if (b, c) != (first, last)]
    said = [
        f"{recording.name}, read as {recording.reader.name}: {len(recording.measured)} labelled frames, {first} to "
        f"{last}{when(recording.reader, first, last, times)}, of {sides} {'voxels' if axes == 3 else 'pixels'}",
        f"a {'voxel' if axes == 3 else 'pixel'} is {' x '.join(f'{size:g}' for size in recording.voxel)}{unit} "
        f"({AXES[axes]}), {_source(recording.reader)}",
        f"cells: {_listed([str(label) for label in recording.cells])}",
        f"not in all frames: {_listed(partly)}" if partly else "all of them from the first to the last frame",
    ]
    between = {
        label: [n for n in recording.measured if first < n < last and n not in recording.cells[label].frames]
        for label, (first, last) in ends.items()
    }
    if gaps := [f"{label} in {', '.join(map(str, ns[:_MANY]))}" for label, ns in between.items() if ns]:
        said.append(f"not labelled in frames that have other labels, which stay as they are: {_listed(gaps)}")
    if divisions:
        said.append(
            "divisions: "
            + _listed([f"{s.label} into {' and '.join(map(str, s.after))} by frame {s.end}" for s in divisions])
        )
    if recording.unmeasured:
        said.append(f"frames without any label: {_listed([str(n) for n in recording.unmeasured])}")
    if listing.unused:
        said.append(f"in one frame only, so left as they are: {_listed([str(label) for label in listing.unused])}")
    return "; ".join(said) + "."


def _source(reader: Reader) -> str:
    said = reader.said_voxel()
    if reader.voxel is not None:
        return "as given with --voxel"
    return f"by the {said[1]}" if said else "assumed, for the files do not say it: name it with --voxel"


def _listed(names: list[str]) -> str:
    return ", ".join(names[:_MANY]) + (f" and {len(names) - _MANY} more" if len(names) > _MANY else "")
