"""Frames, latents and fields to look at, as rows of the table `surfaces`."""

from __future__ import annotations

from typing import Any

import numpy as np

from trainables.inbetween.pictures import Array, Pair
from trainables.inbetween.predicted import Predicted

MOMENTS = 9
"""Evenly spaced times that are kept, beside those of the frames."""


def display_rows(
    predicted: Predicted, pair: Pair, truth: dict[float, Array], roles: dict[float, str], label: str
) -> list[dict[str, Any]]:
    """`sequence, time, role, kind, picture, height, width` of every time.

    `kind` is `true`, `predicted`, `latent` or `field`. `picture` is the bytes of a float32 array `(height, width)`, of
    a field `(height, width, 2)`: x and y in pixels per unit of time. NaN where there is no data. The `role` is empty at
    times that have no true frame.
    """
    times = sorted({*truth, *(round(i / (MOMENTS - 1), 9) for i in range(MOMENTS))})
    rows = []
    for time in times:
        images: dict[str, Array | None] = {
            "true": truth.get(time),
            "predicted": predicted.frame(time),
            "latent": predicted.latent(time),
            "field": predicted.velocity(time),
        }
        for kind, image in images.items():
            if image is not None:
                shown = image if kind == "true" else _without(image, pair.no_data)
                height, width = shown.shape[:2]
                rows.append(
                    {
                        "sequence": label,
                        "time": time,
                        "role": roles.get(time, ""),
                        "kind": kind,
                        "picture": np.ascontiguousarray(shown, dtype="<f4").tobytes(),
                        "height": height,
                        "width": width,
                    }
                )
    return rows


def _without(image: Array, no_data: Array) -> Array:
    """NaN where there is no data."""
    return np.where(no_data if image.ndim == 2 else no_data[..., None], np.float32(np.nan), image)
