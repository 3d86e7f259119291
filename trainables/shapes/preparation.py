"""A recorded shape sequence on the domain's grid.

    domain (x, y[, z]) = scale · (physical position − centre),   physical position = voxel · index

One scale, isotropic in physical space, and one centre for all frames: those that put the box around the shape in the
shown frames into [-2.2, 2.2]^d. Hidden frames have no say, so that nothing of them reaches a model through the
coordinates. Motion, growth and proportions are kept, and the way back is one affine map; where the shape goes so far
that little of the domain would be left to it, the domain follows it (`following.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from trainables.metrics.volumes import components
from trainables.shapes.bad_data import BadData
from trainables.shapes.following import followed
from trainables.shapes.mask_to_sdf import MARGIN, mask_to_sdf, redistanced
from trainables.shapes.measured import Measured, extent, labelled
from trainables.shapes.prepared import Prepared
from trainables.shapes.readers.base import Frame, Recorded, Sizes
from trainables.shapes.sequence import LOWER, SIDE, UPPER, grid_spacing, power

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

REACH = 2.2
"""Half the side of the cube, or square, that the shape fills in the shown frames together, domain units."""


DROPPED = 0.2
"""Share of a shape that may be left out as a stray piece in more than one frame, unless the user says so."""


def prepare(
    sequence: Recorded,
    resolution: int = 64,
    count: int | None = None,
    shown: Sequence[int] | None = None,
    antialias: bool = True,
    dtype: str = "float16",
) -> Prepared:
    """Signed distances of every frame on `grid_points(resolution)`; the recording is read twice, frame by frame.

    Args:
      sequence: what a reader has found.
      resolution: points along each axis of the domain.
      count: only the first so many frames; none for all.
      shown: which of them, counted from 0, choose scale and centre: those that every supervision shows; none for all.
      antialias: whether masks are smoothed, see `mask_to_sdf`.
      dtype: of the distances; float16 resolves 1e-4 domain units near the surface and 2e-3 far from it.

    Raises:
      BadData: if a frame cannot be read, is too small to be seen on the grid, or is outside the domain.
    """
    import numpy as np

    frames, moments = np.array(sequence.frames[:count]), np.array(sequence.times()[:count])
    if len(frames) < 2:
        raise BadData(f"{sequence.reader.path}: {sequence.label} has {len(frames)} frame; a sequence needs two or more")
    voxel = np.array(sequence.reader.voxel_size())
    boxes, border, dropped, labels = [], [], {}, []
    for frame in sequence.read(count):
        boxes.append(_box(frame))
        labels.append(labelled(frame))
        dropped[frame.number] = frame.dropped
        if frame.border:
            border.append(frame.number)
    _refuse_pieces(sequence, dropped)
    worst = max(dropped, key=dropped.__getitem__)
    faces = voxel * (np.array(boxes) + np.array([[-0.5], [0.5]]))  # (F, 2, 3), µm
    path = followed(faces, moments, list(range(len(frames)) if shown is None else shown))
    centred = faces - path[:, None]
    known = centred if shown is None else centred[list(shown)]
    lower, upper = known[:, 0].min(axis=0), known[:, 1].max(axis=0)
    scale, centre = 2 * REACH / float((upper - lower).max()), (lower + upper) / 2
    axes = len(sequence.shape)
    affine = np.zeros((axes + 1, axes + 1))
    for axis in range(axes):  # of the source; axis d − 1 − axis of the domain
        affine[axis, axes - 1 - axis] = 1 / (scale * voxel[axis])
        affine[axis, axes] = centre[axis] / voxel[axis]
    affine[axes, axes] = 1
    places = path / voxel
    ends = np.abs(scale * (centred - centre)).max(axis=(1, 2))
    beyond = [int(number) for number, end in zip(frames, ends, strict=True) if end > UPPER]
    has = Measured.of(labels)
    grid = power(resolution, axes)
    volumes = np.empty((len(frames), *axes * (resolution,)), dtype=dtype)
    for index, frame in enumerate(sequence.read(count)):
        moved = affine.copy()
        moved[:-1, -1] += places[index]
        field = _on_domain(frame, moved, voxel, resolution, antialias)
        if not (field < 0).any():
            raise BadData(
                f"{sequence.reader.path} (frame {frame.number}): {sequence.label} {_unseen(frame, beyond, grid)}"
            )
        volumes[index] = redistanced(field, grid_spacing(resolution))
    return Prepared(
        sdf=volumes,
        times=(moments - moments[0]) / (moments[-1] - moments[0]),
        frames=frames,
        affine=affine,
        source_shape=np.array(sequence.shape),
        voxel=voxel,
        metadata={
            "label": sequence.label,
            "source": sequence.source or sequence.reader.path.resolve().name,
            "reader": sequence.reader.name,
            "unit": sequence.reader.unit,
            "border": border,
            "beyond": beyond,
            "dropped": round(dropped[worst], 4),
            "dropped_in": worst,
            "tracks": [list(track) for track in sequence.tracks],
            "division": _division(sequence, frames, volumes),
            "moments": moments.tolist(),
            "seconds": sequence.reader.seconds(),
            **has.metadata(),
        },
        kept=has.arrays(),
        places=places if places.any() else None,
    )


def _refuse_pieces(sequence: Recorded, dropped: dict[int, float]) -> None:
    """BadData if much of a shape would be left out in several frames, and the user has not said that it should."""
    much = [number for number, share in dropped.items() if share > DROPPED]
    if len(much) > 1 and not sequence.reader.drops_pieces():
        raise BadData(
            f"{sequence.reader.path} (frame {much[0]}): {sequence.label} is in several pieces, of which all but the "
            f"largest, up to {max(dropped.values()):.0%} of its voxels, would be left out in {len(much)} frames; keep "
            "them as one shape with --pieces all, make cells of them with --pieces split, or leave them out with "
            "--pieces largest"
        )


def _unseen(frame: Frame, beyond: list[int], grid: str) -> str:
    """Why no point of the grid is inside a frame's shape, and what to do."""
    if frame.number in beyond:
        return (
            "has left the domain, which the frames that are shown choose; check that its label is the same cell at all "
            "times, or leave it out"
        )
    return (
        f"is so small beside the way it moves that no point of the grid of {grid} is inside; check that its "
        "label is the same cell at all times, raise the resolution, or leave it out"
    )


