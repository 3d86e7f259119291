"""`lineage`: the pieces of a shape are followed from frame to frame; each goes its own way.

Between two frames every piece gets a partner: as many pairs as there can be, of least total distance of centroids
(Kuhn 1955), and what is left joins the nearest. So a mother has two daughters, or, read backwards, two pieces become
one. A pair is interpolated by the other parts of the combination (`moved` where none says how shapes move). Of a mother
with several daughters each daughter d_i, as she is at the later time, sets out from a place within the mother:

    u(t) = −1/k ln Σ_i exp(−k d_i(x − q_i(t))),     q_i(t) = (1 − s) p_i + s c_i

with her centroid c_i, and p_i = c + φ (h_i − c) on the line from the mother's centroid c through that of the part h_i
of her that is cut for this daughter: the level of the difference of the daughters' fields, carried back, that divides
her volume as theirs are. φ is where the daughters together cover the mother best: 0 for a ball, 1 for a mother who is
about to part. k, `smoothing`, rounds the seam between them; 0 is the plain minimum. (The analytic bifurcations are
blended so too, the published one with k = 5: there the default knows the form of the truth.) What is not met of a frame
is given back as time goes, f(t) = u(t) + (1 − s) (f_j − u(t_j)) + s (f_{j+1} − u(t_{j+1})), so that frames are hit
without a jump.

(Herman, Zheng & Bucholtz 1992 and Treece et al. 2000, "Surface interpolation from sparse cross sections using region
correspondence", match pieces so for contours in slices; that daughters set out whole, and from where, is ours: cut
halves of a mother, moved and blended, are worse or no better on every dividing sequence that was tried.)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy import ndimage
from scipy.optimize import brentq, linear_sum_assignment, minimize_scalar

from trainables.interpolants import voxels
from trainables.interpolants.aspects import Motion, Part, Path, Pieces
from trainables.interpolants.base import Array, Interpolant, Shown
from trainables.interpolants.moved import Moved, shifted
from trainables.shapes.sequence import grid_spacing
from trainables.shapes.timeline import neighbours

UNMATCHED = "no piece can be matched where a shown frame has nothing inside: there the shape is interpolated as a whole"
SPECK = 0.02
"""Share of the largest piece's points below which a piece is part of its nearest neighbour: noise has no lineage."""
_FURTHEST = 1.5
"""The largest φ that is tried."""
_CLIPPED = 0.5
"""Distance, in domain units, beyond which it is not asked how well a mother is covered."""


class Lineage(Pieces):
    """Pieces matched between neighbouring frames; daughters set out from within their mother."""

    name: ClassVar[str] = "lineage"
    neighbours_only: ClassVar[bool] = True

    smoothing: float = Field(5.0, ge=0, le=100, description="k, sharpness of the seam, 1 / domain unit; 0: a minimum")

    def divide(self, shown: Shown, others: Mapping[str, Part]) -> Path:
        from trainables.interpolants.combination import Combination

        moving = any(isinstance(part, Motion) for part in others.values())
        rule = Combination(parts=dict(others) if moving else {"moved": Moved(), **others})

        @lru_cache(maxsize=4)
        def interval(j: int) -> Path:
            times = shown.times[j : j + 2]
            ends = shown.frames[j], shown.frames[j + 1]
            families = matched(pieces(ends[0]), pieces(ends[1]))
            if not families:
                shown.notes.append(UNMATCHED)
                return rule.fit(np.stack(ends), times)
            paths = [self._path(family, rule, times) for family in families]

            def joined(time: float) -> Array:
                found: Array = np.min([path(time) for path in paths], axis=0)
                return found

            missed = [frame - joined(time) for frame, time in zip(ends, times, strict=True)]

            def field(time: float) -> Array:
                s = (time - times[0]) / (times[1] - times[0])
                return joined(time) + np.float32(1 - s) * missed[0] + np.float32(s) * missed[1]

            return field

        def between(time: float) -> Array:
            j, _ = neighbours(shown.times, time)
            return interval(j)(time)

        return between

    def _path(self, family: Family, rule: Interpolant, times: list[float]) -> Path:
        """The field of one family over an interval."""
        if len(family.several) == 1:
            pair = [family.one, family.several[0]]
            return rule.fit(np.stack(pair[::-1] if family.backwards else pair), times)
        starts = places_within(family.one, family.several, self.smoothing)
        ends = [_place(daughter) for daughter in family.several]

        def path(time: float) -> Array:
            s = (time - times[0]) / (times[1] - times[0])
            left = np.float32(s if family.backwards else 1 - s)
            moves = zip(family.several, starts, ends, strict=True)
            return smooth_minimum([shifted(d, left * (start - end)) for d, start, end in moves], self.smoothing)

        return path


@dataclass(frozen=True)
class Family:
    """A piece and what it becomes: fields `(n, n, n)` each."""

    one: Array
    several: list[Array]
    """One or more, at the later time; at the earlier one if `backwards`."""
    backwards: bool = False


def smooth_minimum(fields: list[Array], sharpness: float) -> Array:
    """−1/k ln Σ exp(−k f_i) of fields `(n, n, n)`, k = `sharpness`; their minimum if that is 0."""
    least: Array = np.min(fields, axis=0)
    if sharpness == 0:
        return least
    total = sum(np.exp(-sharpness * (field - least)) for field in fields)
    return least - (np.log(total) / sharpness).astype(np.float32)


def places_within(mother: Array, daughters: list[Array], sharpness: float) -> list[NDArray]:
    """From where in the mother each daughter sets out: the centroids `(3,)` at which together they cover her best."""
    centre = _place(mother)
    parts = [_place(part) - centre for part in divided(mother, daughters)]
    step = 2 if len(mother) > 40 else 1  # a place is wanted to a part of a voxel, not a surface
    thinned = mother.ndim * (slice(None, None, step),)
    coarse = [daughter[thinned] for daughter in daughters]
    spacing, wanted = step * grid_spacing(len(mother)), mother[thinned].clip(-_CLIPPED, _CLIPPED)
    places = [_place(daughter) for daughter in daughters]

    def uncovered(share: float) -> float:
        moves = [(centre + share * part - place) / spacing for part, place in zip(parts, places, strict=True)]
        moved = [ndimage.shift(f, move, order=1, mode="nearest") for f, move in zip(coarse, moves, strict=True)]
        return float(np.abs(wanted - smooth_minimum(moved, sharpness).clip(-_CLIPPED, _CLIPPED)).mean())

    shares = np.linspace(0, _FURTHEST, 7)
    best = int(np.argmin([uncovered(share) for share in shares]))
    around = shares[max(0, best - 1)], shares[min(len(shares) - 1, best + 1)]
    share = minimize_scalar(uncovered, bounds=around, method="bounded", options={"xatol": 0.02}).x
    return [centre + share * part for part in parts]


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


def matched(earlier: list[Array], later: list[Array]) -> list[Family]:
    """Every piece of the side that has fewer, with its partners on the other; empty if a side is."""
    if not earlier or not later:
        return []
    backwards = len(earlier) > len(later)
    if backwards:
        earlier, later = later, earlier
    groups = _daughters([_place(field) for field in earlier], [_place(field) for field in later])
    families = zip(earlier, groups, strict=True)
    return [Family(mother, [later[number] for number in numbers], backwards) for mother, numbers in families]


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
