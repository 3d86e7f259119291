"""Persistence of volumes: with which voxels components, loops and cavities are born and die.

A superlevel filtration adds voxels from the highest value down, a sublevel filtration from the lowest up; voxels of
equal value come in the order of their places, so that every feature is born and dies with one voxel each. Components
(dimension 0) come from merging vertices along edges, cavities (dimension 2), from the last cell back, from merging
cubes and the outside across squares. Loops (dimension 1) come from the boundary matrix of squares over edges, of which
only the rows of edges that close a loop and the columns of squares that fill one are kept (H. Edelsbrunner and
J. Harer, *Computational Topology*, 2010, VII).

A full volume is a solid block, so that one feature never dies: the component that the first voxel begins. It is left
out, or, as an option, dies with the last voxel: only then does a diagram tell an empty volume from one with one piece.

# B = volumes, n = voxels along an axis, P = points of a diagram
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Literal, TypeVar

import numpy as np
import torch
from torch import Tensor

from trainables.topology.complexes import Array, Construction, cells, first_steps, side_of

Filtration = Literal["superlevel", "sublevel"]
Essential = Literal["omitted", "last"]
Item = TypeVar("Item")
Result = TypeVar("Result")


def diagrams(
    volumes: Tensor,
    dimensions: Sequence[int] = (0, 1, 2),
    filtration: Filtration = "superlevel",
    construction: Construction = "T",
    essential: Essential = "omitted",
) -> list[list[Tensor]]:
    """Persistence diagrams of volumes `(B, n, n, n)`: for each volume and dimension, `(P, 2)` of (birth, death).

    Points are the values of the voxels with which features are born and die, and are differentiable in them. Features
    that are born and die at the same value are left out. `essential`: the component that never dies is "omitted", or
    dies with the "last" voxel. Volumes are computed on as many threads as torch uses.

    Raises ValueError for volumes of another shape or that are not finite, and for arguments that are none of the above.
    """
    check_volumes("volumes", volumes)
    check_arguments(dimensions, filtration, construction, essential)
    if not bool(volumes.isfinite().all()):
        raise ValueError("volumes hold values that are not finite: a filtration has to order them")
    table, counts = points(volumes, dimensions, filtration, construction, essential)
    found = iter(table.split(counts))
    return [[next(found) for _ in dimensions] for _ in volumes]


def points(
    volumes: Tensor, dimensions: Sequence[int], filtration: Filtration, construction: Construction, essential: Essential
) -> tuple[Tensor, list[int]]:
    """The points of `diagrams`, unchecked, in one table `(K, 2)`, and how many each diagram has, B × dimensions."""

    def of(values: Array) -> list[Array]:
        return features(values, dimensions, filtration, construction, essential)

    found = on_threads(of, volumes.detach().cpu().double().numpy())
    size = volumes[0].numel()
    voxels = np.concatenate([pairs + i * size for i, mine in enumerate(found) for pairs in mine])
    table = volumes.reshape(-1)[torch.from_numpy(voxels).to(volumes.device)]
    return table, [len(pairs) for mine in found for pairs in mine]


def features(
    values: Array,
    dimensions: Sequence[int],
    filtration: Filtration = "superlevel",
    construction: Construction = "T",
    essential: Essential = "omitted",
) -> list[Array]:
    """For each dimension, the voxels (flat indices) with which features of an `(n, n, n)` volume are born and die,
    `(P, 2)` int64."""
    from trainables.topology import kernels

    n, flat = len(values), values.ravel()
    order = np.argsort(-flat if filtration == "superlevel" else flat, kind="stable")
    step = np.empty(flat.size, np.int64)
    step[order] = np.arange(flat.size)
    complex_, come = cells(side_of(n, construction)), first_steps(step.reshape(values.shape), construction)
    pairs: dict[int, Array] = {}
    if not {0, 1}.isdisjoint(dimensions):
        edges = kernels.in_order(complex_.edges, come, flat.size)
        merged, closes = kernels.merges(complex_.edge_ends, edges, come)
        pairs[0] = np.stack([come[merged[:, 0]], come[complex_.edges[merged[:, 1]]]], 1)
    if not {1, 2}.isdisjoint(dimensions):
        squares = kernels.in_order(complex_.squares, come, flat.size)
        merged, fills = kernels.merges(complex_.square_cubes, squares[::-1], np.append(-come, -flat.size))
        pairs[2] = np.stack([come[complex_.squares[merged[:, 1]]], come[merged[:, 0]]], 1)
    if 1 in dimensions:
        rows, columns = complex_.edges[edges[closes[edges]]], squares[fills[squares]]
        row = np.full(come.size, -1)
        row[rows] = np.arange(rows.size)
        filled = kernels.fillings(complex_.square_sides, columns, row)
        pairs[1] = np.stack([come[rows[filled[:, 0]]], come[complex_.squares[columns[filled[:, 1]]]]], 1)
    voxels = {dimension: order[found] for dimension, found in pairs.items()}
    voxels = {dimension: found[flat[found[:, 0]] != flat[found[:, 1]]] for dimension, found in voxels.items()}
    if essential == "last" and 0 in dimensions and flat[order[0]] != flat[order[-1]]:
        voxels[0] = np.concatenate([order[[0, -1]][None], voxels[0]])
    return [voxels[dimension] for dimension in dimensions]


def on_threads(function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """`function` of every item, on as many threads as torch uses."""
    threads = torch.get_num_threads()
    if threads == 1:
        return [function(item) for item in items]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(function, items))


def check_volumes(name: str, volumes: Tensor) -> None:
    """Raise ValueError unless volumes are cubes `(B, n, n, n)` of floating-point numbers, with n ≥ 2."""
    shape = tuple(volumes.shape)
    if len(shape) != 4 or len(set(shape[1:])) != 1 or shape[1] < 2:
        raise ValueError(f"{name}: cubes (B, n, n, n) with n of 2 or more are needed, not shape {shape}")
    if not volumes.is_floating_point():
        raise ValueError(f"{name}: floating-point numbers are needed, not {volumes.dtype}")


def check_arguments(dimensions: Sequence[int], filtration: str, construction: str, essential: str) -> None:
    """Raise ValueError for an argument of `diagrams` that is not among its choices."""
    wanted = list(dimensions)
    if not wanted or len(set(wanted)) < len(wanted) or not set(wanted) <= {0, 1, 2}:
        raise ValueError(f"dimensions = {wanted}: choose one or more of 0, 1 and 2, each once")
    for name, value, choices in (
        ("filtration", filtration, ("superlevel", "sublevel")),
        ("construction", construction, ("T", "V")),
        ("essential", essential, ("omitted", "last")),
    ):
        if value not in choices:
            raise ValueError(f"{name} = {value!r}: choose {choices[0]} or {choices[1]}")
