"""`dual.anneal` on a GPU: its hundreds of small kernels are captured once, as a CUDA graph, and replayed.

To launch them one by one takes longer than their work. What is replayed is the plain annealing, kernel by kernel: the
numbers are the same.
"""

from __future__ import annotations

import functools

import torch

from trainables.transport import dual
from trainables.transport.dual import Problem
from trainables.transport.grid import Grid

# Graphs that are kept, each with the memory it works in: a training run has one shape.
_KEPT = 8


def anneal(problem: Problem, schedule: list[float]) -> tuple[torch.Tensor, torch.Tensor]:
    """As `dual.anneal`, of measures on a GPU."""
    weights = problem.weights
    graph = _captured(weights.shape, weights.dtype, weights.device, problem.grid, problem.rho, tuple(schedule))
    return graph(problem)


@functools.lru_cache(maxsize=_KEPT)
def _captured(
    shape: torch.Size,
    dtype: torch.dtype,
    device: torch.device,
    grid: Grid,
    rho: float | None,
    schedule: tuple[float, ...],
) -> _Captured:
    return _Captured(shape, dtype, device, grid, rho, list(schedule))


class _Captured:
    """The annealing of one shape, grid and schedule: measures are copied in, potentials copied out."""

    def __init__(
        self,
        shape: torch.Size,
        dtype: torch.dtype,
        device: torch.device,
        grid: Grid,
        rho: float | None,
        schedule: list[float],
    ) -> None:
        weights = torch.full(shape, 1 / shape[2:].numel(), dtype=dtype, device=device)
        self.problem = Problem(weights, weights.log(), grid, rho)
        with torch.cuda.device(device):
            # What is made at the first call (kernels of the cost, handles of libraries) cannot be captured.
            apart = torch.cuda.Stream()
            apart.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(apart):
                dual.anneal(self.problem, schedule)
            torch.cuda.current_stream().wait_stream(apart)
            self.graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self.graph, capture_error_mode="thread_local"):
                self.potentials = torch.stack(dual.anneal(self.problem, schedule))

    def __call__(self, problem: Problem) -> tuple[torch.Tensor, torch.Tensor]:
        self.problem.weights.copy_(problem.weights)
        self.problem.logs.copy_(problem.logs)
        self.graph.replay()
        last, potentials = self.potentials.clone()
        return last, potentials
