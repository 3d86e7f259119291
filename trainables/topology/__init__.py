"""Topology of volumes: cubical persistence, distances of diagrams, the topological loss (Waibel 2022), Betti numbers.

from trainables.topology import topological_loss
topological_loss(prediction, truth, size=16, dimensions=(2,))  # (B, n, n, n) twice → (B,), differentiable
"""

from trainables.topology.betti import betti_numbers
from trainables.topology.distances import total_persistence, wasserstein_distance
from trainables.topology.loss import topological_loss
from trainables.topology.persistence import diagrams

__all__ = ["betti_numbers", "diagrams", "topological_loss", "total_persistence", "wasserstein_distance"]
