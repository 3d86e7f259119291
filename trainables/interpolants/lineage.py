"""`lineage`: the pieces of a shape are followed from frame to frame; each moves and blends by itself.

Between two frames every piece gets a partner: as many pairs as there can be, of least total distance of centroids
(Kuhn 1955), and what is left joins the nearest. So a mother has two daughters, or two pieces become one. A mother is
cut between her daughters: with the daughters' fields d₁, d₂ carried back to her centroid, the cut is the level of
(d₁ − d₂) / 2 that divides her volume as theirs are. Each pair is interpolated by the other parts of the combination
(`moved` where none says how shapes move), and the pieces are joined by their minimum u(t). What the cut has taken from
the inside of a frame is given back as time goes,

    f(t) = u(t) + (1 − s) (f_j − u(t_j)) + s (f_{j+1} − u(t_{j+1})),

so that frames are hit without a jump and a mother's halves part when they are far enough from each other, not at once.
(Herman, Zheng & Bucholtz 1992 and Treece et al. 2000, "Surface interpolation from sparse cross sections using region
correspondence", do so for contours in slices.)
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.optimize import brentq, linear_sum_assignment

from trainables.interpolants import voxels
from trainables.interpolants.aspects import Motion, Part, Path, Pieces
from trainables.interpolants.base import Array, Shown
from trainables.interpolants.moved import Moved, shifted
from trainables.shapes.sequence import grid_spacing
from trainables.shapes.timeline import neighbours

UNMATCHED = "no piece can be matched where a shown frame has nothing inside: there the shape is interpolated as a whole"
SPECK = 0.02
"""Share of the largest piece's points below which a piece is part of its nearest neighbour: noise has no lineage."""


class Lineage(Pieces):
    """Pieces matched between neighbouring frames, a mother cut between her daughters."""

    name: ClassVar[str] = "lineage"
    neighbours_only: ClassVar[bool] = True

    def divide(self, shown: Shown, others: Mapping[str, Part]) -> Path:
        from trainables.interpolants.combination import Combination

        moving = any(isinstance(part, Motion) for part in others.values())
        rule = Combination(parts=dict(others) if moving else {"moved": Moved(), **others})

        @lru_cache(maxsize=4)
        def interval(j: int) -> Path:
            times = shown.times[j : j + 2]
            first, last = shown.frames[j], shown.frames[j + 1]
            pairs = matched(pieces(first), pieces(last))
            if not pairs:
                shown.notes.append(UNMATCHED)
                return rule.fit(np.stack([first, last]), times)
            fields = [rule.fit(np.stack(pair), times) for pair in pairs]
            cut = [frame - np.min([pair[end] for pair in pairs], axis=0) for end, frame in enumerate((first, last))]

            def field(time: float) -> Array:
                s = (time - times[0]) / (times[1] - times[0])
                joined: Array = np.min([field(time) for field in fields], axis=0)
                return joined + np.float32(1 - s) * cut[0] + np.float32(s) * cut[1]

            return field

        def between(time: float) -> Array:
            j, _ = neighbours(shown.times, time)
            return interval(j)(time)

        return between


def pieces(field: Array) -> list[Array]:
    """The field of each connected piece by itself, `(n, n, n)` each; specks belong to their nearest piece."""
    labels, count = ndimage.label(field < 0)
    if count == 0:
        return []
    sizes = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    kept = np.flatnonzero(sizes >= SPECK * sizes.max()) + 1
    if len(kept) == 1:
        return [field]
    nearest = ndimage.distance_transform_edt(~np.isin(labels, kept), return_distances=False, return_indices=True)
    owner = labels[tuple(nearest)]
    spacing = grid_spacing(len(field))
    found = []
    for label in kept:
        away = spacing * (ndimage.distance_transform_edt(owner != label) - 0.5)
        beyond = np.maximum(away, spacing * (ndimage.distance_transform_edt(labels != label) - 0.5))
        found.append(np.where(owner == label, field, beyond).astype(np.float32))
    return found


def matched(earlier: list[Array], later: list[Array]) -> list[tuple[Array, Array]]:
    """Pairs of fields: each piece with its partner; one that has several is cut between them. Empty if a side is."""
    if not earlier or not later:
        return []
    if len(earlier) > len(later):
        return [(first, last) for last, first in matched(later, earlier)]
    groups = _daughters([_place(field) for field in earlier], [_place(field) for field in later])
    pairs = []
    for mother, numbers in zip(earlier, groups, strict=True):
        daughters = [later[number] for number in numbers]
        pairs += list(zip(divided(mother, daughters), daughters, strict=True))
    return pairs


def divided(mother: Array, daughters: list[Array]) -> list[Array]:
    """The mother cut in as many fields as she has daughters, each nearest to its own, of volumes as theirs."""
    if len(daughters) == 1:
        return [mother]
    volumes = np.array([voxels.volume(daughter) for daughter in daughters])
    centre = volumes @ np.stack([_place(daughter) for daughter in daughters]) / volumes.sum()
    carried = [shifted(daughter, _place(mother) - centre) for daughter in daughters]
    one, others = carried[0], np.min(carried[1:], axis=0)
    cut = (one - others) / 2
    cut = cut - _level_of_cut(mother, cut, volumes[0] / volumes.sum())
    return [np.maximum(mother, cut), *divided(np.maximum(mother, -cut), daughters[1:])]


def _level_of_cut(mother: Array, cut: Array, share: float) -> np.float32:
    """The level of the cut below which lies this share of the mother."""
    inside = voxels.shares(mother).astype(float)
    slope = voxels.slopes(cut)

    def missing(level: float) -> float:
        return float((inside * voxels.shares(cut, slope, level)).sum()) - share * float(inside.sum())

    return np.float32(brentq(missing, float(cut.min()) - 1, float(cut.max()) + 1, xtol=1e-4))


def _daughters(mothers: list[NDArray], places: list[NDArray]) -> list[list[int]]:
    """For each mother the numbers of her daughters: at least one, every daughter once."""
    distances = np.linalg.norm(np.stack(mothers)[:, None] - np.stack(places), axis=-1)
    first = linear_sum_assignment(distances)[1]
    groups = [[int(number)] for number in first]
    for number in range(len(places)):
        if number not in first:
            groups[int(distances[:, number].argmin())].append(number)
    return groups


def _place(field: Array) -> NDArray:
    found = voxels.centroid(field)
    assert found is not None, "a piece has an inside"
    return found
