"""Where the cells of a recording divide, in its frames and in those of an export, and where they are missing."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from study.exporting.group import Group, Member


def divisions(group: Group, rows: list[dict[str, Any]]) -> list[str]:
    """A sentence for each division of the recording, by the rows of `spread.csv`."""
    return [
        _sentence(member, mother, daughters, [row for row in rows if row["sequence"] == member.label])
        for member in group.members
        for mother, daughters in _families(member).items()
    ]


def missing(group: Group, rows: list[dict[str, Any]]) -> list[str]:
    """A sentence for each label that is in no image for a while, by the rows of `spread.csv`."""
    found = []
    for member in group.members if group.members[0].source is not None else ():
        mine = [row for row in rows if row["sequence"] == member.label]
        images = {row["time_index"]: set(row["labels"].split()) for row in mine}
        for label in sorted(set().union(*images.values()), key=int):
            there = [index for index, labels in images.items() if label in labels]
            found += [f"{member.label}: {sentence}" for sentence in gaps(label, there, list(images))]
    return found


def gaps(label: int | str, there: Sequence[int], images: Sequence[int]) -> list[str]:
    """A sentence for each run of images between the first and the last of a label in which it is not."""
    places = [place for place, image in enumerate(images) if image in set(there)]
    return [
        f"label {label} is in no image from {images[before + 1]} to {images[after - 1]}, which its row in "
        "man_track.txt does not say"
        for before, after in pairwise(places)
        if after > before + 1
    ]


def _families(member: Member) -> dict[int, list[tuple[int, int]]]:
    """Mother → label and first frame of each of her daughters."""
    families: dict[int, list[tuple[int, int]]] = {}
    for label, begin, _, parent in member.source.tracks if member.source is not None else ():
        if any(parent == other for other, *_ in member.source.tracks):  # type: ignore[union-attr]
            families.setdefault(parent, []).append((label, begin))
    return families


def _sentence(member: Member, mother: int, daughters: list[tuple[int, int]], rows: list[dict[str, Any]]) -> str:
    assert member.source is not None
    names = " and ".join(str(label) for label, _ in daughters)
    begin = min(first for _, first in daughters)
    said = f"{member.label}: {mother} divides into {names} by frame {begin} of the recording"
    labels = {str(label) for label, _ in daughters}
    named = next((row for row in rows if labels & set(row["labels"].split())), None)
    said += f", in the export by image {named['time_index']}{_frame(named)}" if named else ", in the export in no image"
    parts = next((row for row in rows if row["components"] > 1), None)
    apart = f"comes apart by image {parts['time_index']}{_frame(parts)}" if parts else "never comes apart"
    return f"{said}; its exported shape {apart}"


def _frame(row: dict[str, Any]) -> str:
    return f" (frame {row['moment']:.4g})" if row["moment"] is not None else ""
