"""Pictures as scikit-image reads them: PNG, JPEG, BMP; one image a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from trainables.inbetween.image_readers.base import ImageReader
from trainables.inbetween.pictures import Array
from trainables.shapes.bad_data import BadData


class Pictures(ImageReader):
    """One image a file."""

    name: ClassVar[str] = "pictures"
    suffixes: ClassVar[tuple[str, ...]] = (".png", ".jpg", ".jpeg", ".bmp")

    @classmethod
    def read(cls, file: Path) -> tuple[list[Array], dict[str, Any]]:
        from skimage.io import imread

        try:
            return [np.asarray(imread(file))], {}
        except Exception as error:  # what a decoder raises on a broken file is not documented
            raise BadData(f"{file}: cannot be read as an image ({error}); the file is damaged, copy it again") from None

    @classmethod
    def written(cls, frames: Array, folder: Path) -> list[Path]:
        from skimage.io import imsave

        for suffix in (".png", ".bmp"):
            (folder / suffix[1:]).mkdir()
            for number, frame in enumerate(frames):
                imsave(folder / suffix[1:] / f"t{number}{suffix}", frame, check_contrast=False)
        return [folder / "png", folder / "bmp"]
