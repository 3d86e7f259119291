"""`optical-flow`: both images warped towards the time and blended.

With the flows f from X₀ to X₁ and g from X₁ to X₀, X₁(x + f) = X₀(x) and X₀(x + g) = X₁(x), and motion taken to be
straight and steady:

    X_t(x) = (1 − t) X₀(x + t g) + t X₁(x + (1 − t) f)

An optical flow knows of no gaps: where an image has none of its pixels, the flow is the mean of the known around it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import numpy as np
from scipy import ndimage
from skimage.registration import optical_flow_ilk, optical_flow_tvl1

from trainables.inbetween.baselines import FlowWarping
from trainables.inbetween.inverse_search import inverse_search
from trainables.inbetween.method import Method
from trainables.inbetween.pictures import Array, Pair
from trainables.inbetween.predicted import Predicted
from trainables.inbetween.windows import WindowsConfiguration

_REACH = 16.0
"""Pixels over which a flow is carried into a gap."""

ALGORITHMS: dict[str, Callable[[Array, Array, FlowWarping], Array]] = {
    "dis": lambda reference, moving, _: inverse_search(reference, moving),
    "ilk": lambda reference, moving, c: optical_flow_ilk(reference, moving, radius=c.radius),
    "tvl1": lambda reference, moving, c: optical_flow_tvl1(reference, moving, attachment=c.attachment),
}
"""Name → the flow `(2, H, W)`, y and x, for which moving(x + flow) = reference(x); images in [0, 1], without gaps."""


class Warped(Predicted):
    """Both flows and what they make of the images."""

    def __init__(self, pair: Pair, configuration: FlowWarping) -> None:
        self.images = (pair.first, pair.last)
        known = np.isfinite(pair.first) & np.isfinite(pair.last)
        first, last = unit(pair)
        algorithm = ALGORITHMS[configuration.algorithm]
        self.backward = _bridged(algorithm(last, first, configuration), known)
        self.forward = _bridged(algorithm(first, last, configuration), known)

    def frame(self, time: float) -> Array:
        parts = [(1 - time, self.images[0], time * self.backward), (time, self.images[1], (1 - time) * self.forward)]
        total = np.zeros(self.images[0].shape)
        weight = np.zeros(self.images[0].shape)
        for share, image, flow in parts:
            values, known = sampled(image, flow)
            # A share of nothing still counts where the other image has nothing.
            total += np.where(known, max(share, 1e-6) * values, 0)
            weight += max(share, 1e-6) * known
        frame: Array = np.divide(total, weight, out=np.full_like(total, np.nan), where=weight > 0)
        return frame.astype(np.float32)

    def displacement(self, time: float) -> Array:
        displacement: Array = time * self.velocity(time)
        return displacement

    def velocity(self, time: float) -> Array:
        # What is at x in the last image was at x + g in the first: it moved by −g.
        velocity: Array = -self.backward[::-1].transpose(1, 2, 0).astype(np.float32)
        return velocity


class Warping(Method):
    """Nothing to train."""

    configuration_type: ClassVar[type[WindowsConfiguration]] = FlowWarping
    settings: FlowWarping

    def predicted(self, replicate: int, pair: int) -> Predicted:
        return Warped(self.pairs[pair], self.settings)


def unit(pair: Pair) -> tuple[Array, Array]:
    """Both images scaled to [0, 1], as the weights of scikit-image mean them; their mean where there is nothing."""
    both = np.stack([pair.first, pair.last])
    low, high = np.nanmin(both), np.nanmax(both)
    scaled = (both - low) / max(high - low, 1e-12)
    first, last = (np.where(np.isfinite(image), image, np.nanmean(scaled)).astype(np.float32) for image in scaled)
    return first, last


def _bridged(flow: Array, known: Array) -> Array:
    """The flow, carried into what is not known by a normalised Gaussian mean of what is."""
    if known.all() or not known.any():
        return flow
    weight = ndimage.gaussian_filter(known.astype(float), _REACH)
    means = [ndimage.gaussian_filter(np.where(known, part, 0), _REACH) / np.maximum(weight, 1e-12) for part in flow]
    bridged: Array = np.where(known, flow, np.stack(means))
    return bridged


def sampled(image: Array, flow: Array) -> tuple[Array, Array]:
    """The image at x + flow, bilinear and clamped to the border, and whether all that went into it is known."""
    places = np.indices(image.shape) + flow
    known = np.isfinite(image)
    values = ndimage.map_coordinates(np.where(known, image, 0), places, order=1, mode="nearest")
    if known.all():
        return values, known
    weight = ndimage.map_coordinates(known.astype(float), places, order=1, mode="nearest")
    return values / np.maximum(weight, 1e-12), weight > 0.5
