"""Small recordings whose frames between are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tifffile

VOXEL = (1.0, 0.5, 0.5)
SHAPE = (10, 40, 48)


def ball(centre: tuple[float, float, float], radius: float) -> np.ndarray:
    """Voxels whose centre is inside; µm."""
    z, y, x = (np.arange(n) * size for n, size in zip(SHAPE, VOXEL, strict=True))
    squares = (z - centre[0])[:, None, None] ** 2 + (y - centre[1])[:, None] ** 2 + (x - centre[2]) ** 2
    inside: np.ndarray = squares < radius**2
    return inside


def moving(t: float) -> np.ndarray:
    """Label 7 goes along x, 300 grows, 12 parts at 3 into 17 and 23."""
    labels = np.zeros(SHAPE, np.uint16)
    labels[ball((4.5, 4.5, 4 + 1.2 * t), 3.2)] = 7
    labels[ball((4.5, 14.5, 5), 2.4 + 0.25 * t)] = 300
    apart = max(0.0, t - 2.5) * 0.9
    left, right = (ball((4.5, 12 + side * apart, 17), 3.0) for side in (-1, 1))
    if t < 3:
        labels[left | right] = 12
    else:
        y = np.arange(SHAPE[1])[:, None] * VOXEL[1]
        labels[(left | right) & (y < 12)] = 17
        labels[(left | right) & (y >= 12)] = 23
    return labels


def write(folder: Path, frames: dict[int, np.ndarray], table: bool = True) -> Path:
    """A Cell Tracking Challenge folder, or without the table one of plain label TIFFs."""
    folder.mkdir()
    for number, labels in frames.items():
        tifffile.imwrite(folder / f"man_track{number:03d}.tif", labels)
    if table:
        last = max(frames)
        rows = [(7, 0, last, 0), (12, 0, 2, 0), (17, 3, last, 12), (23, 3, last, 12), (300, 0, last, 0)]
        (folder / "man_track.txt").write_text("".join(f"{a} {b} {c} {d}\n" for a, b, c, d in rows))
    return folder
