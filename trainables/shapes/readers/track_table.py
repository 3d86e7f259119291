"""The table of tracks of the Cell Tracking Challenge, as people have it.

A row is `label begin end parent`, parted by blanks or commas, whole numbers however they are written; parent 0 is none,
and so is −1, a parent that is not listed, or one that has not ended before (budding): these are told. A row that cannot
be read costs its own track.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from trainables.shapes.readers.base import Track
from trainables.shapes.readers.text_files import decoded, words

_HEAD = 4096
"""Bytes of a file in which TrackMate's name is found."""


def unread_tracks(place: Path) -> list[str]:
    """A note on TrackMate's file of tracks that lies beside labels, or in their folder: it is not read."""
    folder = place if place.is_dir() else place.parent
    found = []
    for file in sorted(folder.iterdir()):
        if file.suffix.lower() == ".xml" and file.is_file():
            with open(file, "rb") as content:
                found += [file.name] if b"<TrackMate" in content.read(_HEAD) else []
    if not found:
        return []
    return [
        f"{found[0]}: TrackMate's tracks are not read: a cell is what has one number, and no mother is known; "
        "man_track.txt beside the images says which they are, or --link finds them by overlap"
    ]


@dataclass
class Table:
    """Which tracks there are."""

    tracks: dict[int, Track] = field(default_factory=dict)
    bad: dict[int, str] = field(default_factory=dict)
    """Label → why its row cannot be used."""
    notes: list[str] = field(default_factory=list)
    """What must be told of the rows."""


def read_table(path: Path) -> Table:
    """The rows of a file."""
    table = Table()
    for row, line in enumerate(decoded(path.read_bytes(), "replace").splitlines(), start=1):
        found = words(line)
        if found and not (row == 1 and all(_whole(word) is None for word in found)):  # a header
            _take(table, found, f"{path}, row {row}: {line.strip()!r}")
    for label in table.bad:
        table.tracks.pop(label, None)
    for track in list(table.tracks.values()):
        _check_parent(table, track, path)
    return table


def _take(table: Table, words: list[str], where: str) -> None:
    """Put a row into the table."""
    numbers = [number for word in words if (number := _whole(word)) is not None]
    label = _whole(words[0])
    label = None if label is None or label < 0 else label
    if len(numbers) != len(words) or len(words) != 4 or label is None:
        sentence = f"{where} is not four numbers; write label, begin, end, parent"
    elif not label or not 0 <= numbers[1] <= numbers[2]:
        sentence = f"{where}; a label is at least 1 and begin is at most end"
    elif label in table.tracks:
        sentence = f"{where}: track {label} is listed twice; keep one row for each label"
    else:
        table.tracks[label] = Track(*numbers)
        return
    if label:
        table.bad.setdefault(label, sentence)
    else:
        table.notes.append(f"{sentence} (the row is left out)")


def _whole(word: str) -> int | None:
    """The whole number that a word is, as NumPy's savetxt writes it too, or none."""
    try:
        number = float(word)
    except ValueError:
        return None
    return int(number) if number.is_integer() else None


def _check_parent(table: Table, track: Track, path: Path) -> None:
    """Take away a parent that cannot be one, and tell it."""
    if not track.parent:
        return
    parent = table.tracks.get(track.parent)
    if parent is not None and parent.end < track.begin:
        return
    table.tracks[track.label] = track._replace(parent=0)
    if track.parent < 0:
        return
    why = "is not listed" if parent is None else f"goes on until frame {parent.end}"
    table.notes.append(
        f"{path.name}: track {track.label}, from frame {track.begin}, is taken to have no parent, for track "
        f"{track.parent} {why}"
    )
