"""Small recordings in every format, made in the test's folder."""

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
import tifffile
import zarr

from trainables.shapes.readers.base import Recorded, open_recording

Rows = list[tuple[int, int, int, int]]


class Recordings:
    """Writes recordings; every method gives the path to open."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def balls(self, frames: int = 3, radius: float = 4.0, shape: tuple[int, int, int] = (14, 16, 18)) -> np.ndarray:
        """Labels (t, z, y, x): a ball, label 3, that moves one voxel a frame along x."""
        z, y, x = np.indices(shape)
        return np.stack(
            [3 * ((z - 6) ** 2 + (y - 7) ** 2 + (x - 6 - t) ** 2 < radius**2).astype("uint16") for t in range(frames)]
        )

    def challenge(self, labels: np.ndarray, rows: Rows | str | None = None, name: str = "recording") -> Path:
        """The Cell Tracking Challenge's layout; by default every track lasts from the first to the last frame."""
        folder = self.folder / name / "01_GT" / "TRA"
        folder.mkdir(parents=True)
        if rows is None:
            rows = [(int(label), 0, len(labels) - 1, 0) for label in np.unique(labels) if label]
        text = rows if isinstance(rows, str) else "".join(f"{a} {b} {c} {d}\n" for a, b, c, d in rows)
        (folder / "man_track.txt").write_text(text)
        for number, frame in enumerate(labels):
            tifffile.imwrite(folder / f"man_track{number:03d}.tif", frame, compression="zlib")
        return folder

    def tiff_folder(self, labels: np.ndarray) -> Path:
        folder = self.folder / "tiffs"
        folder.mkdir()
        for number, frame in enumerate(labels):
            tifffile.imwrite(folder / f"t{number}.tif", frame)
        return folder

    def tiff_4d(self, labels: np.ndarray) -> Path:
        path = self.folder / "labels.tif"
        tifffile.imwrite(path, labels, compression="zlib")
        return path

    def tiff_imagej(self, labels: np.ndarray) -> Path:
        """Uncompressed, as ImageJ writes it, with the size of a voxel."""
        path = self.folder / "hyperstack.tif"
        metadata = {"axes": "TZYX", "spacing": 2.0, "unit": "um"}
        tifffile.imwrite(path, labels, imagej=True, resolution=(4.0, 5.0), metadata=metadata)
        return path

    def npz(self, labels: np.ndarray) -> Path:
        path = self.folder / "labels.npz"
        np.savez_compressed(path, labels=labels)
        return path

    def hdf5(self, labels: np.ndarray, key: str = "sdf_vid") -> Path:
        """A field that is negative where there is a label; no distance, and of another scale."""
        return self.volumes(np.where(labels > 0, np.float32(-0.3), np.float32(0.3)), key)

    def volumes(self, fields: np.ndarray, key: str = "sdf_vid", name: str = "volumes") -> Path:
        """Fields (t, z, y, x) as the published recordings store them, (z, x, y, t), in chunks of one frame."""
        path = self.folder / f"{name}.h5"
        stored = fields.transpose(1, 3, 2, 0) if fields.ndim == 4 else fields
        with h5py.File(path, "w") as file:
            file.create_dataset(key, data=stored, chunks=(*stored.shape[:3], 1) if stored.ndim == 4 else None)
        return path

    def ome_zarr(self, labels: np.ndarray, version: str = "0.4", **scaled: object) -> Path:
        """A label image in an image, with or without sizes."""
        path = self.folder / f"labels-{version}.ome.zarr"
        old = version == "0.4"
        root = zarr.open_group(str(path), mode="w", zarr_format=2 if old else 3)
        unit = {"unit": "micrometer"} if scaled else {}
        axes = [{"name": "t", "type": "time"}, *({"name": axis, "type": "space"} | unit for axis in "zyx")]
        scale = [{"type": "scale", "scale": [1.0, *scaled.get("scale", (1.0, 1.0, 1.0))]}]
        image = {"axes": axes, "datasets": [{"path": "0", "coordinateTransformations": scale}]}

        def put(group: zarr.Group, attributes: dict) -> None:
            group.attrs.put(attributes if old else {"ome": {"version": version} | attributes})

        put(root, {"multiscales": [image]})
        put(root.create_group("labels"), {"labels": ["cells"]})
        cells = root.create_group("labels/cells")
        put(cells, {"multiscales": [image]})
        cells.create_array("0", data=labels, chunks=(1, *labels.shape[1:]))
        return path

    def of(self, labels: np.ndarray, voxel: tuple[float, float, float] | None = None) -> Recorded:
        """The first sequence of these labels."""
        return open_recording(self.challenge(labels), voxel).sequences().all_usable()[0]


@pytest.fixture
def recordings(tmp_path: Path) -> Recordings:
    return Recordings(tmp_path)


@pytest.fixture
def shared_data() -> Callable[[str], Path]:
    """Data beside the repository that are too large for it; without them the test is skipped, and says so."""

    def find(name: str) -> Path:
        path = Path(__file__).parents[3].parent / "shared" / "data" / name
        if not path.exists():
            pytest.skip(f"{name} is not beside the repository, in ../shared/data")
        return path

    return find
