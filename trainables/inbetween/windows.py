"""Windows: pairs of shown images, what lies between them, and what of it is scored.

A window is a sequence of the study. Its two ends are shown; how many frames lie between is said by the timeline of the
supervision (`gap` = number of its times − 1). A hidden frame has the role of its window, validation or test.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from trainables.base import TrainableConfiguration
from trainables.configuration import Configuration
from trainables.shapes.timeline import Role, Timeline


class Window(Configuration):
    """A part of a stack of frames from which a pair is taken, and the part of the image that is scored."""

    label: str
    role: Literal["validation", "test"]
    kind: str = ""
    stack: int = Field(0, ge=0, description="index of the stack in the file")
    first: int = Field(0, ge=0, description="first frame that the window may use")
    last: int = Field(ge=1, description="last one")
    place: float = Field(0.0, ge=0, le=1, description="where between them the pair lies: 0 first, 1 last")
    number: int | None = Field(
        None,
        ge=0,
        description="which of the pairs that are tested, none of which shares a hidden frame; instead of place",
    )
    count: int = Field(1, ge=1, description="how many such pairs there are at most")
    box: list[int] | None = Field(None, description="scored: top, bottom, left, right; all if not given")
    drift: list[float] | None = Field(
        None, description="displacement of the box from the first to the last image as it was measured: x, y in pixels"
    )

    def start(self, gap: int) -> int:
        """The frame with which a pair `gap` frames apart begins."""
        if self.number is None:
            return self.first + round(self.place * (self.last - self.first - gap))
        # After the pair of the search, which begins with `first`, follow pairs that share no more than a shown frame.
        begin, room = self.first + gap + 1, self._room(gap)
        spread = (room - 1) / (self.count - 1) if room > self.count > 1 else 1.0
        return begin + gap * round(self.number * spread)

    def fits(self, gap: int) -> bool:
        """Whether there is such a pair."""
        return self.number is None or self.number < self._room(gap)

    def _room(self, gap: int) -> int:
        """How many pairs `gap` frames apart there are after that of the search, without a common hidden frame."""
        return (self.last - self.first - gap - 1) // gap

    def role_at(self, index: int, timeline: Timeline) -> Role:
        """What the frame at a time of the timeline is used for.

        Of a box the last image is hidden from the methods, so that its role there is the window's.
        """
        hidden = self.box is not None and index == len(timeline.times) - 1
        return self.role if hidden or timeline.roles[index] != "train" else "train"


class WindowsConfiguration(TrainableConfiguration):
    """Base of every method that fills in frames: which windows of which file."""

    from_data: ClassVar[frozenset[str]] = frozenset({"file", "windows", "shape"})

    file: str = Field(description="what `trainables.inbetween.pictures.opened` reads")
    windows: list[Window] = Field(min_length=1)
    shape: list[int] = Field(min_length=2, max_length=2, description="height and width of the frames in the file")
    downsampling: int = Field(1, ge=1, le=64, description="means of so many pixels along each axis are worked with")

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the frames that are worked with."""
        return self.shape[0] // self.downsampling, self.shape[1] // self.downsampling

    @property
    def title(self) -> str:
        """Name of the file that keeps the frames in a run folder."""
        return "pictures"

    def labels(self) -> list[str]:
        return [window.label for window in self.windows]

    def restrict(self, sequences: list[str]) -> None:
        missing = set(sequences) - set(self.labels())
        if missing:
            raise ValueError(f"there is no window {', '.join(sorted(missing))}")
        self.windows = [window for window in self.windows if window.label in sequences]


def between(gap: int) -> Timeline:
    """Two shown frames and gap − 1 hidden ones between them, whose role is that of their window."""
    roles: list[Role] = ["train", *["test"] * (gap - 1), "train"]  # type: ignore[list-item]
    return Timeline(times=[i / gap for i in range(gap + 1)], roles=roles)
