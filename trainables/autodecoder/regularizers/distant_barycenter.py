"""Barycenters also between frames that are further apart than one step (proposed in Martens 2025, chapter 6).

    t = t_j + k/(K+1) (t_{j+d} − t_j)       d = 1…steps

Frames further apart give targets at later times than the barycenters of neighbours do, some of them at shown frames:
what is between is asked to fit long transports too. With two shown frames there is only d = 1, and it is `barycenter`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from trainables.autodecoder.regularizers.barycenter import Barycenter


class DistantBarycenter(Barycenter):
    """`barycenter`, between frames that are one or more steps apart."""

    name: ClassVar[str] = "distant-barycenter"
    sizes: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper": {"points": 4096},
        "laptop": {"grid": 32, "points": 128},
        "smoke": {"grid": 24, "points": 64},
    }

    steps: int = Field(2, ge=1, le=64, description="largest distance of two frames, in shown frames")

    def apart(self) -> range:
        return range(1, self.steps + 1)
