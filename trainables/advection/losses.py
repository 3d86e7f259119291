"""The terms of Han 2023, eqs. 7 to 9: means over patches and over pixels with data, sums over time steps as written.

    dynamics     |ψ(z_N) − X₁|²
    autoencoder  |X₀ − ψ(z_0)|² + |z_N − φ(X₁)|²        z_N: the advected latent
    magnitude    Σ_k |w_k|² over the N fields (its sum names N + 1 times; a field leads from each to the next), of
                 what is added to their start, where they have one
    smoothness   Σ_k |w_k − w_{k−1}|² over the N − 1 pairs: over time only

In image space, where φ and ψ are the identity, the autoencoder's term says nothing new and is left out.
"""

from __future__ import annotations

import torch
from torch import Tensor

from trainables.advection.networks import Model
from trainables.advection.patches import Patches


def terms(model: Model, patches: Patches, latent: bool) -> dict[str, Tensor]:
    """The unweighted terms of P pairs of patches, one number each."""
    added = model.fields(patches.first)
    fields = patches.begun(added)
    if latent:
        # Both images together, which is faster than one after the other.
        before, meant = model.encode(torch.cat([patches.first, patches.last])).chunk(2)
        after = model.evolve(before, fields)[:, -1]
        again, last = model.decode(torch.cat([before, after])).chunk(2)
    else:
        last = model.evolve(patches.first, fields)[:, -1]
    found = {"dynamics": _mean((last - patches.last).square(), patches.last_known)}
    if latent:
        found["autoencoder"] = _mean((again - patches.first).square(), patches.first_known)
        found["autoencoder"] = found["autoencoder"] + _mean((after - meant).square(), patches.last_known)
    found["magnitude"] = added.square().sum((1, 2)).mean()
    found["smoothness"] = fields.diff(dim=1).square().sum((1, 2)).mean()
    return found


def _mean(values: Tensor, known: Tensor) -> Tensor:
    return (values * known).sum() / known.sum().clamp_min(1)
