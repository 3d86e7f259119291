"""A small recording of cells that drift."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tifffile


def recording(
    folder: Path, tracks: dict[int, range], frames: int = 6, gone: tuple[int, int] | None = None, plane: bool = False
) -> Path:
    """Balls that drift, in the Cell Tracking Challenge layout; `gone` is a (track, frame) left out of the images. In
    the plane it is their middle slice."""
    folder.mkdir(parents=True)
    z, y, x = np.indices((14, 40, 24))
    for time in range(frames):
        image = np.zeros((14, 40, 24), dtype=np.uint16)
        for track, span in tracks.items():
            if time in span and (track, time) != gone:
                inside = (z - 7) ** 2 + (y - 8 - 12 * (track - 1)) ** 2 + (x - 9 - time) ** 2 < 5**2
                image[inside] = track
        tifffile.imwrite(folder / f"man_track{time:03d}.tif", image[7] if plane else image)
    lines = [f"{track} {span.start} {span.stop - 1} 0" for track, span in tracks.items()]
    (folder / "man_track.txt").write_text("\n".join(lines) + "\n")
    return folder
