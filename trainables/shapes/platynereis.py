"""Growing cells in any number: what a published decoder makes of codes drawn at random (Wiesner 2024).

The decoder f(code, x, y, z, t) was trained on 33 recorded cells of the marine worm *Platynereis dumerilii*, 30 frames
each; its weights come with the program (`data/platynereis`, BSD-3-Clause). A code from N(0, σ²), σ from 0.001 to 0.01,
gives one cell that grows and changes its shape: learned, not recorded. At σ = 0.01 some codes give no cell at the first
time, at 0.03 shapes break up.

Its values are no distances: they are normalised, and cut at 1. So a frame is its zero level's largest piece, with
signed distances computed anew on a regular grid (`mask_to_sdf.redistanced`), and kept in the cache. All cells lie
within |x| ≤ 0.6 of the decoder's coordinates in [-1, 1], and that cube becomes the domain, one scale for all: cells
then have radii of about 0.9 at t = 0 and 1.8 at t = 1, domain units.

Use seeds below 1000; higher ones are kept for independent tests.
"""

from __future__ import annotations

import hashlib
import io
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from trainables.shapes.bad_data import BadData
from trainables.shapes.sequence import (
    LOWER,
    UPPER,
    ShapeSequence,
    grid_points,
    grid_spacing,
    resampled,
    trilinear,
)

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    Array = np.ndarray[Any, Any]

FRAMES = 30
"""Of the recordings that the decoder was trained on."""
SIGMA = 0.003
"""Standard deviation of a code, where nothing else is said."""

_CODE = 64
_OMEGA = 30.0
_TAKES_CODE = (0, 4, 7)
"""Layers, counted from 0, that take the whole input again."""
_EXTENT = 0.6
"""Half of the side of the cube, in the decoder's coordinates, that becomes the domain."""
_COARSER = 3
"""How much coarser the grid is on which the surface is looked for."""
_BAND = 2.5
"""Grid points this near to the surface found there, in spacings, are evaluated."""
_CHUNK = 1 << 10
"""Points evaluated at once: a layer's values stay in the cache (16,384 take 1.5 times as long)."""


class Platynereis(ShapeSequence):
    """A growing cell, learned from recordings of *Platynereis dumerilii*."""

    name: ClassVar[str] = "platynereis"

    seed: int = Field(0, ge=0, description="of the code; those from 1000 are kept for independent tests")
    sigma: float = Field(SIGMA, ge=0, le=0.01, description="standard deviation of the code; 0: the mean cell")
    resolution: int = Field(64, ge=16, le=256, description="points along each axis on which distances are kept")

    @classmethod
    def example(cls) -> Platynereis:
        return cls(resolution=24)

    @property
    def label(self) -> str:
        other = "" if self.sigma == SIGMA else f" sigma={self.sigma:g}"
        return f"{self.name}-{self.seed:03d}{other}"

    @property
    def origin(self) -> str:
        return self.model_dump_json(exclude={"resolution"})

    def code(self) -> Array:
        """The latent code, `(64,)` float32."""
        import numpy as np

        return (self.sigma * np.random.default_rng(self.seed).standard_normal(_CODE)).astype("float32")

    def sdf(self, points: Tensor, time: float) -> Tensor:
        """Trilinear between the grid's points; beyond the domain the distance to the domain is added.

        Raises BadData if there is no cell at that time.
        """
        import torch

        volume = torch.from_numpy(_volume(self.seed, self.sigma, self.resolution, float(time))).to(points)
        return trilinear(volume, points) + (points - points.clamp(LOWER, UPPER)).norm(dim=-1)


def cells(count: int, first: int = 0, resolution: int = 64) -> list[ShapeSequence]:
    """The cells of `count` seeds from `first` on."""
    return [Platynereis(seed=seed, resolution=resolution) for seed in range(first, first + count)]


def times() -> list[float]:
    """Of the 30 frames, from 0 to 1."""
    return [i / (FRAMES - 1) for i in range(FRAMES)]


