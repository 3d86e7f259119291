"""Sinkhorn distances between consecutive times (Martens 2025, eqs. 3.5–3.8).

    L_Sink = 1/N Σ_i Σ_{j<M} S_{p,ε}( σ(f(·, t_j)) / Σσ, σ(f(·, t_{j+1})) / Σσ ),   σ(f) = 1 / (1 + e^{β f})

The decoder is evaluated on a regular grid at M regularly spaced times. The sum over the M − 1 pairs is not divided by
M − 1, so α is confounded with M: what a pair weighs, α / (M − 1), is recorded beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from trainables.autodecoder.regularizers.base import Problem, Regularizer
from trainables.shapes.sequence import SPACE, grid_points, grid_spacing

if TYPE_CHECKING:
    from torch import Tensor

    from trainables.autodecoder.regularizers.base import Decode, LossTerm

# From so many points on, gradients are taken where there is mass alone: at the published size (39,930) the term takes
# 0.46 of the time then. At 10,648 it took 0.75 in one measurement, and epochs took longer in another; at the 3,645 of
# `laptop` it takes 0.9: these are left as they are.
_MANY = 1 << 15


class Sinkhorn(Regularizer):
    """α times the sum of Sinkhorn divergences of consecutive predicted shapes."""

    name: ClassVar[str] = "sinkhorn"
    sizes: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "laptop": {"grid": 9, "time_samples": 5, "warm_up": 60},
        "smoke": {"grid": 7, "time_samples": 4, "warm_up": 10},
    }

    alpha: float = Field(0.1, ge=0, description="α, weight of the term")
    beta: float = Field(8.0, gt=0, description="β, steepness of the reversed sigmoid, 1 / domain unit")
    epsilon: float = Field(0.05, gt=0, description="ε, GeomLoss's blur, a length in domain units")
    p: int = Field(2, ge=1, le=2, description="exponent of the ground cost")
    grid: int = Field(11, ge=2, le=128, description="points of the grid along each axis")
    time_samples: int = Field(30, ge=2, description="M, regularly spaced times")
    warm_up: int = Field(200, ge=0, description="epochs trained without this term")
    backend: Literal["auto", "plain", "geomloss"] = Field(
        "auto",
        description="auto: compiled on a CPU, plain PyTorch on a GPU; plain: PyTorch; geomloss: the published way, by "
        "GeomLoss's SamplesLoss, a thousand times slower",
    )

    @property
    def weight(self) -> float:
        return self.alpha

    def derived(self) -> dict[str, float]:
        """α / (M − 1), with which α is confounded, and ε in units of the grid's spacing."""
        return {
            "alpha_per_pair": self.alpha / (self.time_samples - 1),
            "blur_over_spacing": self.epsilon / grid_spacing(self.grid),
        }

    def unfit(self, dimension: int = SPACE) -> str | None:
        if self.backend != "geomloss":
            return None
        from trainables.transport import published

        return published.absent()

    def pairs(self) -> list[tuple[int, int, float]]:
        """Indices of two times that are compared, and what their divergence is multiplied with."""
        return [(j, j + 1, 1.0) for j in range(self.time_samples - 1)]

    def measures(self, sdf: Tensor) -> Tensor:
        """SDF `(B, n, …)` → what is transported, of the same shape."""
        from trainables.transport import shape_measure

        return shape_measure(sdf, self.beta, dims=sdf.ndim - 1)

    def reach_of_mass(self) -> float | None:
        """Length beyond which mass is rather created and destroyed than moved; None: it must all be moved."""
        return None

    def points_in_a_step(self, shown: int, dimension: int = SPACE) -> int:
        return self.time_samples * self.grid**dimension

    def lattice(self, problem: Problem) -> Tensor:
        """Points of `grid_points(grid)` on which shapes are compared, `(n1, n2[, n3], d)`."""
        return grid_points(self.grid, problem.device, problem.dimension)

    def prepare(self, problem: Problem) -> LossTerm:
        import torch

        from trainables.autodecoder.active_points import evaluate

        m, lattice = self.time_samples, self.lattice(problem)
        shape, d = lattice.shape[:-1], problem.dimension
        count = shape.numel()
        x = lattice.reshape(1, count, d).expand(m, -1, -1)
        t = torch.linspace(0, 1, m, device=problem.device).view(m, 1, 1).expand(-1, count, -1)
        points = torch.cat([x, t], dim=-1).view(1, 1, m * count, d + 1)
        pairs = self.pairs()
        first, second = [j for j, _, _ in pairs], [k for _, k, _ in pairs]
        factors = torch.tensor([factor for _, _, factor in pairs], device=problem.device)

        def loss(decode: Decode) -> Tensor:
            sdf = evaluate(decode, points, m, self.beta) if m * count >= _MANY else decode(points)
            replicates, sequences, _ = sdf.shape
            # A replicate that has diverged must not stop the others; its loss is NaN, which the guard names.
            finite = sdf.isfinite().all(-1)
            sdf = torch.where(finite.unsqueeze(-1), sdf, 0.0)
            measures = self.measures(sdf.view(-1, *shape)).view(-1, m, *shape)
            divergence = self._divergence(
                measures[:, first].reshape(-1, *shape), measures[:, second].reshape(-1, *shape), lattice
            )
            summed = (divergence.view(replicates, sequences, len(pairs)) * factors).sum(-1)
            return torch.where(finite, summed, torch.nan).mean(-1)

        return loss

    def _divergence(self, a: Tensor, b: Tensor, lattice: Tensor) -> Tensor:
        """Divergence of each pair of measures `(B, n1, n2, n3)` on the lattice, `(B,)`."""
        blur, p, reach = self.epsilon, self.p, self.reach_of_mass()
        if self.backend == "geomloss":
            from trainables.transport.published import samples_loss

            return samples_loss(a, b, lattice, blur, p, reach)
        from trainables.transport import sinkhorn_divergence

        return sinkhorn_divergence(
            a, b, grid_spacing(self.grid), blur=blur, p=p, reach=reach, backend=self.backend
        ).value
