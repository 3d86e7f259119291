"""The debiased Sinkhorn divergence between measures on one grid.

    S_ε(a, b) = OT_ε(a, b) − ½ OT_ε(a, a) − ½ OT_ε(b, b) (+ ½ ε (|a| − |b|)² if unbalanced),  ε = blur^p

which stands for S_{p,ε} in the Sinkhorn regularizer (Martens 2025, eq. 3.7), with GeomLoss' cost |x − y|^p / p
and its annealing (Feydy 2020, thesis, section 3.3.3; Séjourné et al. 2019, arXiv 1910.12958, for the
unbalanced case).

Three modes. ``schedule`` visits GeomLoss' temperatures once and *is* the loss: at a blur far below the spacing
the annealing has not converged and must not be made to, for the converged value is an artefact of the grid.
``multiscale`` visits them too, but the high ones on coarser grids (`multiscale`): as near to the converged value, in
half of the time where the grid has 32 voxels or more along its axes. ``converged`` continues at the target temperature
until the marginals hold; it needs a blur of half a voxel.

Two backends, equal up to rounding: ``plain`` PyTorch (`dual`, `softmin`), the readable reference and the way on a
GPU, and ``compiled`` (`compiled`), for CPU tensors.

Shapes: B = batch, [grid] = n1[, n2[, n3]].
"""

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch

from trainables.transport import compiled, multiscale
from trainables.transport.checks import (
    Backend,
    check_blur,
    check_mass_one,
    check_measures,
    check_resolved,
    uses_compiled,
)
from trainables.transport.dual import Problem, anneal, converge
from trainables.transport.epsilon import epsilon_schedule
from trainables.transport.grid import Grid, Spacing
from trainables.transport.precision import without_autocast
from trainables.transport.softmin import log_weights, softmin

_DEFAULT_TOLERANCE = {torch.float32: 1e-3, torch.float64: 1e-6}
_DEFAULT_MAX_ITERATIONS = 2000


class Potentials(NamedTuple):
    """Dual potentials, each ``[B, grid]``, in units of the cost, without gradient."""

    f: torch.Tensor
    """On a, of the problem (a, b)."""
    g: torch.Tensor
    """On b, of the problem (a, b)."""
    f_self: torch.Tensor
    """On a, of the problem (a, a)."""
    g_self: torch.Tensor
    """On b, of the problem (b, b)."""


@dataclass(frozen=True)
class SinkhornDivergence:
    """The outcome of `sinkhorn_divergence`."""

    value: torch.Tensor
    """``[B]`` the divergence, in units of the cost (domain units to the power p), differentiable in a and b
    (the gradient is meant for measures whose masses are held at 1: it is defined up to a constant)."""
    potentials: Potentials
    """What the value was made from."""
    iterations: torch.Tensor
    """``[B]`` number of updates of each potential, the first and the last included."""
    marginal_error: torch.Tensor
    """``[B]`` the largest over the three problems of the mass by which a marginal of the plan of the last
    potentials but one is wrong (ℓ¹, relative to the measure; if unbalanced, the same expression of the last
    change)."""
    converged: torch.Tensor
    """``[B]`` whether the marginal error is within the tolerance; in mode ``schedule`` it often is not, and
    need not be."""


@without_autocast
def sinkhorn_divergence(
    a: torch.Tensor,
    b: torch.Tensor,
    spacing: Spacing,
    blur: float = 0.05,
    p: int = 2,
    scaling: float = 0.5,
    reach: float | None = None,
    mode: Literal["schedule", "multiscale", "converged"] = "schedule",
    tolerance: float | None = None,
    max_iterations: int | None = None,
    start: Potentials | None = None,
    backend: Backend = "auto",
) -> SinkhornDivergence:
    """Debiased Sinkhorn divergence of B pairs of measures on one grid; empty voxels are welcome.

    The gradient is that of the envelope theorem, the difference of two potentials: exact at convergence,
    GeomLoss' own in mode ``schedule``. At a blur far below the spacing that is not the derivative of the value,
    since the schedule has not converged: between close shapes it is about half of it (consecutive frames of the
    published setting, blur 0.05 on a spacing of 0.6: 0.48; with a blur of 0.6, 0.95). There is no second
    derivative. Within `torch.autocast` it is computed in the measures' own precision.

    Args:
      a: ``[B, n1[, n2[, n3]]]`` nonnegative weights, float32 or float64, of mass 1 unless `reach` is given.
      b: the same shape, type and device.
      spacing: distance of neighbouring voxels, one for all or one per axis, domain units.
      blur: length over which entropy smears mass, domain units.
      p: exponent of the cost: 2 for ½‖x − y‖², 1 for ℓ¹ (GeomLoss' p = 1 is Euclidean: the same in
        1D only).
      scaling: ratio of two successive lengths of the annealing, in (0, 1).
      reach: length beyond which mass is rather created and destroyed than moved, domain units. None:
        balanced.
      mode: ``schedule``, ``multiscale`` or ``converged``, see above.
      tolerance: marginal error that counts as converged; None: 1e-3 in float32, 1e-6 in float64.
      max_iterations: cap on the updates at the target temperature (mode ``converged`` only); None: 2000.
      start: potentials to start from instead of annealing (mode ``converged`` only): those of nearly the same
        measures, as of the last step of a training run. Where a step moves them little (learning rate 1e-4)
        this saves a third to a half of the time; where it moves them much (5e-4), nothing. At a tolerance of
        1e-4 the sum over the pairs of a training step is that of a cold start within 1e-4; at float32's
        default it may be off by 2e-3.
      backend: ``auto`` is ``compiled`` for tensors on the CPU, ``plain`` elsewhere.

    Raises:
      ValueError: for any wrong input, before any work.
    """
    grid = _checked(a, b, spacing, blur, p, scaling, reach, mode, tolerance, max_iterations)
    if start is not None:
        _check_start(start, a, mode)
    fast = uses_compiled(backend, a)
    tolerance = _DEFAULT_TOLERANCE[a.dtype] if tolerance is None else tolerance
    epsilon = blur**p
    rho = None if reach is None else reach**p
    weights = torch.stack([a.detach(), b.detach()])
    problem = Problem(weights, log_weights(weights), grid, rho, compiled.softmin if fast else softmin)

    with torch.no_grad():
        iterations = torch.zeros(len(a), dtype=torch.long, device=a.device)
        if start is None:
            schedule = epsilon_schedule(grid.diameter, blur, scaling, p)
            annealed = compiled.anneal if fast else anneal
            if mode == "multiscale":
                last, potentials = multiscale.anneal(problem, schedule, annealed)
            else:
                last, potentials = annealed(problem, schedule)
            iterations += len(schedule) + 1
        else:
            last = torch.stack(start).detach()
        if mode != "converged":
            error = problem.errors(last, potentials, epsilon).amax(0)
            iterations += 1
        else:
            cap = _DEFAULT_MAX_ITERATIONS if max_iterations is None else max_iterations
            potentials, error, more = converge(problem, last, epsilon, tolerance, cap)
            iterations += more

    return SinkhornDivergence(
        value=_value(a, b, potentials, epsilon, rho),
        potentials=Potentials(*potentials),
        iterations=iterations,
        marginal_error=error,
        converged=error <= tolerance,
    )


