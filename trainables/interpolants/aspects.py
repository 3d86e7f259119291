"""What a rule may say about a shape between its shown frames. A combination is one answer to each question:

    f(x, t) = level( Σ_i w_i(t) · f_i carried to t (x), t )

* `Weights`: how much each frame counts at a time, w(t); by default the two neighbours, linear in time.
* `Motion`: how a frame looks when it is carried to another time; by default as it is.
* `Level`: how the sum is corrected as a whole; by default not at all.
* `Pieces`: what the other three are applied to; by default the shape as a whole.

A `Part` is an interpolant that answers one of them.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, final

from numpy.typing import NDArray

from trainables.interpolants.base import Array, Fitted, Interpolant, Path, Shown

Weighing = Callable[[float], NDArray]
"""time → weight of every frame `(F,)`, of sum 1; at a shown time 1 for that frame."""
Carrying = Callable[[int, float], Array]
"""(index of a frame, time) → that frame carried to the time `(n, n, n)`; itself at its own time."""
Correction = Callable[[Array, float], Array]
"""(field, time) → corrected field `(n, n, n)`; a frame at its own time stays as it is."""


class Part(Interpolant):
    """An interpolant that speaks of one aspect and leaves the others as in `linear`."""

    aspect: ClassVar[str]
    """The question that it answers, as a clause: two parts with one aspect do not combine."""
    neighbours_only: ClassVar[bool] = False
    """Whether only the frame before and the frame after a time are of use."""

    @final
    def fit(self, frames: Array, times: Sequence[float]) -> Fitted:
        from trainables.interpolants.combination import Combination

        return Combination(parts={type(self).name: self}).fit(frames, times)


class Weights(Part):
    """How much each frame counts at a time."""

    aspect: ClassVar[str] = "how frames are weighted in time"

    @abstractmethod
    def weigh(self, shown: Shown, motion: Motion) -> Weighing:
        """The weights for these frames. `motion` is that of the combination: what frames look like when carried."""


class Motion(Part):
    """How frames are carried through time."""

    aspect: ClassVar[str] = "how shapes move"

    @abstractmethod
    def carry(self, shown: Shown, weights: Weighing) -> Carrying:
        """Do once what all times share. `weights` are those of the combination: what moves may follow them."""


class Level(Part):
    """What is corrected in the field as a whole."""

    aspect: ClassVar[str] = "where the surface's level is"

    @abstractmethod
    def settle(self, shown: Shown) -> Correction:
        """Do once what all times share."""


class Pieces(Part):
    """What of a shape is interpolated by itself."""

    aspect: ClassVar[str] = "what a shape's pieces are"

    @abstractmethod
    def divide(self, shown: Shown, others: Mapping[str, Part]) -> Path:
        """The field between frames, from pieces that the other parts, those of the level left out, interpolate."""
