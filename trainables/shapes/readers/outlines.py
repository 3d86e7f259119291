"""Outlines of the cells that the Cell Tracking Challenge's tracking truth marks.

`NN_GT/TRA` says where every cell is, for real recordings by a marker, not where it ends. Outlines are in `NN_ST/SEG`
(silver: most cells) or `NN_GT/SEG` (gold: few), with numbers of their own: an outline takes the number of the marker of
which it holds more than half. An outline with two markers is nobody's, and their cells are not known in that frame.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainables.shapes.bad_data import BadData
from trainables.shapes.readers.scan import Scan, step_between

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_IMAGE = r"man_seg(\d+)\.tiff?"
_ALIKE = 0.1
"""Markers differ by less than this share in size."""
_TINY, _SMALL = 50, 5000
"""Voxels below which masks of one size are markers: in any folder, and where images or outlines of a real recording are
beside them, too."""


def outlines_beside(tracking: Path) -> dict[int, Path]:
    """Frame → image of the outlines that belong to a folder `NN_GT/TRA`: the folder with more of them, silver first."""
    match = re.fullmatch(r"(.+)_GT", tracking.parent.name)
    if tracking.name != "TRA" or match is None:
        return {}
    folders = [tracking.parent.parent / f"{match[1]}_ST" / "SEG", tracking.parent / "SEG"]
    found = [_images(folder) for folder in folders if folder.is_dir()]
    return max(found, key=len, default={})


def _images(folder: Path) -> dict[int, Path]:
    matches = [(re.fullmatch(_IMAGE, file.name, re.IGNORECASE), file) for file in folder.iterdir()]
    return dict(sorted((int(match[1]), file) for match, file in matches if match))


def by_markers(outlines: Array, markers: Array, where: str) -> Array:
    """Outlines `(z, y, x)` with the numbers of their markers; raises BadData if the images differ in size."""
    import numpy as np

    if outlines.shape != markers.shape:
        raise BadData(
            f"{where}: {outlines.shape} voxels, but its markers have {markers.shape}; give images of one scene"
        )
    step = step_between((0, outlines), (0, markers))
    held: dict[int, list[int]] = {}
    for (outline, marker), count in step.shared.items():
        if 2 * count > step.sizes[1][marker]:
            held.setdefault(outline, []).append(marker)
    found = np.zeros(outlines.shape, markers.dtype)
    for outline, of in held.items():
        if len(of) == 1:
            found[outlines == outline] = of[0]
    return found


def refuse_markers(scan: Scan, where: Path) -> None:
    """BadData if tracking truth without outlines consists of small masks of one size: those of whole cells differ."""
    sizes = sorted(
        count
        for step in scan.steps
        for label, count in step.sizes[0].items()
        if all(low > 0 and high < n for (low, high), n in zip(scan.boxes[step.before][label], scan.shape, strict=True))
    )
    if len(sizes) < 2:
        return
    middle = sizes[len(sizes) // 2]
    truth = where.parent
    real = any(place.is_dir() for place in (truth / "SEG", truth.with_name(truth.name.removesuffix("_GT"))))
    if sizes[-1] - sizes[0] <= _ALIKE * middle and middle < (_SMALL if real else _TINY):
        raise BadData(
            f"{where}: markers, all of about {middle} voxels: tracking truth says where cells are, not where they end; "
            "put their outlines beside it, NN_ST/SEG or NN_GT/SEG, or, if these are outlines, into a folder of another "
            "name"
        )
