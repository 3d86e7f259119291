"""Pictures of triangle meshes: orthographic, with a depth buffer, one light for all, smooth shading per pixel.

matplotlib sorts whole triangles by depth, which shows seams and wrong overlaps; here every pixel of every triangle has
its own depth and normal. Shape letters: V vertices, F triangles, P pixels of all triangles.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SUPERSAMPLING = 2
AZIMUTH, ELEVATION = 15.0, 18.0
"""Where the camera stands, in degrees: turned from the -y axis towards +x, and above the x y plane."""
KEY = (-0.45, 0.70, 0.56)
"""Direction to the light, in the camera's axes: right, up, towards the viewer."""
AMBIENT, DIFFUSE, SHINE = 0.48, 0.60, 0.18
_CHUNK = 2_000_000


@dataclass(frozen=True)
class Mesh:
    """``vertices`` (V, 3) in domain units, ``faces`` (F, 3) vertex numbers."""

    vertices: np.ndarray
    faces: np.ndarray

    @property
    def empty(self) -> bool:
        return len(self.faces) == 0


def camera() -> np.ndarray:
    """(3, 3) rotation whose rows are the camera's right, up and towards-the-viewer axes."""
    turn, rise = np.radians(AZIMUTH), np.radians(ELEVATION)
    towards = np.array([np.sin(turn) * np.cos(rise), -np.cos(turn) * np.cos(rise), np.sin(rise)])
    right = np.array([np.cos(turn), np.sin(turn), 0.0])
    return np.stack([right, np.cross(towards, right), towards])


def extent(meshes: list[Mesh]) -> tuple[float, float, float, float]:
    """Left, right, lower and upper edge of all meshes as the camera sees them, in domain units."""
    seen = [mesh.vertices @ camera()[:2].T for mesh in meshes if not mesh.empty]
    if not seen:
        return -1.0, 1.0, -1.0, 1.0
    low, high = np.min([part.min(axis=0) for part in seen], axis=0), np.max([part.max(axis=0) for part in seen], axis=0)
    return float(low[0]), float(high[0]), float(low[1]), float(high[1])


def picture(
    mesh: Mesh, colour: tuple[float, float, float], window: tuple[float, float, float, float], shape: tuple[int, int]
) -> np.ndarray:
    """``mesh`` in ``colour`` (red, green, blue in 0 … 1) on white, as (height, width, 3) uint8 of the given ``shape``.

    ``window`` is what :func:`extent` returns, for the same scale in several pictures.
    """
    height, width = (SUPERSAMPLING * side for side in shape)
    left, right, lower, upper = window
    seen = mesh.vertices.astype("float64") @ camera().T
    across = (seen[:, 0] - left) / (right - left) * width - 0.5
    down = (upper - seen[:, 1]) / (upper - lower) * height - 0.5
    points = np.stack([across, down, seen[:, 2]], axis=-1)
    normals, front = _normals(seen, mesh.faces)
    canvas = np.ones((height * width, 3), dtype="float32")
    if not mesh.empty:
        pixels, facing = _visible(points, normals, mesh.faces[front], height, width)
        canvas[pixels] = _shade(facing, np.asarray(colour))
    blocks = canvas.reshape(shape[0], SUPERSAMPLING, shape[1], SUPERSAMPLING, 3)
    result: np.ndarray = np.round(255 * blocks.mean(axis=(1, 3))).astype("uint8")
    return result


