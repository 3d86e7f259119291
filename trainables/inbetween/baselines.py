"""Methods without a network, behind the same interface: blending, warping by an optical flow, optimal transport.

Where only one of the two images has something, every one of them takes that image.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from trainables.inbetween.windows import WindowsConfiguration


class LinearBlending(WindowsConfiguration):
    """(1 − t) X₀ + t X₁."""

    implementation: ClassVar[str] = "trainables.inbetween.blending:Blending"


class FlowWarping(WindowsConfiguration):
    """Both images warped to the time by the optical flow between them, then blended."""

    implementation: ClassVar[str] = "trainables.inbetween.flow:Warping"

    algorithm: Literal["dis", "ilk", "tvl1"] = Field(
        "dis", description="dense inverse search, or of scikit-image: Lucas-Kanade or TV-L1"
    )
    radius: int = Field(7, ge=1, le=63, description="of the windows of `ilk`, in pixels")
    attachment: float = Field(15.0, gt=0, description="of `tvl1` to the data")


class RegisteredFlow(FlowWarping):
    """The turn, scale and shift of the whole image first, then the flow that is left."""

    implementation: ClassVar[str] = "trainables.inbetween.registered:Registering"


class TransportInterpolation(WindowsConfiguration):
    """The Wasserstein barycenter of the two images as measures, its mass and lowest value restored."""

    implementation: ClassVar[str] = "trainables.inbetween.transport:Transporting"

    blur: float = Field(1.0, ge=1, description="entropic blur of the barycenters, in pixels")


def references(**fields: Any) -> dict[str, WindowsConfiguration]:
    """All of them by the name of their method."""
    return {
        "linear-blend": LinearBlending(**fields),
        "optical-flow": FlowWarping(**fields),
        "registered-flow": RegisteredFlow(**fields),
        "transport": TransportInterpolation(**fields),
    }
