"""Unbalanced Sinkhorn distances between consecutive times: growth is seen as growth.

Eq. 3.7 of Martens 2025 divides an occupancy by its mass, so that of growth it sees what moves outwards and nothing
else. Here the masses stay what they are, σ(f) × volume of a voxel, and the divergence is that of Séjourné et al. 2019
(arXiv 1910.12958), in which mass may also be created and destroyed, where moving it would be further than about
`reach`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from trainables.autodecoder.regularizers.sinkhorn import Sinkhorn
from trainables.shapes.sequence import grid_spacing

if TYPE_CHECKING:
    from torch import Tensor

# Mass of a voxel at the least: a shape that has vanished is still a measure.
_LEAST = 1e-12


class UnbalancedSinkhorn(Sinkhorn):
    """`sinkhorn` of the volumes, or areas, themselves instead of volumes divided by their sum."""

    name: ClassVar[str] = "unbalanced-sinkhorn"

    alpha: float = Field(0.02, ge=0, description="α, weight of the term; a ball of radius 1 has mass 4.2 instead of 1")
    reach: float = Field(1.0, gt=0, description="domain units beyond which mass is rather created than moved")

    def measures(self, sdf: Tensor) -> Tensor:
        from trainables.transport import occupancy

        return occupancy(sdf, self.beta).clamp_min(_LEAST) * grid_spacing(self.grid) ** (sdf.ndim - 1)

    def reach_of_mass(self) -> float:
        return self.reach