def _normals(vertices: np.ndarray, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(V, 3) outward unit normals, the mean of the adjacent triangles' weighted by area; and which triangles (F,) can
    be seen: of a closed mesh those that face the viewer, of an open one (cut by the domain) all."""
    a, b, c = (vertices[faces[:, corner]] for corner in range(3))
    across = np.cross(b - a, c - a)
    if np.einsum("fi,fi->", a, across) < 0:  # six times the enclosed volume
        across = -across
    repeated, corners = np.repeat(across, 3, axis=0), faces.ravel()
    summed = np.stack(
        [np.bincount(corners, weights=weights, minlength=len(vertices)) for weights in repeated.T], axis=-1
    )
    unit: np.ndarray = summed / np.maximum(np.linalg.norm(summed, axis=-1, keepdims=True), 1e-12)
    closed = np.abs(across.sum(axis=0)).max(initial=0.0) <= 1e-4 * np.abs(across).sum()
    return unit, across[:, 2] > 0 if closed else np.ones(len(faces), dtype=bool)


def _visible(
    points: np.ndarray, normals: np.ndarray, faces: np.ndarray, height: int, width: int
) -> tuple[np.ndarray, np.ndarray]:
    """Pixels (N,) that a triangle covers, row by row, and the normals (N, 3) of what is nearest the viewer there.

    ``points`` (V, 3) are column, row and depth, depth growing towards the viewer.
    """
    corners = points[faces]
    edge = np.array([width, height])
    low = np.clip(np.ceil(corners[..., :2].min(axis=1)), 0, edge).astype("int32")
    high = np.clip(np.floor(corners[..., :2].max(axis=1)) + 1, 0, edge).astype("int32")
    sides = np.maximum(high - low, 0)
    counts = sides[:, 0] * sides[:, 1]
    planes = _planes(corners, low)
    nearest = np.full(height * width, -np.inf)
    found = np.zeros((height * width, 3))
    ends = np.cumsum(counts, dtype="int64")
    for begin in range(0, int(ends[-1]) if len(ends) else 0, _CHUNK):
        chosen = np.flatnonzero((ends > begin) & (ends <= begin + _CHUNK))
        owner = np.repeat(chosen, counts[chosen])
        starts = np.cumsum(counts[chosen]) - counts[chosen]
        within = np.arange(len(owner)) - np.repeat(starts, counts[chosen])
        row, column = np.divmod(within, sides[owner, 0])
        second, third = (plane[owner, 0] + plane[owner, 1] * column + plane[owner, 2] * row for plane in planes)
        inside = np.flatnonzero((second >= -1e-9) & (third >= -1e-9) & (second + third <= 1 + 1e-9))
        owner, row, column = owner[inside], row[inside], column[inside]
        weights = np.stack([1 - second[inside] - third[inside], second[inside], third[inside]], axis=-1)
        pixel = (low[owner, 1] + row) * width + low[owner, 0] + column
        depth = np.einsum("pc,pc->p", weights, corners[owner, :, 2])
        np.maximum.at(nearest, pixel, depth)
        first = np.flatnonzero(nearest[pixel] == depth)
        found[pixel[first]] = np.einsum("pc,pci->pi", weights[first], normals[faces[owner[first]]])
    covered = np.flatnonzero(np.isfinite(nearest))
    return covered, found[covered]


def _planes(corners: np.ndarray, low: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The weights of a triangle's second and third corner as value, slope along columns and slope along rows (F, 3),
    seen from the pixel ``low`` (F, 2). NaN where a triangle is seen edge on, which is inside no pixel."""
    a, b, c = (corners[:, corner, :2] - low for corner in range(3))
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (b[:, 1] - a[:, 1])
    area = np.where(np.abs(area) < 1e-12, np.nan, area)

    def plane(across: np.ndarray, down: np.ndarray) -> np.ndarray:
        return np.stack([-(across * a[:, 0] + down * a[:, 1]) / area, across / area, down / area], axis=-1)

    return plane(c[:, 1] - a[:, 1], a[:, 0] - c[:, 0]), plane(a[:, 1] - b[:, 1], b[:, 0] - a[:, 0])


def _shade(normals: np.ndarray, colour: np.ndarray) -> np.ndarray:
    """Colours (N, 3): ambient and diffuse light, a soft highlight, and a darker rim that holds the outline in grey."""
    unit = normals / np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-12)
    towards = unit[:, 2]
    unit = np.where((towards < -0.2)[:, None], -unit, unit)
    light = np.asarray(KEY) / np.linalg.norm(KEY)
    half = light + np.array([0.0, 0.0, 1.0])
    half /= np.linalg.norm(half)
    lit = AMBIENT + DIFFUSE * (0.5 + 0.5 * unit @ light) ** 1.5
    rim = 0.55 + 0.45 * np.clip(np.abs(towards) / 0.45, 0.0, 1.0) ** 0.7
    shine = SHINE * np.clip(unit @ half, 0.0, 1.0) ** 24
    shaded: np.ndarray = np.clip(colour * (lit * rim)[:, None] + shine[:, None], 0.0, 1.0)
    return shaded
