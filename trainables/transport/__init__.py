"""Optimal transport on grids: pure tensor mathematics, no network in sight."""

from trainables.transport.measures import (
    interpolated_volume,
    normalised,
    occupancy,
    occupancy_to_sdf,
    shape_measure,
    threshold_at_volume,
)
from trainables.transport.sinkhorn import Potentials, SinkhornDivergence, sinkhorn_divergence
from trainables.transport.wasserstein_barycenter import barycenter

__all__ = [
    "Potentials",
    "SinkhornDivergence",
    "barycenter",
    "interpolated_volume",
    "normalised",
    "occupancy",
    "occupancy_to_sdf",
    "shape_measure",
    "sinkhorn_divergence",
    "threshold_at_volume",
]
