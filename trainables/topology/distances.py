"""Distance between persistence diagrams, and total persistence (seed 003, section 3.1).

    W_q(D, D') = inf over matchings η of ( Σ_x ‖x − η(x)‖_∞^q )^{1/q},   unmatched points going to the diagonal  (eq. 1)
    Pers_q(D)  = Σ |death − birth|^q

# P = points of a diagram, (birth, death) each
"""

from __future__ import annotations

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from trainables.topology.complexes import Array


def wasserstein_distance(points: Tensor, others: Tensor, order: float = 2) -> Tensor:
    """W_q of diagrams `(P, 2)` and `(P', 2)` with q = `order` ≥ 1, exact; a scalar, differentiable in both.

    The gradient is that of the best matching; where the distance is 0, it is 0. Raises ValueError for diagrams of
    another shape and for q < 1.
    """
    for diagram in (points, others):
        if diagram.ndim != 2 or diagram.shape[1] != 2:
            raise ValueError(f"a diagram is a table (P, 2) of births and deaths, not of shape {tuple(diagram.shape)}")
    check_order(order)
    left, right = (torch.from_numpy(found) for found in matching(_numbers(points), _numbers(others), order))
    alone = [_without(points, left), _without(others, right)]
    cost = torch.cat(
        [
            (points[left] - others[right]).abs().amax(1),
            *((diagram[:, 0] - diagram[:, 1]).abs() / 2 for diagram in alone),
        ]
    ).pow(order)
    total = cost.sum()
    # The root has no derivative at 0.
    return total.pow(1 / order) if bool(total > 0) else total * 0.0


def total_persistence(points: Tensor, order: float = 2) -> Tensor:
    """Pers_q of a diagram `(P, 2)`, q = `order` ≥ 1: a scalar."""
    check_order(order)
    return (points[:, 0] - points[:, 1]).abs().pow(order).sum()


def matching(points: Array, others: Array, order: float) -> tuple[Array, Array]:
    """Indices of the points that the best matching pairs, `(K,)` each; all others go to the diagonal.

    Pairing two points instead of sending both to the diagonal changes the cost by c^q − d^q − d'^q. An assignment that
    minimises this where it is negative, and 0 elsewhere, is the best matching: a problem of P × P' instead of
    (P + P')².
    """
    diagonal, opposite = (np.abs(d[:, 0] - d[:, 1]) / 2 for d in (points, others))
    cost = np.abs(points[:, None] - others[None]).max(-1, initial=0.0) ** order
    gain = np.minimum(cost - diagonal[:, None] ** order - opposite[None] ** order, 0.0)
    left, right = linear_sum_assignment(gain)
    paired = gain[left, right] < 0
    return left[paired], right[paired]


def check_order(order: float) -> None:
    """Raise ValueError unless q ≥ 1."""
    if not 1 <= order < np.inf:
        raise ValueError(f"order = {order}: the exponent q of a Wasserstein distance is 1 or more, and finite")


def _numbers(diagram: Tensor) -> Array:
    return diagram.detach().cpu().double().numpy()


def _without(diagram: Tensor, chosen: Tensor) -> Tensor:
    rest = torch.ones(len(diagram), dtype=torch.bool)
    rest[chosen] = False
    return diagram[rest.to(diagram.device)]
