"""Three folders of TIFF files, `obj/ mask/ image/`, as SHAPR has its data (Waibel 2022).

A triplet is three files of one name: `obj/` holds the volume (n, n, n), depth first, `mask/` and `image/` the mask and
the image of its middle slice (n, n), TIFF or PNG. Volumes and masks are grey, 0 … 255, and cut at 127.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from trainables.reconstruction.readers.base import TripletReader
from trainables.reconstruction.triplets import THRESHOLD, Triplets
from trainables.shapes.bad_data import BadData
from trainables.shapes.readers.tiff import SUFFIXES, read_array

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

PNG = ".png"
"""Suffix of masks and images that are no TIFFs; volumes are."""
VOLUMES = "obj"
FOLDERS = (VOLUMES, "mask", "image")
SIDES = (16, 32, 64, 128)
"""Sides of volumes that the network's halvings and doublings fit."""


class ThreeFolders(TripletReader):
    """A folder with `obj/`, `mask/` and `image/`."""

    name: ClassVar[str] = "three-folders"
    accepts: ClassVar[str] = f"a folder that holds the folders {', '.join(FOLDERS)}"

    @classmethod
    def recognises(cls, path: Path) -> bool:
        return any((path / part).is_dir() for part in FOLDERS)

    @classmethod
    def read(cls, path: Path) -> Triplets:
        import numpy as np

        files = _files(path)
        volumes, masks, images = [], [], []
        for obj, mask, image in files.values():
            volume = _volume(obj)
            volumes.append(volume)
            masks.append(_mask(mask, volume.shape[0]))
            images.append(_image(image, volume.shape[0]))
            if volume.shape != volumes[0].shape:
                raise BadData(
                    f"{obj}: the volume has side {volume.shape[0]}, that of {next(iter(files))} has "
                    f"{volumes[0].shape[0]}; scale all volumes to one side"
                )
        if len({image.dtype for image in images}) > 1:
            images = [image.astype(np.float32) / (255.0 if image.dtype == np.uint8 else 1.0) for image in images]
        return Triplets(labels=list(files), volumes=np.stack(volumes), masks=np.stack(masks), images=np.stack(images))

    @classmethod
    def written(cls, triplets: Triplets, folder: Path) -> list[Path]:
        import tifffile

        for part, arrays in zip(FOLDERS, (triplets.volumes, triplets.masks, triplets.images), strict=True):
            (folder / part).mkdir(parents=True)
            for label, array in zip(triplets.labels, arrays, strict=True):
                tifffile.imwrite(folder / part / f"{label}.tif", array)
        return [folder]


def _files(folder: Path) -> dict[str, list[Path]]:
    """Name without suffix → volume, mask and image of that name, in alphabetical order."""
    missing = [part for part in FOLDERS if not (folder / part).is_dir()]
    if missing:
        raise BadData(f"{folder}: there is no folder {missing[0]} in it; it needs {', '.join(FOLDERS)}")
    found = {part: _named(folder / part) for part in FOLDERS}
    names = sorted(set().union(*found.values()))
    for name in names:
        absent = [part for part in FOLDERS if name not in found[part]]
        if absent:
            has = next(part for part in FOLDERS if name in found[part])
            also = "" if absent[0] == VOLUMES else f" or {name}{PNG}"
            raise BadData(
                f"{folder / absent[0]}: there is no {name}.tif{also}, which {has} has; a volume, its mask and its "
                "image have the same name"
            )
    return {name: [found[part][name] for part in FOLDERS] for name in names}


def _named(folder: Path) -> dict[str, Path]:
    """Name without suffix → file, of a folder that must have some."""
    found: dict[str, Path] = {}
    suffixes = SUFFIXES if folder.name == VOLUMES else (*SUFFIXES, PNG)
    for file in sorted(folder.iterdir()):
        if file.suffix.lower() in suffixes and not file.name.startswith("."):
            if file.stem in found:
                raise BadData(f"{folder}: there are two files called {file.stem}; leave one out")
            found[file.stem] = file
    if not found:
        kinds = "TIFF or PNG" if PNG in suffixes else "TIFF"
        raise BadData(f"{folder}: there is no {kinds} in it; give volumes as .tif, masks and images so or as .png")
    return found


