"""λ, dimensions, M and filtration of the topological loss of reconstructions.

Waibel 2022 searches λ in [1e-3, 1e2] and settles on λ = 0.1, dimension 2 alone, M = 16, superlevel sets
(sections 3.2 and 4.2).
"""

from __future__ import annotations

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution


def space(side: int = 64) -> dict[str, BaseDistribution]:
    """A fresh copy, for volumes of this side: M is at most that."""
    return {
        "topology.weight": FloatDistribution(1e-3, 1e2, log=True),
        "topology.dimensions": CategoricalDistribution(["2", "0", "1", "all"]),
        "topology.size": CategoricalDistribution([size for size in (16, 8, 24) if size <= side]),
        "topology.filtration": CategoricalDistribution(["superlevel", "sublevel"]),
    }


NARROWED: dict[str, dict[str, BaseDistribution]] = {
    "laptop": {"topology.size": CategoricalDistribution([16, 8])},
    "smoke": {"topology.size": CategoricalDistribution([8, 12])},
}
"""Preset → ranges that it narrows: no finer than its volumes."""
