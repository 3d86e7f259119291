"""Sinkhorn's algorithm for the three problems behind a debiased divergence: (a, b), (a, a) and (b, b).

Four potentials travel as one tensor ``[4, B, grid]``: f on a and g on b of the problem (a, b), f_self and
g_self of the symmetric ones. Each is the (damped) soft minimum of its partner,

    f ← softmin_ε(log b + g / ε) / (1 + ε/ρ),     no damping (ρ = ∞) if balanced

where f and g are each other's partners, and f_self and g_self their own (Feydy 2020, thesis, section 3.3;
Séjourné et al. 2019, arXiv 1910.12958, for ρ).

Shapes: B = batch, [grid] = n1[, n2[, n3]].
"""

import math
from typing import NamedTuple

import torch

from trainables.transport.grid import Grid
from trainables.transport.softmin import Softmin, softmin

# For each potential, its partner, and the measures (0: a, 1: b) that it lives on and is a sum over.
_PARTNER = [1, 0, 2, 3]
_ON = [0, 1, 0, 1]
_OVER = [1, 0, 0, 1]
# A plan that is far from its marginals may be so by any factor; beyond this exponent it is not told how far.
_LARGEST_EXPONENT = 50


class Problem(NamedTuple):
    """The measures of B problems, and the updates of their potentials."""

    weights: torch.Tensor  # [2, B, grid]
    logs: torch.Tensor  # [2, B, grid]
    grid: Grid
    rho: float | None
    softmin: Softmin = softmin

    def damping(self, epsilon: float) -> float:
        return 1.0 if self.rho is None else 1 / (1 + epsilon / self.rho)

    def transform(self, h: torch.Tensor, epsilon: float) -> torch.Tensor:
        """Damped soft minimum of any number of measures: ``[k, B, grid]`` → ``[k, B, grid]``."""
        potential = self.softmin(h.flatten(0, 1), self.grid, epsilon).view(h.shape)
        return potential if self.rho is None else potential.mul_(self.damping(epsilon))

    def update(self, potentials: torch.Tensor, epsilon: float) -> torch.Tensor:
        """All four potentials at once, each from its partner's old value."""
        sources = self.logs[_OVER]
        return self.transform(sources.add_(potentials[_PARTNER], alpha=1 / epsilon), epsilon)

    def errors(self, old: torch.Tensor, new: torch.Tensor, epsilon: float) -> torch.Tensor:
        """Marginal errors ``[4, B]`` of the plans of the old potentials; the new ones are their updates."""
        return _marginal_error(self.weights[_ON], old, new, epsilon)


def _marginal_error(weights: torch.Tensor, old: torch.Tensor, new: torch.Tensor, epsilon: float) -> torch.Tensor:
    """The plan's marginal is weights · exp((old − new) / ε); its ℓ¹ distance to the weights, ``[k, B]``."""
    wrong = ((old - new) / epsilon).clamp_(max=_LARGEST_EXPONENT).expm1_().abs_()
    return (weights * wrong).flatten(2).sum(-1) / weights.flatten(2).sum(-1)


def anneal(
    problem: Problem, schedule: list[float], start: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Symmetric, averaged updates, one a temperature, and then a plain one at the last.

    It begins with potentials ``[4, B, grid]``, or else with an update of none at the first temperature.

    Returns:
      Potentials before and after that plain one, both ``[4, B, grid]``.
    """
    potentials = problem.transform(problem.logs[_OVER], schedule[0]) if start is None else start
    for epsilon in schedule:
        potentials = problem.update(potentials, epsilon).add_(potentials).mul_(0.5)
    return potentials, problem.update(potentials, schedule[-1])


def converge(
    problem: Problem, potentials: torch.Tensor, epsilon: float, tolerance: float, cap: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Iterates at one temperature until each batch item is within the tolerance, or the cap is reached.

    The problem (a, b) alternates, which is quicker than averaging and leaves one marginal exact; the
    symmetric problems average, which is quicker than alternating. Items that are done leave the batch.

    Returns:
      Potentials ``[4, B, grid]``, marginal errors ``[B]``, iterations ``[B]``.
    """
    result = potentials.clone()
    error = potentials.new_full((potentials.shape[1],), math.inf)
    iterations = torch.zeros_like(error, dtype=torch.long)
    active = torch.arange(potentials.shape[1], device=potentials.device)
    for iteration in range(1, cap + 1):
        log_a, log_b = problem.logs
        _, g, f_self, g_self = potentials
        sources = torch.stack([log_b + g / epsilon, log_a + f_self / epsilon, log_b + g_self / epsilon])
        f, f_next, g_next = problem.transform(sources, epsilon)
        (g_new,) = problem.transform((log_a + f / epsilon)[None], epsilon)
        new = torch.stack([g_new, f_next, g_next])
        current = _marginal_error(problem.weights[_ON[1:]], potentials[1:], new, epsilon).amax(0)
        potentials = torch.stack([f, g_new, (f_self + f_next) / 2, (g_self + g_next) / 2])

        done = current <= tolerance
        if iteration == cap:
            done = torch.ones_like(done)
        if bool(done.any()):
            result[:, active[done]] = potentials[:, done]
            error[active[done]] = current[done]
            iterations[active[done]] = iteration
            left = ~done
            if not bool(left.any()):
                break
            active, potentials = active[left], potentials[:, left]
            problem = problem._replace(weights=problem.weights[:, left], logs=problem.logs[:, left])
    return result, error, iterations
