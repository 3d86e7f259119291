"""Label planes in PNG files: grey of up to 16 bits, black and white, or a palette, whose indices are the labels; grey
that is saved as colours, too, where all of them are equal and nothing is transparent."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainables.shapes.bad_data import BadData

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

SUFFIXES = (".png",)


def read_picture(file: Path) -> Array:
    """The labels `(y, x)` of a picture; raises BadData."""
    import numpy as np
    from PIL import Image

    try:
        with Image.open(file) as picture:
            mode, found = picture.mode, np.array(picture)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise BadData(f"{file}: cannot be read as PNG ({error}); the file is damaged, copy it again") from None
    if found.ndim == 3:
        found = _as_grey(found)
    if found.ndim != 2:
        raise BadData(f"{file}: a picture in colours ({mode}), but labels are grey; save the labels, not their picture")
    return found


def _as_grey(picture: Array) -> Array:
    """The one channel `(y, x)` of a picture `(y, x, c)` whose colours are all equal and that is wholly opaque, or the
    picture."""
    count = picture.shape[-1]
    colours, opacity = (picture[..., :-1], picture[..., -1:]) if count in (2, 4) else (picture, None)
    opaque = opacity is None or bool((opacity == opacity.flat[0]).all() and opacity.flat[0])
    return colours[..., 0] if opaque and bool((colours == colours[..., :1]).all()) else picture
