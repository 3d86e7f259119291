"""A frame of labels as a TIFF whose voxel and time Fiji, napari and our own readers know."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def kind_of(largest: int) -> type[np.unsignedinteger[Any]]:
    """Of an image whose largest label this is: 16 bits where they are enough."""
    return next(kind for kind in (np.uint16, np.uint32, np.uint64) if largest <= np.iinfo(kind).max)


def write(
    path: Path, image: NDArray[Any], voxel: Sequence[float], unit: str = "µm", interval: float | None = None
) -> None:
    """`image` (z, y, x), or (y, x), of 16 bits or more, floating point or not; sizes along the same axes in `unit`, and
    none in the file where that is `voxel`: a size that nobody said would be believed by whoever reads it.

    interval: seconds from one file to the next; none where it is not known, or not even.
    """
    import tifffile

    axes = "ZYX"[-image.ndim :]
    known = unit != "voxel"
    options: dict[str, Any] = {"compression": "zlib", "photometric": "minisblack"}
    metadata: dict[str, Any] = {"axes": axes}
    if image.dtype in (np.uint16, np.float32, np.uint64):
        if known:
            metadata |= ({"spacing": voxel[0]} if len(voxel) == 3 else {}) | {"unit": unit.replace("µm", "um")}
            options["resolution"] = (1 / voxel[-1], 1 / voxel[-2])
        if image.dtype == np.uint64:  # neither ImageJ nor OME has such integers
            options |= {"resolutionunit": "NONE"} if known else {}
        else:  # ImageJ's own description, which writes the micrometre in ASCII
            options["imagej"] = True
            metadata |= {} if interval is None else {"finterval": interval, "tunit": "sec"}
    else:  # ImageJ has no integers of 32 bits
        options["ome"] = True
        metadata |= {} if interval is None else {"TimeIncrement": interval, "TimeIncrementUnit": "s"}
        metadata |= {f"PhysicalSize{axis}": size for axis, size in zip(axes, voxel, strict=True)} if known else {}
    tifffile.imwrite(path, image, **options, metadata=metadata)
