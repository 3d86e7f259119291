"""The topological loss of seed 003, eq. 3, between predicted and true volumes.

    L_T(f, f') = Σ_d  W_q(D_f, D_f') + Pers_q(D_f')        over the dimensions d, f' the prediction

W_q is the exact q-Wasserstein distance of the diagrams with L∞ ground cost, unmatched points going to the diagonal, and
its q-th root (eq. 1); Pers_q is the total persistence Σ |death − birth|^q. Volumes are scaled to M³ before, trilinearly
with their corners kept. The gradient goes through the voxels with which features are born and die; at distance 0 it is 0.

# B = volumes, M = side to which they are scaled, P = points of a diagram
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor
from torch.nn import functional

from trainables.topology.persistence import Array, features

_REMEMBERED = 4096
_known: OrderedDict[bytes, list[Array]] = OrderedDict()
"""Diagrams of true volumes by content: a training compares with the same ones in every epoch."""


def topological_loss(
    prediction: Tensor,
    truth: Tensor,
    size: int = 16,
    dimensions: Sequence[int] = (2,),
    order: int = 2,
    filtration: str = "superlevel",
    construction: str = "T",
) -> Tensor:
    """The loss of each volume: prediction and truth `(B, n, n, n)` → `(B,)`, differentiable in the prediction.

    Raises ValueError for a filtration other than superlevel and sublevel, and for a construction other than T.
    """
    if filtration not in ("superlevel", "sublevel"):
        raise ValueError(f"filtration = {filtration!r}: choose superlevel or sublevel")
    if construction != "T":
        raise ValueError(f"construction = {construction!r}: only T, voxels as top cells, can be computed")
    sign = 1.0 if filtration == "superlevel" else -1.0
    predicted = sign * _scaled(prediction, size)
    with torch.no_grad():
        true = (sign * _scaled(truth, size)).cpu().double().numpy()
    found = predicted.detach().cpu().double().numpy()
    with ThreadPoolExecutor(max(1, torch.get_num_threads())) as threads:
        born = list(threads.map(lambda volume: [features(volume, d) for d in dimensions], found))
        known = list(threads.map(lambda volume: _remembered(volume, dimensions), true))
    items = []
    for volume, pairs, diagrams in zip(predicted.flatten(1), born, known, strict=True):
        term = volume.sum() * 0.0
        for at, diagram in zip(pairs, diagrams, strict=True):
            points = volume[torch.as_tensor(at, device=volume.device).reshape(-1, 2)]
            term = term + wasserstein(points, diagram, order) + (points[:, 0] - points[:, 1]).abs().pow(order).sum()
        items.append(term)
    return torch.stack(items)


def _scaled(volumes: Tensor, size: int) -> Tensor:
    if volumes.shape[-1] == size:
        return volumes
    return functional.interpolate(
        volumes.unsqueeze(1), size=(size,) * 3, mode="trilinear", align_corners=True
    ).squeeze(1)  # fmt: skip


def _remembered(volume: Array, dimensions: Sequence[int]) -> list[Array]:
    key = hashlib.sha1(volume.tobytes() + bytes(dimensions)).digest()
    if key not in _known:
        flat = volume.ravel()
        _known[key] = [flat[features(volume, d)].reshape(-1, 2) for d in dimensions]
        while len(_known) > _REMEMBERED:
            _known.popitem(last=False)
    return _known[key]


def wasserstein(points: Tensor, others: Array, order: int = 2) -> Tensor:
    """W_q between diagrams `(P, 2)` and `(P', 2)`, differentiable in the first; 0 with gradient 0 where they are equal."""
    mine = points.detach().cpu().double().numpy()
    rows, columns = len(mine), len(others)
    if rows + columns == 0:
        return points.sum()
    to_diagonal, from_diagonal = (np.abs(d[:, 0] - d[:, 1]) / 2 for d in (mine, others))
    cost = np.zeros((rows + columns, columns + rows))
    cost[:rows, :columns] = np.abs(mine[:, None] - others[None]).max(-1) ** order
    cost[:rows, columns:] = to_diagonal[:, None] ** order
    cost[rows:, :columns] = from_diagonal[None] ** order
    left, right = linear_sum_assignment(cost)
    total = float(cost[left, right].sum())
    if total == 0.0:
        return points.sum() * 0.0
    matched = (left < rows) & (right < columns)
    alone = left[(left < rows) & (right >= columns)]
    unmatched = right[(left >= rows) & (right < columns)]

    def tensor(values: Any) -> Tensor:
        return torch.as_tensor(values, device=points.device, dtype=points.dtype)

    pairs = (points[left[matched]] - tensor(others[right[matched]])).abs().amax(1)
    diagonal = (points[alone, 0] - points[alone, 1]).abs() / 2
    fixed = tensor((from_diagonal[unmatched] ** order).sum())
    return (pairs.pow(order).sum() + diagonal.pow(order).sum() + fixed).pow(1 / order)
