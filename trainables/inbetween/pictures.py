"""Stacks of frames in one file, NaN where there is no data, and what is known of the motion between them."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from trainables import files
from trainables.files import read

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, kw_only=True)
class Pictures:
    """S stacks of T frames."""

    frames: Array
    """(S, T, H, W) float32; NaN where there is no data."""
    span: float
    """Range of values that PSNR and SSIM refer to."""
    unit: str = ""
    hidden: Array | None = None
    """(H, W) boolean: pixels of a last image that no method is shown."""
    displacement: Array | None = None
    """(S, T, H, W, 2) float32: how far what is at a pixel has come since frame 0, x and y in pixels; if known."""
    metadata: dict[str, Any] = field(default_factory=dict)
    """Of the source: `tags` of its GeoTIFF file, `scale` pixels of it in one of ours, `offset` (x, y) in its pixels,
    `kind` the type of its grey levels, which are scaled to [0, 1] here."""

    def to_bytes(self) -> bytes:
        """As `opened` reads it."""
        buffer = io.BytesIO()
        optional: dict[str, Any] = {"hidden": self.hidden, "displacement": self.displacement}
        np.savez_compressed(
            buffer, frames=self.frames, span=np.float64(self.span), unit=np.array(self.unit),
            metadata=np.array(json.dumps(self.metadata)), **{k: v for k, v in optional.items() if v is not None},
        )  # fmt: skip
        return buffer.getvalue()

    def reduced(self, factor: int) -> Pictures:
        """Means of `factor` × `factor` pixels, without data where one has none; displacements in the new pixels."""
        if factor == 1:
            return self
        moved = None if self.displacement is None else self.displacement.swapaxes(-1, -2).swapaxes(-2, -3)
        return Pictures(
            frames=_means(self.frames, factor), span=self.span, unit=self.unit,
            hidden=None if self.hidden is None else _means(self.hidden.astype(np.float32), factor) > 0,
            displacement=None if moved is None else np.moveaxis(_means(moved, factor) / factor, -3, -1),
            metadata=self.metadata | {"scale": factor * self.metadata.get("scale", 1)},
        )  # fmt: skip

    def pair(self, stack: int, start: int, end: int) -> Pair:
        """The two shown frames `start` and `end`."""
        first, last = self.frames[stack, start], self.frames[stack, end]
        nothing = np.isnan(first) | np.isnan(last)
        shown = last if self.hidden is None else np.where(self.hidden, np.float32(np.nan), last)
        return Pair(first=first, last=shown, no_data=nothing)


@dataclass(frozen=True, kw_only=True)
class Pair:
    """What a method is shown: two images `(H, W)`, NaN where they have no data or are hidden."""

    first: Array
    last: Array
    no_data: Array
    """(H, W) boolean: where one of the images has no data. No method says anything there."""

    def filled(self) -> tuple[Array, Array]:
        """Both images, each taken from the other where it has nothing; NaN where neither has data."""
        return (
            np.where(np.isnan(self.first), self.last, self.first),
            np.where(np.isnan(self.last), self.first, self.last),
        )


def cached(pictures: Pictures) -> str:
    """The file in the cache that holds the pictures, named after its content."""
    content = pictures.to_bytes()
    return files.cached("pictures", f"{hashlib.sha256(content).hexdigest()[:32]}.npz", content)


def _means(values: Array, factor: int) -> Array:
    """Block means over the last two axes; what is left over at their ends is cut off."""
    height, width = (n // factor for n in values.shape[-2:])
    cut = values[..., : height * factor, : width * factor]
    means: Array = cut.reshape(*values.shape[:-2], height, factor, width, factor).mean((-3, -1), dtype=np.float64)
    return means.astype(np.float32)


@lru_cache(maxsize=4)
def opened(file: str, downsampling: int = 1) -> Pictures:
    """The pictures that a file of `kept` holds, reduced; FileNotFoundError if there is none. Nothing is unpickled."""
    if downsampling > 1:
        return opened(file).reduced(downsampling)
    content = read(file)
    if content is None:
        raise FileNotFoundError(file)
    with np.load(io.BytesIO(content), allow_pickle=False) as saved:
        return Pictures(
            frames=saved["frames"], span=float(saved["span"]), unit=str(saved["unit"]),
            hidden=saved.get("hidden"), displacement=saved.get("displacement"),
            metadata=json.loads(str(saved["metadata"])),
        )  # fmt: skip
