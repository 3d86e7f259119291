"""Sinkhorn distances at several temporal resolutions (proposed in Martens 2025, chapter 6).

    L = 1/L Σ_{l<L} 2^{−l (p−1)} Σ_j S_{p,ε}( t_{j 2^l}, t_{(j+1) 2^l} )

Level l takes every 2^l-th time. A shape that is carried along at constant speed v has S ≈ (v 2^l Δt)^p / p in each of
(M − 1) / 2^l pairs, so that with the factor 2^{−l (p−1)} every level weighs the same, and α means what it means in
`sinkhorn`. A detour, which between consecutive times looks like the way, costs nothing on the coarse levels: these ask
for the two ends to be near, the fine ones for the way to be short.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from trainables.autodecoder.regularizers.sinkhorn import Sinkhorn


class MultiscaleSinkhorn(Sinkhorn):
    """`sinkhorn`, over pairs of times that are 1, 2, 4, … steps apart."""

    name: ClassVar[str] = "multiscale-sinkhorn"
    sizes: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        **Sinkhorn.sizes,
        "smoke": {**Sinkhorn.sizes["smoke"], "time_samples": 5},
    }

    levels: int = Field(
        3, ge=1, le=8, description="L, temporal resolutions; those with less than one pair are left out"
    )

    def pairs(self) -> list[tuple[int, int, float]]:
        strides = [2**level for level in range(self.levels) if 2**level < self.time_samples]
        return [
            (j, j + stride, stride ** (1 - self.p) / len(strides))
            for stride in strides
            for j in range(0, self.time_samples - stride, stride)
        ]
