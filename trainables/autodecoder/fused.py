"""The sine network on the CPU with nothing but matrix products and one pass between two of them.

The same function as the plain layers of `decoder.py`, and its derivative by hand:

    Y_l = X_l A_l + b_l,   X_{l+1} = [sin πY_l | coordinates],   f = X_{L+1} a + b
    dY_L = (df ⊗ a) π cos πY_L,   dY_{l−1} = (dY_l A_lᵀ) π cos πY_{l−1},   dA_l = X_lᵀ dY_l,   db_l = Σ_points dY_l

where A and b already hold the frequency ω/π, in half turns, and b the code. The points of one replicate and sequence
are taken in blocks that stay in the cache from the first layer to the last; replicates take turns, since on a CPU a
batched product is slower than its parts in turn, and each is exactly what it is alone. Of each layer X A alone is kept
for the derivative, and sine and cosine are computed again: that costs less than writing and reading them in main
memory; while one layer is computed with, the next is read. What is kept stays for the next step: fresh pages cost as
much as a layer. The width is filled up with zeros to whole vectors, and all rows begin where a line of the cache does:
products then take no longer, and the passes between them are spared parts of vectors, and vectors across two lines.

# R = replicate, N = sequence, P = point, W = width, S = W up to whole vectors, L = sine layers, D = coordinates
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.functional import pad

# Numbers in a block of points times a layer's width: a quarter of a megabyte in float32,
# so that the four blocks of a step stay in the cache.
_BLOCK = 1 << 16
# Numbers in the widest vector of a processor, and in a line of its cache.
_VECTOR = 16


class Workspace:
    """Memory for what the derivative needs, lent for as long as a graph lives."""

    def __init__(self) -> None:
        self._free: defaultdict[Any, list[Tensor]] = defaultdict(list)

    def lend(self, shape: tuple[int, ...], dtype: torch.dtype) -> Loan:
        """Uninitialised memory `shape`, until the loan is deleted."""
        free = self._free[shape, dtype]
        return Loan(free.pop() if free else torch.empty(shape, dtype=dtype), free)


class Loan:
    """A tensor that goes back to its workspace when nobody holds the loan any more."""

    def __init__(self, tensor: Tensor, free: list[Tensor]) -> None:
        self.tensor, self._free = tensor, free

    def __del__(self) -> None:
        self._free.append(self.tensor)


def evaluate(workspace: Workspace, coordinates: Tensor, weights: list[Tensor], biases: list[Tensor]) -> Tensor:
    """The network's values `(R, N, P)`.

    coordinates `(R | 1, N | 1, P, D)`; weights: L of `(R, D or W + D, W)` and one `(R, W + D, 1)`; biases, for each of
    them, `(R, N | 1, W or 1)`, N in the first. All but the last of each give phases in half turns. Differentiable in
    weights and biases, once.
    """
    result: Tensor = _Network.apply(workspace, coordinates, len(weights), *weights, *biases)
    return result


class _Network(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, workspace: Workspace, coordinates: Tensor, count: int, *parameters: Tensor) -> Tensor:
        from trainables.autodecoder.sine_kernels import activate

        replicates, _, width = parameters[0].shape
        sequences, points, dtype = parameters[count].shape[1], coordinates.shape[2], coordinates.dtype
        coordinates = coordinates.expand(replicates, sequences, -1, -1).reshape(-1, coordinates.shape[-1])
        wide, columns = width + coordinates.shape[1], whole(width)
        differentiable, last, rows = any(ctx.needs_input_grad), count - 1, _rows(columns)
        # Views are made once, as arrays where no product needs a tensor: making one costs as much as a small product.
        weights = [_filled(weight, columns).unbind() for weight in parameters[: count - 1]]
        weights.append(parameters[count - 1].squeeze(2).unbind())
        biases = [_filled(bias.expand(-1, sequences, -1), columns).numpy() for bias in parameters[count:-1]]
        # X_l A_l of all layers and points, or of one layer and block where no derivative is wanted.
        shape = (last, len(coordinates), columns) if differentiable else (1, rows, columns)
        affine, inputs = workspace.lend(shape, dtype), workspace.lend((rows, whole(wide)), dtype)
        values = torch.empty(replicates, sequences, points, dtype=dtype)
        flat, tensors, arrays = values.view(-1), affine.tensor.unbind(), affine.tensor.numpy()
        buffer = inputs.tensor.numpy()
        for r, n, block in _blocks(replicates, sequences, points, rows):
            x = coordinates[block]
            here, following, between = x.numpy(), inputs.tensor[: len(x), :wide], buffer[: len(x)]
            for layer in range(last):
                slot, place = (layer, block) if differentiable else (0, slice(len(x)))
                torch.mm(x, weights[layer][r], out=tensors[slot][place])
                activate(arrays[slot, place], biases[layer][r, n], here, width, between)
                x = following
            torch.mv(x, weights[last][r], out=flat[block])
        values += parameters[-1]
        if differentiable:
            ctx.save_for_backward(coordinates, *parameters)
            ctx.count, ctx.workspace, ctx.affine = count, workspace, affine
        return values

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Any, ...]:
        from trainables.autodecoder.sine_kernels import chain

        coordinates, *parameters = ctx.saved_tensors
        weights, biases, last = parameters[: ctx.count], parameters[ctx.count :], ctx.count - 1
        replicates, sequences, points = gradient.shape
        width = weights[0].shape[2]
        wide, columns = width + coordinates.shape[1], whole(width)
        rows = _rows(columns)
        # Products are fastest with these transposed in memory. Points get no derivative.
        backwards = [_filled(w[:, :width].transpose(1, 2), columns, columns).unbind() for w in weights[1:-1]]
        backwards.append(_filled(weights[-1][:, :width].transpose(1, 2), columns).unbind())
        of_weights = [w.new_zeros(*w.shape[:2], columns) for w in weights[:-1]] + [torch.zeros_like(weights[-1])]
        of_biases = [torch.zeros(replicates, sequences, columns, dtype=gradient.dtype) for _ in range(last)]
        sums, totals = [w.unbind() for w in of_weights], [b.numpy() for b in of_biases]
        offsets = [_filled(bias.expand(-1, sequences, -1), columns).numpy() for bias in biases[:-1]]
        loans = [ctx.workspace.lend((rows, c), gradient.dtype) for c in (columns, columns, whole(wide))]
        affine, flat = ctx.affine.tensor.numpy(), gradient.reshape(-1, 1)
        blocks = list(_blocks(replicates, sequences, points, rows))
        for (r, n, block), (_, _, after) in pairwise([*blocks, blocks[-1]]):
            outer, x = flat[block], coordinates[block]
            here, there, buffer = (loan.tensor[: len(x)] for loan in loans)
            array, other, between, ends = (a.numpy() for a in (here, there, buffer, x))
            inputs = buffer[:, :wide].t()
            for layer in reversed(range(last)):
                # From dY_{l+1}: dX_{l+1}, then X_{l+1} and dY_l in one pass, then dA_{l+1}.
                torch.mm(outer, backwards[layer][r], out=here)
                kept = affine[layer, block], affine[layer - 1, block] if layer else affine[last - 1, after]
                chain(*kept, offsets[layer][r, n], ends, width, between, array, totals[layer][r, n])
                sums[layer + 1][r].addmm_(inputs, outer)
                outer, here, there, array, other = here, there, here, other, array
            sums[0][r].addmm_(x.t(), outer)
        of_weights = [total[..., : w.shape[2]] for total, w in zip(of_weights, weights, strict=True)]
        of_biases = [total[..., :width] for total in of_biases]
        of_biases.append(gradient.sum(-1, keepdim=True))
        return (
            *(None, None, None),  # workspace, coordinates, count
            *of_weights,
            *(total.sum_to_size(bias.shape) for total, bias in zip(of_biases, biases, strict=True)),
        )


def whole(width: int) -> int:
    """So many columns fill whole vectors."""
    return -(-width // _VECTOR) * _VECTOR


def _rows(columns: int) -> int:
    """Points in a block."""
    return max(64, _BLOCK // columns)


def _filled(matrices: Tensor, columns: int, rows: int | None = None) -> Tensor:
    """`(R, n, m)` → `(R, rows or n, columns)`, contiguous, with zeros where nothing was."""
    below = 0 if rows is None else rows - matrices.shape[1]
    return pad(matrices, (0, columns - matrices.shape[2], 0, below)).contiguous()


def _blocks(replicates: int, sequences: int, points: int, rows: int) -> Iterator[tuple[int, int, slice]]:
    """Replicate, sequence, and where the points of each block stand among those of all replicates and sequences."""
    for r in range(replicates):
        for n in range(sequences):
            first = (r * sequences + n) * points
            for start in range(first, first + points, rows):
                yield r, n, slice(start, min(start + rows, first + points))
