"""What was understood of a recording, in a paragraph before anything is trained, and what must be known of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from study.data import width
from study.data.clock import words
from trainables.shapes.readers.base import AXES
from trainables.shapes.readers.frame_files import NAMES
from trainables.shapes.sampled import Sampled
from trainables.shapes.sequence import PLANE, SPACE, grid_spacing, power

if TYPE_CHECKING:
    from study.data.recordings import Wanted
    from trainables.shapes.prepared import Prepared
    from trainables.shapes.readers.base import Listing, Reader, Recorded, Sizes
    from trainables.shapes.sequence import ShapeSequence

_DIFFERENT = 0.01
"""Relative difference of two sizes of a voxel that is told."""


def paragraph(
    wanted: Wanted, reader: Reader, listing: Listing, found: list[Recorded], used: list[ShapeSequence]
) -> str:
    """Reader, axes, frames, times, voxel, tracks, pieces, overlap and the shapes' width on the grid, as sentences."""
    prepared = {s.label: s.prepared() for s in used if isinstance(s, Sampled)}
    dimension = next(iter(prepared.values())).dimension
    axes, voxel = AXES[dimension], "pixel" if dimension == PLANE else "voxel"
    first = next(recorded for recorded in found if recorded.label in prepared)
    size = ", ".join(f"{axis} {length}" for axis, length in zip(axes.split(", "), first.shape, strict=True))
    taken = sorted({int(n) for p in prepared.values() for n in p.frames})
    count = len(next(iter(prepared.values())).frames)
    unit = " µm" if reader.unit == "µm" else ""
    said = [
        f"{reader.path.resolve().name}, read as {reader.name}: {count} frames, {taken[0]} to {taken[-1]}"
        f"{when(reader, taken[0], taken[-1], wanted.times)}, of {size} {voxel}s",
        f"a {voxel} is {_sizes(reader.voxel_size())}{unit} ({axes}), {_voxel_source(reader)}",
        f"used: {', '.join(prepared)}{_unused(listing)}",
        _pieces(prepared),
    ]
    if listing.overlap is not None:
        share, label, frame = listing.overlap
        said.append(
            f"labels overlap themselves in the next frame by {share:.0%} or more (label {label}, frame {frame})"
        )
    said.append(_width(prepared))
    return "; ".join(said) + "."


def when(reader: Reader, first: int, last: int, times: str | None) -> str:
    """When frames were taken, by the user's file of times or those of the recording; nothing where neither says it."""
    if times is not None:
        return f", at {reader.time(first):g} to {reader.time(last):g} by {times}"
    if (said := reader.said_times()) is not None:
        return f", unevenly apart, {words(reader.time(last) - reader.time(first))} in all by the {said[1]}"
    interval = reader.said_interval()
    if interval is None:
        return ""
    return f", {words(interval[0])} apart" + (f" by the {interval[1]}" if interval[1] == NAMES else "")


def refuse_exchanged(reader: Reader) -> str | None:
    """Why the given size of a voxel must be a mistake: it is that of the files with z and x exchanged."""
    said = reader.said_voxel()
    if reader.voxel is None or said is None or _same(reader.voxel, said[0]) or not _same(reader.voxel[::-1], said[0]):
        return None
    given, right = (",".join(f"{size:g}" for size in sizes) for sizes in (reader.voxel, said[0]))
    first = AXES[len(said[0])][0]
    return f"--voxel {given}: the {said[1]} says {_sizes(said[0])}; {first} comes first, write --voxel {right}"


def notes(found: list[Recorded], listing: Listing, sequences: list[ShapeSequence]) -> list[str]:
    """What a reader of the report must know of the recording."""
    known = [(sequence.label, sequence.prepared()) for sequence in sequences if isinstance(sequence, Sampled)]
    count = len(known[0][1].frames)
    whole = {recorded.label: recorded for recorded in found}
    told = [*listing.notes, *(note for label, _ in known for note in whole[label].notes)]
    cut = [(label, p) for label, p in known if len(whole[label].frames) > count]
    if cut:
        first = all(tuple(p.frames) == whole[label].frames[:count] for label, p in cut)
        how = f"first {count} frames, the length of the shortest" if first else f"{count} frames that all of them know"
        told.append(f"cut to the {how}: {', '.join(label for label, _ in cut)}")
    border = [f"{label} ({len(p.metadata['border'])} of {count} frames)" for label, p in known if p.metadata["border"]]
    if border:
        told.append(f"touch a face of the recorded volume, so that part of the shape is missing: {', '.join(border)}")
    beyond = [
        f"{label} (frames {', '.join(map(str, p.metadata['beyond']))})" for label, p in known if p.metadata["beyond"]
    ]
    if beyond:
        told.append(f"reach beyond the domain, which the shown frames choose, and are cut there: {', '.join(beyond)}")
    following = [label for label, p in known if p.places is not None]
    if following:
        told.append(
            f"{', '.join(following)} {'goes' if len(following) == 1 else 'go'} so far that the domain follows: along a "
            "smooth path through the middle of the shape in the shown frames, so that rules and networks see the shape "
            "without that motion"
        )
    told += [lost for label, p in known if (lost := width.thin(label, p)) is not None]
    thin = sorted({int(min(p.source_shape)) for _, p in known if p.dimension == SPACE and min(p.source_shape) < 8})
    if thin:
        told.append(f"the recording is only {thin[0]} voxels deep")
    return told


def _voxel_source(reader: Reader) -> str:
    said = reader.said_voxel()
    if reader.voxel is None:
        return f"by the {said[1]}" if said else "assumed, for the files do not say it: name it with --voxel"
    if said is None or _same(reader.voxel, said[0]):
        return "as given with --voxel"
    return f"as given with --voxel, against the {said[1]}, which says {_sizes(said[0])}"


def _unused(listing: Listing) -> str:
    """The tracks that are too short, and those that cannot be used."""
    short = [f"{label} (frames {begin} to {end})" for label, (begin, end) in listing.unused.items()]
    more = f" and {len(short) - 8} more" if len(short) > 8 else ""
    told = f", not full-length: track {', '.join(short[:8])}{more}; --tracks takes them" if short else ""
    return told + (f", cannot be used: {', '.join(listing.bad)}" if listing.bad else "")


def _pieces(prepared: dict[str, Prepared]) -> str:
    label = max(prepared, key=lambda name: float(prepared[name].metadata["dropped"]))
    share = float(prepared[label].metadata["dropped"])
    if not share:
        return "nothing of a shape is left out"
    frame = prepared[label].metadata["dropped_in"]
    return f"at most {share:.1%} of a shape is left out as a stray piece ({label}, frame {frame})"


def _width(prepared: dict[str, Prepared]) -> str:
    """How many points of the grid the shapes are wide."""
    points, dimension = len(next(iter(prepared.values())).sdf[0]), next(iter(prepared.values())).dimension
    found = [[round(side / grid_spacing(points)) for side in width.widths(held)] for held in prepared.values()]
    longest, shortest = (min(sides) for sides in zip(*found, strict=True))
    wide = f"{longest} points wide or more in its longest and {shortest} in its shortest direction"
    return f"on the grid of {power(points, dimension)} a shape is {wide}"


def _sizes(voxel: Sizes) -> str:
    return " x ".join(f"{size:g}" for size in voxel)


def _same(first: Sizes, second: Sizes) -> bool:
    return len(first) == len(second) and all(abs(a - b) <= _DIFFERENT * b for a, b in zip(first, second, strict=True))
