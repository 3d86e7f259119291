"""Windows of a film: two frames are shown, and the true ones between them are known.

At each gap the first pair of frames serves the search, and those after it the test: no frame is of both, and no hidden
frame is in two windows of the test, which else would not be independent. Of few frames far apart there are few windows.
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
TESTED = 8
"""Windows of a gap that are tested, evenly spread; fewer where there are not so many that share no hidden frame."""
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
    found = [Window(label="searched", role="validation", first=0, last=count - 1)]
    found += [
        Window(label=f"window {n + 1}", role="test", first=0, last=count - 1, number=n, count=TESTED)
        for n in range(TESTED)
    ]
    windows_of = {gap: sum(window.role == "test" and window.fits(gap) for window in found) for gap in gaps}
    span = 1.0 if recording.whole else float(np.nanmax(recording.frames) - np.nanmin(recording.frames))
    listed = ", ".join(f"{windows} at gap {gap}" for gap, windows in windows_of.items())
    note = (
        f"{count} frames: at every gap the first pair for the search, then windows without a common hidden frame for "
    )
    note += f"the test: {listed}"
    metadata = {"tags": recording.tags} | ({"kind": recording.kind} if recording.kind else {})
    pictures = Pictures(frames=recording.frames[None], span=max(span, 1e-12), metadata=metadata)
    return Made(pictures=pictures, windows=found, gaps=gaps, notes=[note])
