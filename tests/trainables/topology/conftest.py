"""Volumes and the reference: gudhi, a library of its own."""

import gudhi
import numpy as np
import torch

CONSTRUCTIONS = ("T", "V")
FILTRATIONS = ("superlevel", "sublevel")


def reference(volume: np.ndarray, filtration: str = "superlevel", construction: str = "T") -> list[np.ndarray]:
    """Diagrams by gudhi, sorted, without features of no persistence; the one that never dies has death ∞ or −∞."""
    sign = -1.0 if filtration == "superlevel" else 1.0
    cells = {"T": "top_dimensional_cells", "V": "vertices"}[construction]
    found = gudhi.CubicalComplex(**{cells: sign * volume})
    found.compute_persistence(homology_coeff_field=2)
    points = [sign * found.persistence_intervals_in_dimension(dimension).reshape(-1, 2) for dimension in range(3)]
    return [in_order(diagram[diagram[:, 0] != diagram[:, 1]]) for diagram in points]


def in_order(diagram: np.ndarray) -> np.ndarray:
    return diagram[np.lexsort(diagram.T)]


def finite(diagram: np.ndarray) -> np.ndarray:
    return diagram[np.isfinite(diagram).all(1)]


def noise(n: int, seed: int = 0, batch: int = 1, axes: int = 3) -> torch.Tensor:
    """Uniform noise `(batch, n, …)` in float64: no two voxels are equal."""
    return torch.rand(batch, *axes * [n], generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def levels(n: int, count: int, seed: int = 0, axes: int = 3) -> torch.Tensor:
    """A volume `(1, n, …)` of `count` values: nearly all voxels have equals."""
    return torch.randint(count, (1, *axes * [n]), generator=torch.Generator().manual_seed(seed)).double()


def hollow_ball(n: int = 11) -> np.ndarray:
    return np.abs(_distance(n) - 3) < 1


def ring(n: int = 13) -> np.ndarray:
    z, y, x = np.indices((n,) * 3) - (n - 1) / 2
    return np.hypot(np.hypot(y, x) - 4, z) < 1.3


def two_balls(n: int = 16) -> np.ndarray:
    z, y, x = np.indices((n,) * 3) - (n - 1) / 2
    return (np.abs(x) > 2.5) & (np.sqrt(z**2 + y**2 + (np.abs(x) - 4.5) ** 2) < 2.2)


def _distance(n: int) -> np.ndarray:
    z, y, x = np.indices((n,) * 3) - (n - 1) / 2
    return np.sqrt(z**2 + y**2 + x**2)
