"""Recordings in the layout of the Cell Tracking Challenge (celltrackingchallenge.net, "Naming and file content").

    man_track.txt          a row `label begin end parent` for each track; parent 0: none
    man_trackTTT.tif       labels of frame TTT, (z, y, x), consistent over time

or, as the challenge's results are named, `res_track.txt` and `maskTTT.tif`. An optional file `voxel_size.txt` beside
them holds the size of a voxel, z y x in µm.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import PrivateAttr

from trainables.shapes.bad_data import BadData
from trainables.shapes.readers.base import Track, Triple
from trainables.shapes.readers.labels import LabelReader
from trainables.shapes.readers.tiff import read_volume, voxel_beside, voxel_in

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_TABLES = {"man_track.txt": r"man_track(\d+)\.tif", "res_track.txt": r"mask(\d+)\.tif"}


class CellTrackingChallenge(LabelReader):
    """A folder with `man_track.txt`: the TRA folder, a sequence's folder (01_GT), or the folder that holds that."""

    name: ClassVar[str] = "cell-tracking-challenge"
    accepts: ClassVar[str] = "a folder with man_track.txt and man_trackTTT.tif (Cell Tracking Challenge)"

    _files: dict[int, Path] | None = PrivateAttr(None)

    @classmethod
    def recognises(cls, path: Path) -> bool:
        return bool(_folders(path))

    def folder(self) -> Path:
        """The folder of the table and the images; raises BadData if there are several."""
        folders = _folders(self.path)
        if len(folders) != 1:
            names = ", ".join(str(folder.relative_to(self.path)) for folder in folders)
            raise BadData(f"{self.path}: it holds {len(folders)} recordings ({names or 'none'}); name one of them")
        return folders[0]

    def _table(self) -> Path:
        return next(self.folder() / name for name in _TABLES if (self.folder() / name).exists())

    def _images(self) -> dict[int, Path]:
        if self._files is None:
            table = self._table()
            found = [(re.fullmatch(_TABLES[table.name], file.name), file) for file in table.parent.iterdir()]
            self._files = dict(sorted((int(match[1]), file) for match, file in found if match))
        if not self._files:
            raise BadData(f"{self.folder()}: there is no image man_trackTTT.tif beside {self._table().name}; add them")
        return self._files

    def numbers(self) -> list[int]:
        images = self._images()
        first, last = min(images), max(images)
        if missing := sorted(set(range(first, last + 1)) - set(images)):
            raise BadData(f"{self.folder()}: the image of frame {missing[0]} is missing; add it")
        return list(images)

    def labels(self, number: int) -> Array:
        return read_volume(self._images()[number])

    def where(self, number: int) -> str:
        return f"{self._images().get(number, self.folder())} (frame {number})"

    def voxel_size(self) -> Triple:
        folder, first = self.folder(), next(iter(self._images().values()))
        return self.voxel or voxel_beside(folder) or voxel_in(first) or (1.0, 1.0, 1.0)

    def table(self) -> list[Track]:
        """The rows of `man_track.txt`; raises BadData if one is malformed."""
        path = self._table()
        tracks: dict[int, Track] = {}
        for row, line in enumerate(path.read_text(errors="replace").splitlines(), start=1):
            if not (words := line.split()):
                continue
            if len(words) != 4 or not all(word.isdecimal() for word in words):
                raise BadData(f"{path}, row {row}: {line!r} is not four numbers; write label, begin, end, parent")
            track = Track(*map(int, words))
            if track.begin > track.end or not track.label:
                raise BadData(f"{path}, row {row}: {line!r}; a label is at least 1 and begin is at most end")
            if track.label in tracks:
                raise BadData(f"{path}, row {row}: track {track.label} is listed twice; keep one row for each label")
            tracks[track.label] = track
        for track in tracks.values():
            if track.parent and track.parent not in tracks:
                raise BadData(f"{path}: track {track.label} has the parent {track.parent}, not listed; correct its row")
            if track.parent and tracks[track.parent].end >= track.begin:
                raise BadData(
                    f"{path}: track {track.label} begins in frame {track.begin}, before its parent {track.parent} has "
                    f"ended in frame {tracks[track.parent].end}; correct the rows"
                )
        return list(tracks.values())


def _folders(path: Path) -> list[Path]:
    """The folders of tables at or under a path, as deep as the challenge's layout goes."""
    places = [path, path / "TRA"]
    if path.is_dir():
        places += [*sorted(path.glob("*_RES")), *sorted(path.glob("*_GT/TRA"))]
    return [place for place in places if any((place / name).is_file() for name in _TABLES)]
