"""Recordings in the layout of the Cell Tracking Challenge (celltrackingchallenge.net, "Naming and file content").

    man_track.txt          a row `label begin end parent` for each track; parent 0: none
    man_trackTTT.tif       labels of frame TTT, (z, y, x), consistent over time

or, as the challenge's results are named, `res_track.txt` and `maskTTT.tif`. Outlines in `NN_ST/SEG` or `NN_GT/SEG`
beside a folder `NN_GT/TRA` take the place of its markers. An optional file `voxel_size.txt` beside the images holds the
size of a voxel, z y x in µm.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import PrivateAttr

from trainables.shapes.bad_data import BadData
from trainables.shapes.readers.base import Sizes
from trainables.shapes.readers.frame_times import BESIDE, times_beside
from trainables.shapes.readers.label_values import whole_numbers
from trainables.shapes.readers.labels import LabelReader
from trainables.shapes.readers.outlines import by_markers, outlines_beside, refuse_markers
from trainables.shapes.readers.tiff import read_volume
from trainables.shapes.readers.tiff_time import interval_in
from trainables.shapes.readers.tiff_voxel import voxel_of
from trainables.shapes.readers.track_table import Table, read_table

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_TABLES = {"man_track.txt": r"man_track(\d+)\.tiff?", "res_track.txt": r"mask(\d+)\.tiff?"}


class CellTrackingChallenge(LabelReader):
    """A folder with `man_track.txt`: the TRA folder, a sequence's folder (01_GT), or the folder that holds that."""

    name: ClassVar[str] = "cell-tracking-challenge"
    accepts: ClassVar[str] = "a folder with man_track.txt and man_trackTTT.tif (Cell Tracking Challenge)"

    has_table: ClassVar[bool] = True
    _files: dict[int, Path] | None = PrivateAttr(None)
    _outlines: dict[int, Path] | None = PrivateAttr(None)

    @classmethod
    def written(cls, labels: Array, folder: Path) -> list[Path]:
        import numpy as np
        import tifffile

        tracks = folder / "01_GT" / "TRA"
        tracks.mkdir(parents=True)
        rows = [f"{label} 0 {len(labels) - 1} 0\n" for label in np.unique(labels) if label]
        (tracks / "man_track.txt").write_text("".join(rows), encoding="utf-8")
        for number, frame in enumerate(labels):
            tifffile.imwrite(tracks / f"man_track{number:03d}.tif", frame, compression="zlib")
        return [tracks, tracks.parent, folder]

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
            names = [_TABLES[table.name], *(name for name in _TABLES.values() if name != _TABLES[table.name])]
            self._files = next((found for name in names if (found := _images_named(name, table.parent))), {})
        if not self._files:
            raise BadData(
                f"{self.folder()}: there is no image man_trackTTT.tif or maskTTT.tif beside {self._table().name}; add "
                "them"
            )
        return self._files

    def _segmented(self) -> dict[int, Path]:
        """Frame → image of outlines; none where the images of the tracks are outlines themselves."""
        if self._outlines is None:
            outlines = outlines_beside(self.folder())
            self._outlines = {number: file for number, file in outlines.items() if number in self._images()}
        return self._outlines

    def numbers(self) -> list[int]:
        return list(self._segmented() or self._images())

    def expected(self) -> list[int]:
        images = self._images()
        return list(range(min(images), max(images) + 1))

    def labels(self, number: int) -> Array:
        labels = read_volume(self._images()[number])
        if outlines := self._segmented().get(number):
            where = self.where(number)
            return by_markers(whole_numbers(read_volume(outlines), where), whole_numbers(labels, where), where)
        return labels

    def where(self, number: int) -> str:
        file = self._segmented().get(number) or self._images().get(number, self.folder())
        return f"{file} (frame {number})"

    def said_voxel(self) -> tuple[Sizes, str] | None:
        return voxel_of(self.folder(), next(iter(self._images().values())))

    def said_interval(self) -> tuple[float, str] | None:
        return interval_in(next(iter(self._images().values())))

    def said_times(self) -> tuple[dict[int, float], str] | None:
        beside = times_beside(self.folder())
        return (beside[0], f"file {BESIDE}") if beside is not None and beside[1] else None

    def remarks(self) -> list[str]:
        beside = times_beside(self.folder()) if self.times is None else None
        if beside is None or beside[1]:
            return []
        return [f"{BESIDE} says when its frames were taken, in a unit without a name: --times takes them from there"]

    def table(self) -> Table:
        """The rows of the table; raises BadData if the images beside it are markers."""
        folder = self.folder()
        if folder.name == "TRA" and folder.parent.name.endswith("_GT") and not self._segmented():
            refuse_markers(self.scan(), folder)
        return read_table(self._table())


def _images_named(name: str, folder: Path) -> dict[int, Path]:
    """Frame → image, of those with such a name."""
    found = [(re.fullmatch(name, file.name, re.IGNORECASE), file) for file in folder.iterdir()]
    return dict(sorted((int(match[1]), file) for match, file in found if match))


def _folders(path: Path) -> list[Path]:
    """The folders of tables at or under a path, as deep as the challenge's layout goes."""
    places = [path, path / "TRA"]
    if path.is_dir():
        places += [*sorted(path.glob("*_RES")), *sorted(path.glob("*_GT/TRA"))]
    return [place for place in places if any((place / name).is_file() for name in _TABLES)]
