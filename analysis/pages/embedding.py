"""Figures in a page: as WebP, and as sharp as the page's size allows."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis.figures import Drawing

if TYPE_CHECKING:
    from PIL.Image import Image

LARGEST = 5_900_000
"""Bytes of a page."""
LIBRARY = 2_050_000
"""Of the viewer without its meshes: plotly.js, compressed."""
TEXT = 450_000
FOR_SURFACES = (900_000, 2_000_000)
"""The fewest and the most bytes that meshes get."""
PICTURES = ("first", "surfaces")
"""Sections whose figures are pictures of things, not lines and letters."""
LONGEST = 16_383
"""Pixels of a side of a WebP picture."""
QUALITIES = (80, 60, 40)
_SMALLER = 0.7
_COLOURS = 256


@dataclass
class _Encoded:
    drawing: Drawing
    content: bytes
    tried: int = 0
    """How many times it has been made smaller."""


def for_figures(in_3d: bool) -> int:
    """Bytes that figures may take of a page with the viewer, or without."""
    return LARGEST - TEXT - (LIBRARY + FOR_SURFACES[0] if in_3d else 0)


def for_surfaces(shown: Sequence[dict[str, Any]]) -> int:
    """Bytes that are left for meshes beside the figures that :func:`embedded` returned."""
    least, most = FOR_SURFACES
    return max(least, min(most, LARGEST - TEXT - LIBRARY - sum(len(one["source"]) for one in shown)))


def embedded(drawings: Sequence[Drawing], allowed: int = LARGEST - TEXT) -> list[dict[str, Any]]:
    """Per figure the ``drawing`` and its ``source``, a data URI, empty where nothing was drawn. Together they are at
    most ``allowed`` bytes as far as that can be had: the largest are compressed further until they are."""
    found = [_Encoded(drawing, _first(drawing)) for drawing in drawings]
    while _as_text(found) > allowed:
        left = [one for one in found if one.tried < len(QUALITIES) + 1 and one.content]
        if not left:
            break
        _again(max(left, key=lambda one: len(one.content)))
    return [{"drawing": one.drawing, "source": _uri(one.content)} for one in found]


def _as_text(found: Sequence[_Encoded]) -> int:
    return sum(len(one.content) * 4 // 3 for one in found)


def _uri(content: bytes) -> str:
    return f"data:image/webp;base64,{base64.b64encode(content).decode()}" if content else ""


def _first(drawing: Drawing) -> bytes:
    """Lines and letters in 256 colours without loss, pictures with a loss that is not seen."""
    if not drawing.png:
        return b""
    image = _opened(drawing)
    if drawing.section in PICTURES:
        return _webp(image, quality=QUALITIES[0])
    from PIL import Image

    return _webp(image.quantize(_COLOURS, dither=Image.Dither.NONE).convert("RGB"), lossless=True)


def _again(one: _Encoded) -> None:
    """Smaller: with more loss, at last with fewer pixels."""
    image = _opened(one.drawing)
    if one.tried < len(QUALITIES):
        content = _webp(image, quality=QUALITIES[one.tried])
    else:
        width, height = (round(_SMALLER * side) for side in image.size)
        content = _webp(image.resize((width, height)), quality=QUALITIES[-1])
    one.tried += 1
    if len(content) < len(one.content):
        one.content = content


def _opened(drawing: Drawing) -> Image:
    from PIL import Image

    image = Image.open(io.BytesIO(drawing.png)).convert("RGB")
    if max(image.size) > LONGEST:
        image.thumbnail((LONGEST, LONGEST))
    return image


def _webp(image: Image, **how: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format="webp", method=4, **how)
    return buffer.getvalue()
