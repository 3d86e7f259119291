"""The soft minimum over a grid, one axis at a time.

    softmin_ε(h)(x) = −ε log Σ_y exp(h(y) − C(x, y) / ε)

is the one costly operation of Sinkhorn's algorithm (Feydy 2020, thesis, eq. 3.186). With a separable cost the
sum over y is a log-sum-exp along each axis in turn: n additions a voxel and axis, instead of one for each
other voxel.

Along an axis there are two ways, equal up to rounding:

* direct: add −C(x, y)/ε, subtract the largest term, exponentiate, add. Always safe; n exponentials a voxel.
* by blocks of outputs: subtract the cost seen from the block's centre c and the largest term, exponentiate
  once, and multiply by the matrix exp((C(c, y) − C(x, y)) / ε): one exponential a voxel and block, the rest
  is a matrix product. Terms below exp(−R) of the largest at c, the smallest normal number, are rounded up to
  it; at x they are below exp(−R + range) of the largest, where range is the spread over y of the matrix's
  exponents in row x. Blocks are therefore made so small that range ≤ R − margin: the error is below
  exp(−margin) a term, which is under the rounding.
"""

import functools
from collections.abc import Callable
from typing import NamedTuple

import torch

from trainables.transport.grid import Grid

Softmin = Callable[[torch.Tensor, Grid, float], torch.Tensor]

# R and margin, for each type: −log of the smallest normal number, and of a fraction well below the rounding.
_UNDERFLOW = {torch.float32: 87.0, torch.float64: 708.0}
_MARGIN = {torch.float32: 21.0, torch.float64: 48.0}
# Below this block size the exponentials saved do not pay for the passes over memory.
_SMALLEST_BLOCK = 3
# Numbers in the direct way's temporary: half a megabyte in float32, which stays in the cache.
_DIRECT_NUMBERS = 1 << 17


def softmin(h: torch.Tensor, grid: Grid, epsilon: float) -> torch.Tensor:
    """Soft minimum of the cost over a grid, for many measures at once.

    Args:
      h: ``[S, n1[, n2[, n3]]]`` log-weights plus potential / ε, float32 or float64, finite
        (`log_weights` gives the finite stand-in for the logarithm of nothing).
      grid: the grid and its cost.
      epsilon: temperature, domain units to the power p.

    Returns:
      ``[S, n1[, n2[, n3]]]`` potential, in units of the cost.
    """
    shape = h.shape
    # The last axis is summed and becomes the first; the batch is an axis like the others and rotates with
    # them.
    for axis in reversed(range(grid.dimension)):
        h = _log_sum_exp(h.reshape(-1, grid.shape[axis]).T.contiguous(), grid, axis, epsilon)
    return h.reshape(-1, shape[0]).T.reshape(shape).mul_(-epsilon)


def log_weights(weights: torch.Tensor) -> torch.Tensor:
    """Logarithm of nonnegative weights, with a finite number far below any other in the place of log 0."""
    return torch.where(weights > 0, weights.clamp_min(torch.finfo(weights.dtype).tiny).log(), -1e30)


def _log_sum_exp(h: torch.Tensor, grid: Grid, axis: int, epsilon: float) -> torch.Tensor:
    """Log-sum-exp along one axis, which stands first: ``[n, L]`` → ``[n, L]``."""
    blocks = safe_blocks(grid, axis, epsilon, h.dtype, h.device)
    if blocks is None:
        return _direct(h, _scaled_cost(grid, axis, epsilon, h.dtype, h.device))
    parts = []
    for centre_cost, offset, kernel in blocks:
        shifted = h if centre_cost is None else h - centre_cost
        largest = shifted.amax(0)
        parts.append((kernel @ _exp(shifted - largest)).log_().add_(largest).sub_(offset))
    return parts[0] if len(parts) == 1 else torch.cat(parts)


def _direct(h: torch.Tensor, cost: torch.Tensor) -> torch.Tensor:
    """``[n, L]`` and a cost ``[n, n]`` → ``[n, L]``, a few lines at a time."""
    size = len(cost)
    result = torch.empty_like(h)
    lines = max(1, _DIRECT_NUMBERS // size**2)
    for some, out in zip(h.split(lines, 1), result.split(lines, 1), strict=True):
        terms = some[:, None, :] - cost[:, :, None]
        largest = terms.amax(0)
        out.copy_(_exp(terms.sub_(largest)).sum(0).log_().add_(largest))
    return result


def _exp(exponents: torch.Tensor) -> torch.Tensor:
    """In place, and not below the smallest normal number: subnormal results take 50 times as long."""
    return exponents.clamp_(min=-_UNDERFLOW[exponents.dtype]).exp_()


@functools.lru_cache(maxsize=512)
def _scaled_cost(grid: Grid, axis: int, epsilon: float, dtype: torch.dtype, device: torch.device) -> torch.Tensor:
    return (grid.axis_cost(axis) / epsilon).to(device, dtype)


class _Block(NamedTuple):
    """r outputs: Σ_y exp(h − C/ε) = exp(−offset) · Σ_y kernel · exp(h − centre_cost)."""

    centre_cost: torch.Tensor | None
    """``[n, 1]`` the cost / ε seen from the block's centre; None (zero) if there is one block only."""
    offset: torch.Tensor
    """``[r, 1]`` the largest of each row's exponents, taken out: no entry of the kernel is below 1, and so no
    product below the smallest normal number."""
    kernel: torch.Tensor
    """``[r, n]``"""


@functools.lru_cache(maxsize=512)
def safe_blocks(
    grid: Grid, axis: int, epsilon: float, dtype: torch.dtype, device: torch.device, smallest: int = _SMALLEST_BLOCK
) -> list[_Block] | None:
    """The largest safe blocks of outputs, or None where that is below the smallest, for the direct way."""
    cost = grid.axis_cost(axis) / epsilon
    size = grid.shape[axis]
    allowed = _UNDERFLOW[dtype] - _MARGIN[dtype]
    for number in range(1, size // smallest + 1):
        blocks = []
        for rows in torch.arange(size).tensor_split(number):
            centre_cost = cost[rows[len(rows) // 2]] if number > 1 else None
            exponents = cost[rows] if centre_cost is None else cost[rows] - centre_cost
            low, high = exponents.aminmax(dim=1, keepdim=True)
            if float((high - low).max()) > allowed:
                break
            offset = high
            kernel = (offset - exponents).exp()
            blocks.append(
                _Block(
                    None if centre_cost is None else centre_cost.to(device, dtype)[:, None],
                    offset.to(device, dtype),
                    kernel.to(device, dtype),
                )
            )
        else:
            return blocks
    return None
