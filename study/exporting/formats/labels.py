"""Labels in the layout of the Cell Tracking Challenge: `man_trackTTT.tif` (16 bits, or more) and `man_track.txt`.

Source: celltrackingchallenge.net, "Annotation of tracking ground truth": one line `L B E P` a track, with its label,
the numbers of its first and last image, and its parent's label or 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from study.exporting import label_tiff
from study.exporting.formats.base import Format
from trainables.shapes.readers.frame_times import write_beside

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from study.exporting.moment import Moment


class LabelImages(Format):
    """With `--spread` also `spreadTTT.tif` (float32, NaN where no sequence's domain is)."""

    name: ClassVar[str] = "labels"
    summary: ClassVar[str] = "label images in the layout of the Cell Tracking Challenge"
    order: ClassVar[int] = 1

    def add(self, moment: Moment) -> None:
        space = self.group.space
        image = np.zeros(space.shape, dtype=self.movie.kind)
        for part in moment.parts:
            np.maximum(image[part.member.box], part.labels.astype(image.dtype), out=image[part.member.box])
        self._write("man_track", moment.index, image)
        if self.spread:
            volume = np.full(space.shape, np.nan, dtype=np.float32)
            for part in moment.parts:
                view = volume[part.member.box]
                np.fmax(view, part.uncertainty() * np.float32(part.member.space.scale), out=view)
            self._write("spread", moment.index, volume)

    def _write(self, stem: str, index: int, image: NDArray) -> None:
        digits = max(3, len(str(len(self.group.times) - 1)))
        path, space = self.folder / f"{stem}{index:0{digits}d}.tif", self.group.space
        label_tiff.write(path, image, space.voxel, space.unit, self.group.interval())

    def close(self, rows: list[dict[str, Any]]) -> None:
        lines = [f"{t.label} {t.begin} {t.end} {t.parent}\n" for t in self.movie.tracks]
        (self.folder / "man_track.txt").write_text("".join(lines), encoding="utf-8")
        write_beside(self.folder, dict(enumerate(self.group.frame_axis().tolist())), self.group.seconds)
