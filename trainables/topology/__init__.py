"""Cubical persistence of volumes, and the topological loss between a prediction and the truth (seed 003).

from trainables.topology import topological_loss
topological_loss(prediction, truth, size=16, dimensions=(2,))  # (B, n, n, n) twice → (B,), differentiable
"""

from trainables.topology.loss import topological_loss

__all__ = ["topological_loss"]