def _value(
    a: torch.Tensor, b: torch.Tensor, potentials: torch.Tensor, epsilon: float, rho: float | None
) -> torch.Tensor:
    """The dual value ``[B]``, whose derivative by the measures is that of the envelope theorem.

    Balanced: ⟨a, f − f_self⟩ + ⟨b, g − g_self⟩. Unbalanced (Séjourné et al., prop. 12): the potentials pass
    through φ = exp(−f_self/ρ) − exp(−f/ρ), the value is (ρ + ε/2) ⟨a, φ⟩ + …, its derivative is (ρ + ε) φ.
    """
    f, g, f_self, g_self = potentials
    if rho is None:
        return _inner(a, f - f_self) + _inner(b, g - g_self)
    on_a = torch.exp(-f_self / rho) - torch.exp(-f / rho)
    on_b = torch.exp(-g_self / rho) - torch.exp(-g / rho)
    differentiable = _inner(a, on_a) + _inner(b, on_b)
    return (rho + epsilon) * differentiable - epsilon / 2 * differentiable.detach()


def _inner(weights: torch.Tensor, potential: torch.Tensor) -> torch.Tensor:
    return (weights * potential).flatten(1).sum(-1)


def _checked(
    a: torch.Tensor,
    b: torch.Tensor,
    spacing: Spacing,
    blur: float,
    p: int,
    scaling: float,
    reach: float | None,
    mode: str,
    tolerance: float | None,
    max_iterations: int | None,
) -> Grid:
    if a.shape != b.shape:
        raise ValueError(f"a and b must have one shape, not {tuple(a.shape)} and {tuple(b.shape)}.")
    if a.dtype != b.dtype or a.device != b.device:
        raise ValueError(f"a and b must be alike, not {a.dtype} on {a.device} and {b.dtype} on {b.device}.")
    if mode not in ("schedule", "multiscale", "converged"):
        raise ValueError(f"The mode must be 'schedule', 'multiscale' or 'converged', not {mode!r}.")
    check_blur(blur)
    if not 0 < scaling < 1:
        raise ValueError(f"The scaling must be between 0 and 1, not {scaling}.")
    if reach is not None and not (math.isfinite(reach) and reach > 0):
        raise ValueError(f"The reach must be positive and finite, not {reach}.")
    if tolerance is not None and not tolerance > 0:
        raise ValueError(f"The tolerance must be positive, not {tolerance}.")
    if max_iterations is not None and (mode != "converged" or max_iterations < 1):
        raise ValueError(f"max_iterations must be positive, and for mode 'converged' only, not {max_iterations}.")
    check_measures("a", a, 1)
    check_measures("b", b, 1)
    if reach is None:
        check_mass_one("a", a, 1, " unless reach is given")
        check_mass_one("b", b, 1, " unless reach is given")
    grid = Grid.of(a.shape[1:], spacing, p)
    if mode == "converged":
        check_resolved("Mode 'converged'", blur, grid, 0.5)
    return grid


def _check_start(start: Potentials, a: torch.Tensor, mode: str) -> None:
    if mode != "converged":
        raise ValueError("A start is for mode 'converged' only: the schedule defines its loss, and is always cold.")
    if len(start) != 4 or any(potential.shape != a.shape for potential in start):
        raise ValueError(f"The start must be four potentials of the shape {tuple(a.shape)} of the measures.")
    if any(potential.dtype != a.dtype or potential.device != a.device for potential in start):
        raise ValueError(f"The start must be {a.dtype} on {a.device}, as the measures are.")
    if not all(bool(torch.isfinite(potential).all()) for potential in start):
        raise ValueError("The start must be finite, but has NaN or infinite potentials.")
