"""Decoders whose shapes are balls, and small regularizers of every kind to ask about them."""

import torch

from trainables.autodecoder.regularizers.barycenter import Barycenter
from trainables.autodecoder.regularizers.base import Problem
from trainables.autodecoder.regularizers.cross_sequence_barycenter import CrossSequenceBarycenter
from trainables.autodecoder.regularizers.distant_barycenter import DistantBarycenter
from trainables.autodecoder.regularizers.fine_sinkhorn import FineSinkhorn
from trainables.autodecoder.regularizers.multiscale_sinkhorn import MultiscaleSinkhorn
from trainables.autodecoder.regularizers.sinkhorn import Sinkhorn
from trainables.autodecoder.regularizers.topology import Topology
from trainables.autodecoder.regularizers.unbalanced_sinkhorn import UnbalancedSinkhorn
from trainables.shapes.bifurcation import Bifurcation

SMALL = {
    "sinkhorn": Sinkhorn(grid=6, time_samples=3, warm_up=0),
    "barycenter": Barycenter(count=2, grid=12, subsample=2),
    "multiscale-sinkhorn": MultiscaleSinkhorn(grid=6, time_samples=3, levels=2, warm_up=0),
    "unbalanced-sinkhorn": UnbalancedSinkhorn(grid=6, time_samples=3, warm_up=0),
    "fine-sinkhorn": FineSinkhorn(grid=9, time_samples=3, warm_up=0),
    "distant-barycenter": DistantBarycenter(count=2, grid=12, subsample=2),
    "cross-sequence-barycenter": CrossSequenceBarycenter(grid=12, points=200),
    "topology": Topology(grid=8, time_samples=2, beta=2, warm_up=0),
}


def problem(replicates: int = 2) -> Problem:
    generators = [torch.Generator().manual_seed(r) for r in range(replicates)]
    return Problem([[Bifurcation(), Bifurcation(speed=0.5)]], [0.0, 1.0], torch.device("cpu"), generators)


def field(shift: torch.Tensor):
    """Balls that move along x by `shift` (R, N) over time, one for every replicate and sequence."""

    def decode(points: torch.Tensor, mixture: torch.Tensor | None = None) -> torch.Tensor:
        mixed = shift if mixture is None else shift @ mixture.T
        points = points.expand(*mixed.shape, -1, 4)
        x = points[..., 0] - mixed[..., None] * points[..., 3]
        return torch.stack([x, points[..., 1], points[..., 2]], -1).norm(dim=-1) - 1

    return decode


def balls(*centres: float, radius: float = 1.0):
    """A decoder whose shape is, at all times, balls on the x axis."""

    def decode(points: torch.Tensor, mixture: torch.Tensor | None = None) -> torch.Tensor:
        apart = [(points[..., :3] - torch.tensor([c, 0.0, 0.0])).norm(dim=-1) - radius for c in centres]
        return torch.stack(apart).amin(0)

    return decode