def published_field(code: Tensor, points: Tensor) -> Tensor:
    """The decoder's own values f at points `(P, 4)`, x, y, z and t in [-1, 1], of a code `(64,)`: `(P,)`.

    Sine layers of ω = 30; the coordinates enter every layer, the code the first, the fifth and the eighth.
    """
    import torch

    weights = _weights()
    last = len(weights) - 1
    hidden: Tensor | None = None
    for index, (weight, bias) in enumerate(weights):
        width = 0 if hidden is None else hidden.shape[1]
        if index in _TAKES_CODE:
            bias = bias + weight[:, width : width + _CODE] @ code
        value = torch.addmm(bias, points, weight[:, -4:].T)
        if hidden is not None:
            value = torch.addmm(value, hidden, weight[:, :width].T)
        hidden = value if index == last else torch.sin(_OMEGA * value)
    assert hidden is not None
    return hidden[:, 0]


@lru_cache(maxsize=1)
def _weights() -> list[tuple[Tensor, Tensor]]:
    """Weight `(out, in)` and bias `(out,)` of each layer."""
    import torch

    content = (resources.files("trainables.shapes") / "data" / "platynereis" / "model.pth").read_bytes()
    saved = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)["model_state_dict"]
    count = len(saved) // 2
    return [(saved[f"module.lin{i}.weight"], saved[f"module.lin{i}.bias"]) for i in range(count)]


@lru_cache(maxsize=512)
def _volume(seed: int, sigma: float, resolution: int, time: float) -> Array:
    """Signed distances on `grid_points(resolution)`, from the cache if they are there; `(n, n, n)` float16."""
    import numpy as np

    from trainables.files import cache_folder, read, write_atomically

    what = f"platynereis 1 {seed} {sigma!r} {resolution} {time!r}"
    file = str(cache_folder() / "sequences" / f"{hashlib.sha256(what.encode()).hexdigest()[:32]}.npy")
    content = read(file)
    if content is not None:
        try:
            kept: Array = np.load(io.BytesIO(content), allow_pickle=False)
        except (ValueError, EOFError):  # damaged: it is made again
            pass
        else:
            if kept.shape == (resolution,) * 3:
                return kept
    made = _computed(Platynereis(seed=seed, sigma=sigma, resolution=resolution), time)
    write_atomically(file, lambda opened: np.save(opened, made))
    return made


def _computed(cell: Platynereis, time: float) -> Array:
    """Signed distances of a cell at a time, `(n, n, n)` float16: 1e-4 near the surface, 2e-3 far from it."""
    from trainables.shapes.mask_to_sdf import redistanced

    field = _field_near_the_surface(cell, time)
    if not (field < 0).any():
        raise BadData(
            f"{cell.label} has no cell at time {time:.4g}: its code gives none there; choose another seed, or a "
            "smaller sigma"
        )
    return redistanced(_one_piece(field), grid_spacing(cell.resolution)).astype("float16")


def _field_near_the_surface(cell: Platynereis, time: float) -> Array:
    """The decoder's values on the grid; farther than some spacings from the surface those of a coarser grid."""
    import torch
    from scipy.ndimage import distance_transform_edt

    n, code = cell.resolution, torch.from_numpy(cell.code())

    def evaluated(x: Tensor) -> Tensor:
        points = torch.cat([x * (_EXTENT / UPPER), torch.full_like(x[:, :1], 2 * time - 1)], dim=1)
        return torch.cat([published_field(code, part) for part in points.split(_CHUNK)])

    coarse = max(16, n // _COARSER)
    field = resampled(evaluated(grid_points(coarse).view(-1, 3)).view((coarse,) * 3), n)
    inside = (field < 0).numpy()
    if inside.any():
        distance = distance_transform_edt(inside) + distance_transform_edt(~inside)
        near = torch.from_numpy(distance <= _BAND + 1)
        field[near] = evaluated(grid_points(n)[near])
    values: Array = field.numpy()
    return values


def _one_piece(field: Array) -> Array:
    """The field without all pieces but the largest: what is nearer to another gets its distance to that one."""
    import numpy as np
    from scipy.ndimage import distance_transform_edt, label

    pieces, count = label(field < 0)
    if count == 1:
        return field
    largest = pieces == 1 + int(np.bincount(pieces.ravel())[1:].argmax())
    to_it = distance_transform_edt(~largest)
    others = distance_transform_edt((pieces == 0) | largest) < to_it
    return np.where(others, to_it, field).astype("float32")
