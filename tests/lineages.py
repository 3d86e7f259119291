"""The synthetic HL60 nuclei as a recording with divisions: `python -m tests.lineages LABELS.npz FOLDER`.

The labels are tracked, but who is whose daughter is not told. Two tracks that begin in the frame after another has
ended, both nearer to its last place than to any other ended track, are taken for its daughters. The folder gets the
layout of the Cell Tracking Challenge.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import tifffile


def tracks(labels: np.ndarray) -> list[tuple[int, int, int, int]]:
    """Rows (label, begin, end, parent) of labels (t, z, y, x); parent 0 where none is found."""
    numbers = [int(label) for label in np.unique(labels) if label]
    present = {label: np.flatnonzero((labels == label).any((1, 2, 3))) for label in numbers}

    def place(label: int, frame: int) -> np.ndarray:
        return np.argwhere(labels[frame] == label).mean(0)

    mothers: dict[int, list[int]] = {}
    for label in numbers:
        begin = int(present[label][0])
        ended = [other for other in numbers if present[other][-1] == begin - 1]
        if ended:
            distances = [np.linalg.norm(place(label, begin) - place(other, begin - 1)) for other in ended]
            mothers.setdefault(ended[int(np.argmin(distances))], []).append(label)
    parent = {daughter: mother for mother, two in mothers.items() if len(two) == 2 for daughter in two}
    return [(n, int(present[n][0]), int(present[n][-1]), parent.get(n, 0)) for n in numbers]


def write(labels: np.ndarray, folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "man_track.txt").write_text("".join(f"{a} {b} {c} {d}\n" for a, b, c, d in tracks(labels)))
    for number, frame in enumerate(labels):
        tifffile.imwrite(folder / f"man_track{number:03d}.tif", frame.astype("uint16"), compression="zlib")


if __name__ == "__main__":
    with np.load(sys.argv[1], allow_pickle=False) as file:
        write(file["labels"], Path(sys.argv[2]))
