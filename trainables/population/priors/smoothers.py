"""Regression of the residual on the shown frames by a kernel, with a mean that is not penalised.

    w(x) = 1/N + κ(x)ᵀ (K + λ I)⁻¹ C,    C = I − 1 1ᵀ / N,    K = C k C,    κ(x) = C (k(x) − k 1 / N)

The residuals of sequences that are left out one by one need no refit (Craven and Wahba 1979): with the hat matrix
H = 1 1ᵀ / N + K (K + λ I)⁻¹ they are (r − H r)_n / (1 − H_nn). What is least in squares chooses λ, and whatever else a
kernel leaves open.

# N = known sequence, M = new sequence
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from trainables.population.priors.base import Array

STRENGTHS = tuple(float(10**exponent) for exponent in np.arange(-6, 3.01, 0.5))
"""λ to choose from, as shares of the mean of K's diagonal."""


def left_out(kernel: Array, penalty: float, residuals: Array) -> float:
    """Sum of squares of the residuals `(N, N)` (inner products) that the other sequences predict, each left out."""
    count = len(kernel)
    centred = _centred(kernel)
    hat = 1 / count + np.linalg.solve(centred + penalty * np.eye(count), centred)
    errors = (np.eye(count) - hat) / (1 - np.diag(hat))[:, None]
    return float(np.einsum("ij,jk,ik->", errors, residuals, errors))


def weights(kernel: Array, new: Array, penalty: float) -> Array:
    """Weights of the known sequences for the new ones, `(M, N)`, from k `(N, N)` and k(x) `(M, N)`."""
    count = len(kernel)
    centre = np.eye(count) - 1 / count
    found: Array = 1 / count + (new - kernel.mean(0)) @ centre @ np.linalg.solve(
        _centred(kernel) + penalty * np.eye(count), centre
    )
    return found


def best(kernels: Iterable[tuple[Array, Array]], residuals: Array) -> Array:
    """Weights `(M, N)` by the kernel, of pairs k and k(x), and the penalty with the least left-out error."""
    least, found = np.inf, np.empty(0)
    for kernel, new in kernels:
        scale = float(np.trace(_centred(kernel))) / len(kernel)
        for strength in STRENGTHS:
            penalty = strength * scale
            if penalty > 0 and (error := left_out(kernel, penalty, residuals)) < least:
                least, found = error, weights(kernel, new, penalty)
    if not found.size:  # sequences whose shown frames are all the same say nothing
        found = np.full(next(iter(kernels))[1].shape, 1 / len(residuals))
    return found


def _centred(kernel: Array) -> Array:
    found: Array = kernel - kernel.mean(0) - kernel.mean(1)[:, None] + kernel.mean()
    return found
