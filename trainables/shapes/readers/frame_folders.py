"""A folder or a Zarr image for each frame: a folder of planes, or of one file, Zarr arrays or OME-Zarr without time.

Folders of planes may as well be positions, each with a film in the plane. Names say which: folders that are called t,
or by times, are frames, and so are those whose files are called z; folders that are called pos, or whose files are
called t, are recordings of their own. Where names do not say it the user does, with the axes of frames or of all.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, PrivateAttr

from trainables.shapes.bad_data import BadData
from trainables.shapes.readers import label_datasets, name_clock, numpy_files, pictures, tiff, zarr_place
from trainables.shapes.readers.base import Sizes
from trainables.shapes.readers.frame_files import (
    DEPTH,
    TIME,
    FrameFiles,
    frame_files,
    in_frames,
    named_as_masks,
    word_before,
)
from trainables.shapes.readers.labels import LabelReader
from trainables.shapes.readers.ome_zarr import OmeZarr
from trainables.shapes.readers.tiff_axes import arranged, named, order_of
from trainables.shapes.readers.tiff_voxel import voxel_of

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_POSITION = ("pos", "position", "p", "xy", "s", "series", "well", "field", "fov", "cell", "embryo", "sample", "c", "ch")
"""Words before a number that counts something else than frames."""
_COUNTS_TIME = ("t", "time", "timepoint", "tp", "frame", "f")
_FILES = (*tiff.SUFFIXES, *pictures.SUFFIXES, *numpy_files.SUFFIXES)
_OTHERS = (*_FILES, ".h5", ".hdf5", ".hdf", ".mat", "man_track.txt", "res_track.txt")
"""Files that make a folder a recording by themselves, or one of another kind."""

Content = Literal["frame", "recording", "open"]


class _Frame(OmeZarr):
    """An OME-Zarr image of one frame."""

    has_time: ClassVar[bool] = False

    def check(self) -> None:
        """Raises BadData if it cannot be opened, or has time."""
        self._image()

    def volume(self) -> Array:
        array, order, _ = self._image()
        return arranged(array[...], order)


class FrameFolders(LabelReader):
    """A folder whose folders, or Zarr images, are its frames."""

    name: ClassVar[str] = "frame-folders"
    accepts: ClassVar[str] = "a folder with a folder of planes, or of one file, or a Zarr image a frame (t000, t001, …)"

    layout: str | None = Field(
        None,
        pattern="^[TZYXC]{2,5}$",
        description="TZYX, where names do not say that folders are frames",
    )
    _frames: FrameFiles | None = PrivateAttr(None)

    @classmethod
    def written(cls, labels: Array, folder: Path) -> list[Path]:
        """Planes in folders, volumes in folders, Zarr arrays, and OME-Zarr images."""
        import tifffile
        import zarr

        paths = [folder / name for name in ("planes", "volumes", "arrays", "images")]
        axes = [{"name": axis, "type": "space"} for axis in "zyx"[1 - labels.ndim :]]
        scale = [{"type": "scale", "scale": [1.0] * len(axes)}]
        image: dict[str, Any] = {"axes": axes, "datasets": [{"path": "0", "coordinateTransformations": scale}]}
        for number, frame in enumerate(labels):
            for path in paths[:2]:
                (path / f"t{number:03d}").mkdir(parents=True)
            for depth, plane in enumerate(frame if frame.ndim == 3 else frame[None]):
                tifffile.imwrite(paths[0] / f"t{number:03d}" / f"z{depth:02d}.tif", plane)
            tifffile.imwrite(paths[1] / f"t{number:03d}" / "labels.tif", frame)
            zarr.save_array(str(paths[2] / f"t{number:03d}.zarr"), frame)
            group = zarr.open_group(str(paths[3] / f"t{number:03d}.ome.zarr"), mode="w", zarr_format=2)
            group.attrs.put({"multiscales": [image]})
            group.create_array("0", data=frame)
        return paths

    @classmethod
    def recognises(cls, path: Path) -> bool:
        places = _places(path)
        return len(places) > 1 and _meaning(places) != "recording"

    def numbers(self) -> list[int]:
        return list(self._all().files)

    def labels(self, number: int) -> Array:
        place = self._all().files[number][0]
        if zarr_place.metadata(place) is not None:
            return self._of_zarr(place)
        planes = _planes(place)
        first = _planes(next(iter(self._all().files.values()))[0])
        if missing := sorted(set(first.files) ^ set(planes.files)):
            where = f"{self.path}: frame {number} has {len(planes.files)} planes"
            raise BadData(f"{where}, others have {len(first.files)}, and differ in {missing[0]}; mend its folder")
        found = [self._image(files[0]) for files in planes.files.values()]
        return found[0] if len(found) == 1 else self._volume(found, place)

    def where(self, number: int) -> str:
        return f"{self._all().files.get(number, (self.path,))[0]} (frame {number})"

    def said_voxel(self) -> tuple[Sizes, str] | None:
        """Files of planes do not say how far these are apart."""
        first = next(iter(self._all().files.values()))[0]
        if (beside := voxel_of(self.path, None)) is not None:
            return beside
        if zarr_place.metadata(first) is not None:
            return None if _is_plain(first) else _Frame(path=first).said_voxel()
        files = [file for held in _planes(first).files.values() for file in held]
        one = files[0] if len(files) == 1 and files[0].suffix.lower() in tiff.SUFFIXES else None
        return voxel_of(first, one)

    def said_interval(self) -> tuple[float, str] | None:
        return self._all().said_interval()

    def said_times(self) -> tuple[dict[int, float], str] | None:
        return self._all().said_times()

    def remarks(self) -> list[str]:
        first = next(iter(self._all().files.values()))[0]
        inner = () if zarr_place.metadata(first) is not None else _planes(first).notes
        return [*self._all().notes, *inner]

    def _all(self) -> FrameFiles:
        if self._frames is None:
            places = _places(self.path)
            if self.layout is None and _meaning(places) == "open":
                raise BadData(
                    f"{self.path}: {places[0].name}, {places[1].name}, … may be frames of planes, or recordings of "
                    f"frames; say that they are frames with --layout TZYX, or call them t0, t1, …, or name one of "
                    f"them, as {places[0]}"
                )
            self._frames = in_frames(self.path, places)
        return self._frames

    def _of_zarr(self, place: Path) -> Array:
        try:
            if not _is_plain(place):
                return _Frame(path=place).volume()
            array = label_datasets.zarr_array(place)
            axes = named(label_datasets.axes_of(array), self._own_axes(len(array.shape)), place)
            return arranged(array[...], order_of(axes, array.shape, False, place))
        except BadData:
            raise
        except Exception as error:  # what a codec raises on a broken chunk is not documented
            raise BadData(f"{place}: cannot be read ({error}); copy it again") from None

    def _own_axes(self, count: int) -> str | None:
        """Axes of a frame: those that are given, without the time that the folders are."""
        given = None if self.layout is None else self.layout.removeprefix("T")
        return given if given is not None and len(given) == count else None

    def _image(self, file: Path) -> Array:
        suffix = file.suffix.lower()
        if suffix in pictures.SUFFIXES:
            return pictures.read_picture(file)
        if suffix in tiff.SUFFIXES:
            return tiff.read_volume(file)
        held = numpy_files.held_in(file).frames
        if len(held) > 1:
            raise BadData(f"{file}: {len(held)} arrays, but a folder is one frame; keep one array in it")
        return next(iter(held.values()))

    def _volume(self, planes: list[Array], place: Path) -> Array:
        import numpy as np

        if any(plane.ndim != 2 or plane.shape != planes[0].shape for plane in planes):
            shapes = " and ".join(dict.fromkeys(str(plane.shape) for plane in planes))
            raise BadData(f"{place}: files of {shapes} voxels, but they are the planes of a volume, all of one size")
        return np.stack(planes)


def _places(path: Path) -> list[Path]:
    """The folders, or Zarr images, in a folder that has no labels of its own."""
    if not path.is_dir() or zarr_place.metadata(path) is not None:
        return []
    children = sorted(child for child in path.iterdir() if not child.name.startswith("."))
    if any(child.is_file() and child.name.lower().endswith(_OTHERS) for child in children):
        return []
    zarrs = [child for child in children if zarr_place.metadata(child) is not None]
    return zarrs or [child for child in children if child.is_dir()]


def _meaning(places: list[Path]) -> Content:
    """Whether places are frames of one recording, by their names and by what is in the first of them."""
    try:
        if len(in_frames(places[0].parent, places).files) != len(places):
            return "recording"
        content, inner = _content(places[0])
    except BadData:
        return "recording"
    outer = word_before([place.name for place in places])
    if content == "recording" or outer in _POSITION or outer is None:
        return "recording"
    timely = outer in TIME or name_clock.clocks([place.name for place in places]) is not None
    if content == "frame" or timely or inner in DEPTH:
        return "frame"
    return "recording" if inner in _COUNTS_TIME else "open"


def _content(place: Path) -> tuple[Content, str | None]:
    """What is in a place, and the word before the number that its files differ in; raises BadData."""
    if zarr_place.metadata(place) is not None:
        return _content_of_zarr(place), None
    files = [held[0] for held in _planes(place).files.values()]
    if not files:
        return "recording", None
    axes, shape = _axes_in(files[0])
    content = _by_axes(axes, shape)
    if len(files) == 1:
        return content, None
    deep = sum(length > 1 for length in shape) > 2
    return "recording" if deep else "open", word_before([file.stem for file in files])


def _axes_in(file: Path) -> tuple[str, tuple[int, ...]]:
    """A letter for each axis of a file, Q where nothing names it, and their lengths; raises BadData."""
    if file.suffix.lower() in pictures.SUFFIXES:
        return "YX", (2, 2)
    if file.suffix.lower() in tiff.SUFFIXES:
        return tiff.axes_in(file)
    held = numpy_files.held_in(file).frames
    one = tuple(next(iter(held.values())).shape)
    shape = one if len(held) == 1 else (len(held), *one)
    return "Q" * len(shape), shape


def _content_of_zarr(place: Path) -> Content:
    if _is_plain(place):
        array = label_datasets.zarr_array(place)
        return _by_axes(label_datasets.axes_of(array), array.shape)
    try:
        _Frame(path=place).check()
    except BadData:
        return "recording"
    return "frame"


def _by_axes(axes: str, shape: tuple[int, ...]) -> Content:
    """What an array is: with time, or four axes, a recording; with three that nothing names, either."""
    sizes = dict(zip(axes, shape, strict=True)) if len(set(axes)) == len(axes) else {}
    count = sum(length > 1 for length in shape)
    if sizes.get("T", 1) > 1 or count > 3:
        return "recording"
    return "open" if count == 3 and "Z" not in sizes else "frame"


def _is_plain(place: Path) -> bool:
    return label_datasets.LabelDatasets.recognises(place)


def _one_mask(place: Path, suffixes: tuple[str, ...]) -> FrameFiles | None:
    """The one file that is named as a mask among several of other names, such as mask.tif beside image.tif."""
    files = sorted(file for file in place.iterdir() if file.name.lower().endswith(suffixes) and file.name[0] != ".")
    kinds = {re.sub(r"\d+", "#", file.name.lower()) for file in files}
    masks = [file for file in files if named_as_masks(file.stem)]
    if len(masks) != 1 or len(files) == 1 or len(kinds) < len(files):
        return None
    others = ", ".join(file.name for file in files if file not in masks)
    return FrameFiles({0: (masks[0],)}, notes=(f"{masks[0].name} of every folder is taken, {others} is not",))


def _planes(place: Path) -> FrameFiles:
    """Number of a plane → its file; one file alone is the frame, and so is a mask beside an image. TIFFs are taken
    where there are some."""
    for suffixes in (tiff.SUFFIXES, pictures.SUFFIXES, numpy_files.SUFFIXES):
        found = _one_mask(place, suffixes) or frame_files(place, suffixes)
        if found.files:
            return found
    return FrameFiles()
