"""Barycenters also between frames that are further apart than one step (proposed in seed 000, chapter 6).

    t = t_j + k/(K+1) (t_{j+d} − t_j)       d = 1…steps

Frames further apart give targets at later times than the barycenters of neighbours do, some of them at shown frames:
what is between is asked to fit long transports too. With two shown frames there is only d = 1, and it is `barycenter`.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from trainables.autodecoder.regularizers.barycenter import Barycenter


class DistantBarycenter(Barycenter):
    """`barycenter`, between frames that are one or more steps apart."""

    name: ClassVar[str] = "distant-barycenter"

    steps: int = Field(2, ge=1, le=64, description="largest distance of two frames, in shown frames")

    def apart(self) -> range:
        return range(1, self.steps + 1)
