"""Two images or volumes, normalised, as the losses of a motion take them.

# P = patches of side n; a shape's frame, which is not cut, is one patch (1, 1, n, …)
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Patches:
    """Normalised patches of both images."""

    first: Tensor
    """(P, 1, n, n), 0 where there is nothing."""
    last: Tensor
    first_known: Tensor
    """(P, 1, n, n) 1 where there is something, 0 elsewhere."""
    last_known: Tensor
    middle: Tensor
    """(P, 1, 1, 1) value that is 0."""
    half: Tensor
    """(P, 1, 1, 1) half the range."""
    start: Tensor | None = None
    """(P, d, n, n) field to which a model's fields are added; at rest if not given."""

    def begun(self, fields: Tensor) -> Tensor:
        """What a model says, (P, N, d, n, n), added to the start."""
        return fields if self.start is None else fields + self.start[:, None]

    def restored(self, values: Tensor) -> Tensor:
        """Normalised `values` `(P, 1, n, n)` in the images' own."""
        return values * self.half + self.middle