def _volume(file: Path) -> Array:
    volume = _numbers(file, read_array(file))
    shape = " x ".join(str(size) for size in volume.shape)
    if volume.ndim != 3 or len(set(volume.shape)) != 1:
        raise BadData(f"{file}: the volume is {shape}, not a cube; cut or scale it to three equal sides")
    if volume.shape[0] not in SIDES:
        sides = ", ".join(str(side) for side in SIDES)
        raise BadData(f"{file}: the volume has side {volume.shape[0]}; scale it to one of {sides}")
    inside = _grey(file, volume) > THRESHOLD
    if not inside.any() or inside.all():
        level = "no voxel" if not inside.any() else "every voxel"
        raise BadData(f"{file}: the volume is constant, {level} is above {THRESHOLD}; leave this image out")
    return _grey(file, volume)


def _mask(file: Path, side: int) -> Array:
    mask = _plane(file, side)
    inside = _grey(file, mask) > THRESHOLD
    if not inside.any() or inside.all():
        raise BadData(
            f"{file}: the mask has no two levels around {THRESHOLD}, its values go from {mask.min()} to {mask.max()}; "
            "write it as 0 outside and 255 inside"
        )
    return _grey(file, mask)


def _image(file: Path, side: int) -> Array:
    """uint8 as it is; 16 bits divided by 65535; floating point must lie in [0, 1]."""
    import numpy as np

    image = _plane(file, side)
    if image.dtype == np.uint8:
        return image
    if image.dtype == np.uint16:
        return (image / 65535.0).astype(np.float32)
    if not np.issubdtype(image.dtype, np.floating) or image.min() < 0 or image.max() > 1:
        raise BadData(
            f"{file}: the image is {image.dtype} from {image.min()} to {image.max()}; write it as 8 or 16 bits, or as "
            "floating point from 0 to 1"
        )
    return image.astype(np.float32)


def _png(file: Path) -> Array:
    """A PNG's grey levels, as masks and images are drawn in SHAPR's own description; raises BadData.

    Many programs write grey as three equal colours, with an opacity that is full everywhere.
    """
    import numpy as np
    from skimage.io import imread

    try:
        values = np.asarray(imread(file))
    except Exception as error:  # what a decoder raises on a broken file is not documented
        raise BadData(f"{file}: cannot be read as PNG ({error}); copy it again") from None
    if values.ndim != 3:
        return values
    if values.shape[-1] in (2, 4):
        if (values[..., -1] < np.iinfo(values.dtype).max).any():
            raise BadData(f"{file}: parts of it are transparent; save it as grey without transparency")
        values = values[..., :-1]
    if (values != values[..., :1]).any():
        raise BadData(f"{file}: it has colours; save it as grey")
    return values[..., 0]


def _plane(file: Path, side: int) -> Array:
    plane = _numbers(file, _png(file) if file.suffix.lower() == PNG else read_array(file))
    if plane.shape != (side, side):
        shape = " x ".join(str(size) for size in plane.shape)
        raise BadData(f"{file}: it is {shape}, but its volume has side {side}; scale it to {side} x {side}")
    return plane


def _numbers(file: Path, values: Array) -> Array:
    import numpy as np

    if not np.isfinite(values).all():
        raise BadData(f"{file}: some values are not finite; replace them")
    return values


def _grey(file: Path, values: Array) -> Array:
    """Grey levels 0 … 255 as uint8."""
    import numpy as np

    if values.dtype == bool:
        return values.astype(np.uint8) * np.uint8(255)
    if values.min() < 0 or values.max() > 255:
        raise BadData(
            f"{file}: grey levels go from {values.min()} to {values.max()}; scale them to 0 … 255, where above "
            f"{THRESHOLD} is inside"
        )
    return values.astype(np.uint8)
