"""Triplets of 16³ voxels: ellipsoids of two classes, flat and tall, with their middle slice as mask."""

from pathlib import Path

import numpy as np
import tifffile

from trainables.reconstruction.triplets import Triplets

SIDE = 16


def ellipsoid(axes: tuple[float, float, float]) -> np.ndarray:
    """Grey volume `(16, 16, 16)` with semi-axes along depth, rows and columns."""
    places = np.indices((SIDE,) * 3) - (SIDE - 1) / 2
    return (255 * (sum((p / a) ** 2 for p, a in zip(places, axes, strict=True)) < 1)).astype(np.uint8)


def triplets(count: int) -> Triplets:
    """Flat and tall ellipsoids in turn, of sizes of their own."""
    labels = [f"{'A_flat' if i % 2 else 'B_tall'}{i:03d}" for i in range(count)]
    shapes = [((3.0, 6.0) if i % 2 else (6.0, 4.0)) for i in range(count)]
    volumes = np.stack([ellipsoid((d, r + i % 3 * 0.4, r)) for i, (d, r) in enumerate(shapes)])
    masks = volumes[:, SIDE // 2]
    images = (masks // 3 + volumes.mean(1) / 2).astype(np.uint8)
    return Triplets(labels=labels, volumes=volumes, masks=masks, images=images)


def write(folder: Path, triplets: Triplets) -> Path:
    """As `--data` takes them."""
    for part, arrays in (("obj", triplets.volumes), ("mask", triplets.masks), ("image", triplets.images)):
        (folder / part).mkdir(parents=True)
        for label, array in zip(triplets.labels, arrays, strict=True):
            tifffile.imwrite(folder / part / f"{label}.tif", array)
    return folder
