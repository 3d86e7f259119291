"""Distance between persistence diagrams, and total persistence (Waibel 2022, section 3.1).

    W_q(D, D') = inf over matchings η of ( Σ_x ‖x − η(x)‖_∞^q )^{1/q},   unmatched points going to the diagonal  (eq. 1)
    Pers_q(D)  = Σ |death − birth|^q

Many diagrams are compared at once: their points lie in one table, one diagram after another.

# G = diagrams, P = points of a diagram, (birth, death) each, K = points of all diagrams
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from trainables.topology.complexes import Array


def wasserstein_distance(points: Tensor, others: Tensor, order: float = 2) -> Tensor:
    """W_q of diagrams `(P, 2)` and `(P', 2)` with q = `order` ≥ 1, exact; a scalar, differentiable in the first.

    The gradient is that of the best matching; where the distance is 0, it is 0. Raises ValueError for diagrams of
    another shape and for q < 1.
    """
    for diagram in (points, others):
        if diagram.ndim != 2 or diagram.shape[1] != 2:
            raise ValueError(f"a diagram is a table (P, 2) of births and deaths, not of shape {tuple(diagram.shape)}")
    check_order(order)
    return wasserstein_distances(points, [len(points)], [others.detach().cpu().double().numpy()], order)[0]


def total_persistence(points: Tensor, order: float = 2) -> Tensor:
    """Pers_q of a diagram `(P, 2)`, q = `order` ≥ 1: a scalar."""
    check_order(order)
    return total_persistences(points, [len(points)], order)[0]


def wasserstein_distances(points: Tensor, counts: Sequence[int], others: Sequence[Array], order: float) -> Tensor:
    """W_q `(G,)` of G diagrams, of `counts` points each, in one table `(K, 2)`, and their partners `(P', 2)`."""
    target = points.detach().cpu().double().numpy().copy()  # becomes where each point goes
    paired, left_over = np.zeros(len(target), dtype=bool), np.zeros(len(counts))
    start = 0
    for group, (count, other) in enumerate(zip(counts, others, strict=True)):
        left, right = matching(target[start : start + count], other, order)
        left_over[group] = (np.delete(_to_diagonal(other), right) ** order).sum()
        target[start + left], paired[start + left] = other[right], True
        start += count
    device = points.device
    cost = torch.where(
        torch.from_numpy(paired).to(device),
        (points - torch.from_numpy(target).to(points)).abs().amax(1),
        (points[:, 0] - points[:, 1]).abs() / 2,
    )
    total = _sums(cost.pow(order), counts) + torch.from_numpy(left_over).to(points)
    # The root has no derivative at 0.
    return torch.where(total > 0, torch.where(total > 0, total, 1.0).pow(1 / order), 0.0)


def total_persistences(points: Tensor, counts: Sequence[int], order: float) -> Tensor:
    """Pers_q `(G,)` of G diagrams, of `counts` points each, in one table `(K, 2)`."""
    return _sums((points[:, 0] - points[:, 1]).abs().pow(order), counts)


def matching(points: Array, others: Array, order: float) -> tuple[Array, Array]:
    """Indices of the points that the best matching pairs, `(M,)` each; all others go to the diagonal.

    Pairing two points instead of sending both to the diagonal changes the cost by c^q − d^q − d'^q. An assignment that
    minimises this where it is negative, and 0 elsewhere, is the best matching: a problem of P × P' instead of
    (P + P')².
    """
    births, deaths = (np.abs(points[:, i, None] - others[None, :, i]) for i in (0, 1))
    gain = np.maximum(births, deaths) ** order
    gain -= _to_diagonal(points)[:, None] ** order + _to_diagonal(others)[None] ** order
    np.minimum(gain, 0.0, out=gain)
    left, right = linear_sum_assignment(gain)
    paired = gain[left, right] < 0
    return left[paired], right[paired]


def check_order(order: float) -> None:
    """Raise ValueError unless q ≥ 1."""
    if not 1 <= order < np.inf:
        raise ValueError(f"order = {order}: the exponent q of a Wasserstein distance is 1 or more, and finite")


def _to_diagonal(points: Array) -> Array:
    """L∞ distance of each point to the diagonal."""
    distance: Array = np.abs(points[:, 0] - points[:, 1]) / 2
    return distance


def _sums(values: Tensor, counts: Sequence[int]) -> Tensor:
    """Sums `(G,)` of consecutive values `(K,)`, `counts` of them each."""
    group = torch.repeat_interleave(torch.tensor(counts)).to(values.device)
    return values.new_zeros(len(counts)).index_add(0, group, values)
