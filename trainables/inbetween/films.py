"""Windows of a film: two frames are shown, and the true ones between them are known.

The first two fifths of the frames serve the search, the others the test, so that no frame is of both.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from trainables.inbetween.pictures import Pictures
from trainables.inbetween.readers import Recording
from trainables.inbetween.windows import Window
from trainables.shapes.bad_data import BadData

GAPS = (2, 4, 8)
"""Frames from one shown to the other."""
TESTED = 6
"""Windows of a gap that are tested: evenly spread, overlapping where the gap is large; fewer where there are not so
many."""
_EXAMPLE = Path(__file__).parent / "data" / "sliding_sand" / "frames.npz"


@dataclass(frozen=True, kw_only=True)
class Made:
    """What a study is made of."""

    pictures: Pictures
    windows: list[Window]
    gaps: list[int]
    notes: list[str]


def example() -> Recording:
    """Sliding sand, see the README beside it."""
    with np.load(_EXAMPLE, allow_pickle=False) as saved:
        frames = saved["frames"].astype(np.float32) / 255
    return Recording(frames=frames, names=["sliding sand"] * len(frames), whole=True)


def windows(recording: Recording) -> Made:
    """One window for the search and six for the test, at every gap that fits; BadData if none does."""
    count = len(recording.frames)
    if count == 1:
        raise BadData("there is one frame only; give at least 6, the first and the last of each part are shown")
    gaps = [gap for gap in GAPS if count >= 2 * (gap + 1)]
    if not gaps:
        raise BadData(
            f"there are {count} frames, too few for two windows of 3 that share none (one for the search, one for the "
            "test); give at least 6"
        )
    searched = max(gaps[-1] + 1, 2 * count // 5)
    found = [Window(label="searched", role="validation", first=0, last=searched - 1)]
    found += [
        Window(label=f"window {n + 1}", role="test", first=searched, last=count - 1, place=n / (TESTED - 1))
        for n in range(TESTED)
    ]
    span = 1.0 if recording.whole else float(np.nanmax(recording.frames) - np.nanmin(recording.frames))
    note = f"{count} frames: 0 to {searched - 1} for the search, {searched} to {count - 1} for the test"
    if gaps[-1] > 2:
        note += f"; windows of the test overlap at gap {gaps[-1]}"
    pictures = Pictures(frames=recording.frames[None], span=max(span, 1e-12), metadata={"tags": recording.tags})
    return Made(pictures=pictures, windows=found, gaps=gaps, notes=[note])
