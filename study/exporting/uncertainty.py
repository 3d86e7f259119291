"""How far the exported surface may lie from the true one: the ensemble's own uncertainty, calibrated on hidden frames.

At a point x of the exported surface, the zero level of the mean F of R replicates f_r,

    u(x) = c · s(x) / (√R · |∇F(x)|),

where s is the standard deviation of the f_r(x): s / √R is what a bootstrap of the replicates gives for the mean (with
R − 1 in place of R, as it should be), and division by the slope turns a change of the field into a displacement of its
zero level. That is training noise alone. What all replicates get wrong is not in it; so one factor c is fitted where
the run knows the truth and the model was not shown it, at its validation times, never at test times: 95 % of the
surface's points, every frame counting the same, lie within 2 u of the true surface. `coverage` is told of frames that
the factor did not see: each in turn is left out.

# R = replicate, V = point of a surface, d = dimension
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from study.exporting.mesh import surface
from trainables.metrics.narrow_band import narrow_band
from trainables.shapes.sequence import FINER, LOWER, SPACE, UPPER

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from study.exporting.ensemble import Ensemble, Volume
    from trainables.shapes.sequence import ShapeSequence

WIDTH = 2.0
"""Within so many u …"""
SHARE = 0.95
"""… this share of the points is to lie."""
FLATTEST = 0.1
"""|∇F| is not taken to be smaller: where replicates cancel, the zero level has no place at all."""
NO_SPREAD = 1e-5
"""Displacements that are nowhere larger, in domain units, are rounding: replicates of a rule, or of a network that has
nothing to train, are one and the same."""
_GRID = 48
_POINTS = 400
"""Points of a surface that are looked at."""
_STEP = 0.02
"""Of the differences that give ∇F, in domain units."""


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """The factor c, and what is known of it; lengths have no part in it."""

    factor: float
    """1 where it could not be calibrated: see `frames`."""
    frames: int
    """Hidden frames that it is of."""
    before: float
    """Share of their points within 2 u with c = 1; NaN without frames."""
    coverage: float
    """Share of the points of a frame within 2 u with the factor of the other frames; NaN with fewer than two."""

    def words(self) -> str:
        """For people who read the export's record."""
        if not self.frames:
            return "not calibrated: there is no hidden validation frame, or no spread over replicates"
        said = f"factor {self.factor:.3g} from {self.frames} hidden validation frames"
        if np.isnan(self.coverage):
            return f"{said}; coverage unknown, with one frame"
        return (
            f"{said}; {100 * self.coverage:.0f} % of the surface of a left-out frame lies within two of it "
            f"(without the factor {100 * self.before:.0f} %)"
        )


def calibrate(frames: Iterable[tuple[Ensemble, ShapeSequence, float]]) -> Calibration:
    """The calibration by hidden frames: ensemble, true sequence and time of each."""
    ratios = [found for ensemble, sequence, time in frames if len(found := _ratios(ensemble, sequence, time))]
    if not ratios:
        return Calibration(factor=1.0, frames=0, before=float("nan"), coverage=float("nan"))
    before = float(np.mean([(found <= WIDTH).mean() for found in ratios]))
    held = []
    for out in range(len(ratios)) if len(ratios) > 1 else ():
        factor = _factor(ratios[:out] + ratios[out + 1 :])
        held.append((ratios[out] <= WIDTH * factor).mean())
    coverage = float(np.mean(held)) if held else float("nan")
    return Calibration(factor=_factor(ratios), frames=len(ratios), before=before, coverage=coverage)


def displacement(ensemble: Ensemble, points: NDArray, time: float) -> NDArray:
    """s / (√R |∇F|) at domain coordinates `(V, d)`, in domain units: `(V,)`; NaN with fewer than two replicates.

    Of a single exported replicate s / |∇F|: it is one of the R, not their mean. Not yet times `ensemble.factor`.
    """
    values = ensemble.values(points, time)
    if len(values) < 2 or not len(points):
        return np.full(len(points), np.nan)
    squares = np.zeros(len(points))
    for axis in np.eye(ensemble.dimension):
        ahead, behind = (ensemble.exported_of(ensemble.values(points + s * _STEP * axis, time)) for s in (1, -1))
        squares += ((ahead - behind) / (2 * _STEP)) ** 2
    return ensemble.standard_error(values) / np.maximum(np.sqrt(squares), FLATTEST)


def on_lattice(ensemble: Ensemble, volume: Volume, points: NDArray) -> NDArray:
    """u at the lattice `points` `(a, b, …, d)` of a volume that is exact everywhere, in domain units; NaN outside the
    domain, and with fewer than two replicates."""
    squares = np.zeros(volume.value.shape)
    for axis, count in enumerate(volume.value.shape):
        if count > 1:
            first, second = (points.take(i, axis=axis) for i in (0, 1))
            step = float(np.linalg.norm(second - first, axis=-1).mean())
            squares += np.gradient(volume.value, step, axis=axis) ** 2
    count = len(volume.insides) if ensemble.exported is None else 1
    slope = np.where(np.isfinite(squares), np.maximum(np.sqrt(squares), FLATTEST), 1.0)  # at the domain's border
    return np.asarray(ensemble.factor * volume.deviation / np.sqrt(count) / slope, dtype=np.float32)


def looked_at(ensemble: Ensemble, time: float) -> NDArray:
    """At most 400 points of the exported surface, evenly from all of them: `(V, d)`, domain coordinates."""
    d = ensemble.dimension
    grid = _GRID if d == SPACE else FINER * _GRID
    vertices = surface(narrow_band(ensemble.field, [time], grid, dimension=d).values[0].numpy()).vertices
    vertices = np.asarray(vertices)[((vertices >= LOWER) & (vertices <= UPPER)).all(axis=1)]
    return vertices[:: max(1, -(-len(vertices) // _POINTS))]


def distances(sequence: ShapeSequence, points: NDArray, time: float) -> NDArray:
    """Of points `(V, d)` from the true surface, `(V,)`, in domain units."""
    found: NDArray = sequence.sdf(torch.from_numpy(np.ascontiguousarray(points, np.float32)), time).abs().numpy()
    return found


def _ratios(ensemble: Ensemble, sequence: ShapeSequence, time: float) -> NDArray:
    """Distance over displacement at the points of a surface that are looked at, where both are known."""
    points = looked_at(ensemble, time)
    if not len(points):
        return np.empty(0)
    own = displacement(ensemble, points, time)
    if not (own > NO_SPREAD).any():  # also where there is none: NaN
        return np.empty(0)
    found = distances(sequence, points, time) / np.maximum(own, 1e-9)
    return found[np.isfinite(found)]


def _factor(ratios: list[NDArray]) -> float:
    """So that the share of points within 2 u is as wanted, every frame counting the same."""
    values = np.concatenate(ratios)
    weights = np.concatenate([np.full(len(found), 1 / len(found)) for found in ratios])
    order = np.argsort(values)
    reached = np.cumsum(weights[order]) / weights.sum()
    return float(values[order][np.searchsorted(reached, SHARE)]) / WIDTH
