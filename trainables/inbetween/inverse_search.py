"""`dis`, dense inverse search: patches look for where they went, from coarse to fine (Kroeger 2016).

Both images are halved until little of them is left; from there on, level by level, every patch T of the reference goes
down the squared difference from where the level above sent it,

    u ← u − H⁻¹ Σ ∇T (I(x + u) − T)      H = Σ ∇T ∇Tᵀ, T and I less their means over the patch

which is inverse in that gradients and H are the reference's, and computed once. Patches then take what fits them better
of their neighbours' u, and search again. The flow of a pixel is the mean of u over the patches on it, weighted by
1 / |I(x + u) − T|.

Neighbours are not in the paper, and its variational refinement is not here: a Gaussian in its place was as good
(measured). The whole is ours, in NumPy: OpenCV, which has it too, brings 150 MB.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from trainables.inbetween.pictures import Array

SIDE = 8
"""Of a patch, in pixels."""
_STRIDE = 4
"""Between patches, in pixels."""
_COARSEST = 2 * SIDE
"""Shorter side of the coarsest level, at least."""
_STEPS = 5
"""Of a search, at most."""
_ROUNDS = 4
"""Times that neighbours are asked, and the search begins again."""
_NEIGHBOURS = ((1, 0), (-1, 0), (0, 1), (0, -1))
_FLAT = 1e-4
"""Added to the diagonal of H, so that a patch without structure stays where it was sent; images are in [0, 1]."""
_EQUAL = 1 / 255
"""Differences below are none."""
_SMOOTH = 2.0
"""Standard deviation of the Gaussian, in pixels."""


def inverse_search(reference: Array, moving: Array) -> Array:
    """The flow `(2, H, W)`, y and x in pixels, for which moving(x + flow) is reference(x): `(H, W)`, values in [0, 1],
    none of them NaN."""
    levels = [(reference.astype(np.float64), moving.astype(np.float64))]
    while min(levels[-1][0].shape) // 2 >= _COARSEST:
        levels.append((_halved(levels[-1][0]), _halved(levels[-1][1])))
    flow = np.zeros((2, *levels[-1][0].shape))
    for first, last in reversed(levels):
        if flow.shape[1:] != first.shape:
            places = (np.indices(first.shape) - 0.5) / 2
            flow = 2 * np.stack([ndimage.map_coordinates(part, places, order=1, mode="nearest") for part in flow])
        flow = _level(first, last, flow)
    smooth: Array = np.stack([ndimage.gaussian_filter(part, _SMOOTH, mode="nearest") for part in flow])
    return smooth


def _halved(image: Array) -> Array:
    """Means of 2 × 2 pixels; an odd row or column at the end is left out."""
    height, width = (n // 2 for n in image.shape)
    means: Array = image[: 2 * height, : 2 * width].reshape(height, 2, width, 2).mean((1, 3))
    return means


def _level(reference: Array, moving: Array, flow: Array) -> Array:
    """The flow, improved."""
    patches = _Patches(reference, moving)
    u, cost = patches.searched(patches.middles(flow))
    for _ in range(_ROUNDS):
        for step in _NEIGHBOURS:
            theirs = patches.of_neighbours(u, step)
            fits = patches.cost(patches.left(theirs))
            u, cost = np.where(fits < cost, theirs, u), np.minimum(fits, cost)
        u, cost = patches.searched(u)
    return patches.spread(u)


class _Patches:
    """P patches of n pixels, which cover the reference; where they are looked for, u, is `(2, P)`."""

    def __init__(self, reference: Array, moving: Array) -> None:
        self.reference, self.moving = reference, moving
        self.side = min(SIDE, *reference.shape)
        axes = [np.unique([*range(0, n - self.side, _STRIDE), n - self.side]) for n in reference.shape]
        self.grid = (len(axes[0]), len(axes[1]))
        self.corners = np.stack(np.meshgrid(*axes, indexing="ij")).reshape(2, -1)
        self.pixels = self.corners[..., None] + np.indices((self.side, self.side)).reshape(2, 1, -1)  # (2, P, n)
        y, x = self.pixels
        self.template = _without_mean(reference[y, x])
        self.gradient = np.stack([_without_mean(part[y, x]) for part in np.gradient(reference)])
        self.yy, self.xx = (self.gradient**2).sum(-1) + _FLAT
        self.yx = self.gradient.prod(0).sum(-1)

    def middles(self, flow: Array) -> Array:
        """Of a flow `(2, H, W)`, what it says in the middle of each patch."""
        y, x = self.corners + self.side // 2
        found: Array = flow[:, y, x]
        return found

    def left(self, u: Array) -> Array:
        """What is left of the difference from the reference's patches, `(P, n)`."""
        return _without_mean(self._seen(u)) - self.template

    @staticmethod
    def cost(left: Array) -> Array:
        """`(P,)`."""
        squares: Array = np.einsum("pn,pn->p", left, left)
        return squares

    def searched(self, start: Array) -> tuple[Array, Array]:
        """Where each patch fits best that a search finds from `start`, and its cost: no step goes up, and none farther
        away than the patch is long."""
        u, left = start, self.left(start)
        cost = self.cost(left)
        for _ in range(_STEPS):
            y, x = np.einsum("dpn,pn->dp", self.gradient, left)
            step = np.stack([self.xx * y - self.yx * x, self.yy * x - self.yx * y])
            there = u - step / (self.yy * self.xx - self.yx**2)
            found = self.left(there)
            fits = self.cost(found)
            better = (fits < cost) & (np.linalg.norm(there - start, axis=0) <= self.side)
            if not better.any():
                break
            u, left = np.where(better, there, u), np.where(better[:, None], found, left)
            cost = np.where(better, fits, cost)
        return u, cost

    def of_neighbours(self, u: Array, step: tuple[int, int]) -> Array:
        """The u of the patch a step (rows, columns) further; at the border the patch's own."""
        rows, columns = (np.clip(np.arange(n) + by, 0, n - 1) for n, by in zip(self.grid, step, strict=True))
        found: Array = u.reshape(2, *self.grid)[:, rows[:, None], columns].reshape(2, -1)
        return found

    def spread(self, u: Array) -> Array:
        """The flow `(2, H, W)` of the pixels."""
        y, x = self.pixels
        weight = 1 / np.maximum(_EQUAL, np.abs(self._seen(u) - self.reference[y, x]))
        at, count = np.ravel_multi_index((y.ravel(), x.ravel()), self.reference.shape), self.reference.size
        total = np.bincount(at, weight.ravel(), count)
        flow = [np.bincount(at, (weight * part[:, None]).ravel(), count) / total for part in u]
        return np.stack(flow).reshape(2, *self.reference.shape)

    def _seen(self, u: Array) -> Array:
        """Values of the moving image where the patches are looked for, `(P, n)`."""
        values: Array = ndimage.map_coordinates(self.moving, self.pixels + u[..., None], order=1, mode="nearest")
        return values


def _without_mean(values: Array) -> Array:
    found: Array = values - values.mean(-1, keepdims=True)
    return found
