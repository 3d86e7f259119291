"""Fields of balls, whose distances are known in closed form."""

from __future__ import annotations

import numpy as np

from trainables.shapes.sequence import grid_points


def ball(n: int, centre: tuple[float, float, float], radius: float) -> np.ndarray:
    """Signed distance of a ball on `grid_points(n)`, `(n, n, n)` float32."""
    points = grid_points(n).numpy().astype(float)
    distance: np.ndarray = np.linalg.norm(points - np.asarray(centre), axis=-1) - radius
    return distance.astype(np.float32)


def ellipsoid(n: int, centre: tuple[float, float, float], axes: tuple[float, float, float]) -> np.ndarray:
    """A field whose zero level is an ellipsoid, about a distance near it, `(n, n, n)` float32."""
    points = (grid_points(n).numpy().astype(float) - np.asarray(centre)) / np.asarray(axes)
    value: np.ndarray = (np.linalg.norm(points, axis=-1) - 1) * min(axes)
    return value.astype(np.float32)


def frames(n: int = 24) -> tuple[np.ndarray, list[float]]:
    """Four shapes that move, grow and change their form, at uneven times."""
    shapes = [
        ellipsoid(n, (-0.6, 0.1, 0.2), (1.0, 1.2, 0.9)),
        ball(n, (-0.1, 0.3, 0.0), 1.1),
        ellipsoid(n, (0.4, 0.3, -0.2), (1.3, 1.0, 1.0)),
        ellipsoid(n, (0.8, 0.0, -0.1), (1.4, 0.9, 1.1)),
    ]
    return np.stack(shapes), [0.0, 0.2, 0.6, 1.0]
