"""The topological loss of Waibel 2022, eq. 3, between predicted and true volumes.

    L_T(f, f') = Σ_d  W_q(D_f, D_f') + Pers_q(D_f')        over the dimensions d, f' the prediction

Volumes are scaled to M³ before, trilinearly with their corners kept, and the component that never dies ends with the
last voxel, both as the public code of Waibel 2022 does.

# B = volumes, n = voxels along an axis, M = side to which they are scaled
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from trainables.topology.complexes import Array, Construction
from trainables.topology.distances import check_order, total_persistences, wasserstein_distances
from trainables.topology.persistence import Essential, Filtration, check_arguments, check_volumes, diagrams, points

_REMEMBERED = 4096
_known: OrderedDict[bytes, list[Array]] = OrderedDict()
"""Diagrams of true volumes by content: a training compares with the same ones in every epoch."""


def topological_loss(
    prediction: Tensor,
    truth: Tensor,
    size: int = 16,
    dimensions: Sequence[int] = (2,),
    order: float = 2,
    filtration: Filtration = "superlevel",
    construction: Construction = "T",
    essential: Essential = "last",
) -> Tensor:
    """Eq. 3 of each volume: prediction and truth `(B, n, n, n)` → `(B,)`, differentiable in the prediction.

    `size` is M, `order` is q; `dimensions`, `filtration`, `construction` and `essential` are those of `diagrams`, for
    prediction and truth alike. A prediction without features, constant or empty, has a finite loss and gradient; one
    in which NaN or infinity is left after scaling has the loss NaN.

    Raises ValueError, in a sentence, for volumes that are no cubes or not of one shape, a truth that is not finite, and
    arguments outside of their choices.
    """
    check_volumes("prediction", prediction, axes=(3,))
    check_volumes("truth", truth, axes=(3,))
    if prediction.shape != truth.shape:
        raise ValueError(
            f"prediction and truth are of one shape, not {tuple(prediction.shape)} and {tuple(truth.shape)}"
        )
    if size < 2:
        raise ValueError(f"size = {size}: a volume is scaled to 2³ voxels or more")
    check_order(order)
    check_arguments(dimensions, filtration, construction, essential)
    with torch.no_grad():
        true = _remembered(_scaled(truth, size), dimensions, filtration, construction, essential)
    scaled = _scaled(prediction, size)
    finite = scaled.isfinite().flatten(1).all(1)
    kept = torch.where(finite.view(-1, 1, 1, 1), scaled, 0.0)
    found, counts = points(kept, dimensions, filtration, construction, essential)
    others = [diagram for diagrams_of_one in true for diagram in diagrams_of_one]
    terms = wasserstein_distances(found, counts, others, order) + total_persistences(found, counts, order)
    return torch.where(finite, terms.view(len(prediction), -1).sum(1), torch.nan)


def _scaled(volumes: Tensor, size: int) -> Tensor:
    if volumes.shape[-1] == size:
        return volumes
    return functional.interpolate(
        volumes.unsqueeze(1), size=(size,) * 3, mode="trilinear", align_corners=True
    ).squeeze(1)  # fmt: skip


def _remembered(
    volumes: Tensor,
    dimensions: Sequence[int],
    filtration: Filtration,
    construction: Construction,
    essential: Essential,
) -> list[list[Array]]:
    """Diagrams of the volumes, `(P, 2)` float64; each is computed once."""
    settings = repr((tuple(dimensions), filtration, construction, essential, volumes.dtype)).encode()
    keys = [hashlib.sha256(settings + v.tobytes()).digest() for v in volumes.cpu().numpy()]
    new = [i for i, key in enumerate(keys) if key not in _known]
    if new:
        found = diagrams(volumes[new].double(), dimensions, filtration, construction, essential)
        for i, mine in zip(new, found, strict=True):
            _known[keys[i]] = [diagram.cpu().numpy() for diagram in mine]
    for key in keys:
        _known.move_to_end(key)
    chosen = [_known[key] for key in keys]
    while len(_known) > _REMEMBERED:
        _known.popitem(last=False)
    return chosen