def _division(sequence: Recorded, frames: Array, volumes: Array) -> float | None:
    """The frame number, halfway between two frames, at which one cell first becomes two.

    Between the last frame of a mother and the first of her daughters; where the recording has no tracks, between the
    last frame in which the shape is in one piece and the next.
    """
    if sequence.tracks:
        ends = {track.label: track.end for track in sequence.tracks}
        begun = [track for track in sequence.tracks if track.parent in ends and track.begin <= frames[-1]]
        return min(((ends[track.parent] + track.begin) / 2 for track in begun), default=None)
    whole = [index for index, volume in enumerate(volumes) if components(volume < 0) == 1]
    if not whole or whole[-1] == len(volumes) - 1:
        return None
    return float(frames[whole[-1]] + frames[whole[-1] + 1]) / 2


def _box(frame: Frame) -> tuple[Array, Array]:
    """First and last voxel (z, y, x) inside, in the volume."""

    first, last = extent(frame.values if frame.values.dtype == bool else frame.values < 0)
    return first + frame.offset, last + frame.offset


def on_voxels(frame: Frame, voxel: Sizes, antialias: bool = True) -> tuple[Array, int]:
    """A field `(z, y, x)`, or `(y, x)`, on the frame's voxels and so many more on each side, whose zero level is its
    surface."""
    import numpy as np

    if frame.values.dtype == bool:
        return mask_to_sdf(frame.values, voxel, antialias), MARGIN
    field = np.pad(frame.values, 1, mode="edge")
    for axis in range(field.ndim):  # a shape that touches the border ends half a voxel beyond the last centre
        faces = np.moveaxis(field, axis, 0)
        faces[0], faces[-1] = np.abs(faces[0]), np.abs(faces[-1])
    return field, 1


def _on_domain(frame: Frame, affine: Array, voxel: Array, resolution: int, antialias: bool) -> Array:
    """A field on the domain's grid, `(n, …)`, axes x, y[, z], whose zero level is the frame's surface."""
    import numpy as np
    from scipy.ndimage import affine_transform

    field, margin = on_voxels(frame, tuple(voxel), antialias)
    axes = field.ndim
    # along each axis: index = first + step · (number of the grid point)
    step = np.array([affine[axis, axes - 1 - axis] for axis in range(axes)]) * SIDE / (resolution - 1)
    first = affine[:axes, :axes].sum(axis=1) * LOWER + affine[:axes, axes] - np.array(frame.offset) + margin
    sampled = affine_transform(
        field,
        step,
        first,
        output_shape=axes * (resolution,),
        output=np.float32,
        order=3 if frame.values.dtype == bool else 1,
        mode="nearest",
    )
    return sampled.transpose()
