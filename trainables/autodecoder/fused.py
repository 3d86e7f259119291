"""The sine network on the CPU with nothing but matrix products and one pass between two of them.

The same function as the plain layers of `decoder.py`, and its derivative by hand:

    Y_l = X_l A_l + b_l,   X_{l+1} = [sin Y_l | coordinates],   f = X_{L+1} a + b
    dY_L = (df ⊗ a) cos Y_L,   dY_{l−1} = (dY_l A_lᵀ) cos Y_{l−1},   dA_l = X_lᵀ dY_l,   db_l = Σ_points dY_l

where A and b already hold the frequency ω, and b the code. The points of one replicate and sequence are taken in blocks
that stay in the cache from the first layer to the last; replicates take turns, since on a CPU a batched product is
slower than its parts in turn, and each is exactly what it is alone. X and cos Y are kept for the derivative in memory
that is used again in the next step: fresh pages cost as much as a layer.

# R = replicate, N = sequence, P = point, W = width, L = sine layers
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

# Numbers in a block of points times a layer's width: half a megabyte in float32, which stays in the cache.
_BLOCK = 1 << 17


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

    coordinates `(R | 1, N | 1, P, 4)`; weights: L of `(R, 4 or W + 4, W)` and one `(R, W + 4, 1)`; biases, for each of
    them, `(R, N | 1, W or 1)`, N in the first. Differentiable in weights and biases, once.
    """
    result: Tensor = _Network.apply(workspace, coordinates, len(weights), *weights, *biases)
    return result


class _Network(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, workspace: Workspace, coordinates: Tensor, count: int, *parameters: Tensor) -> Tensor:
        from trainables.autodecoder.sine_kernels import activate, activate_only

        replicates, _, width = parameters[0].shape
        sequences, points, dtype = parameters[count].shape[1], coordinates.shape[2], coordinates.dtype
        coordinates = coordinates.expand(replicates, sequences, -1, -1).reshape(-1, 4)
        # Views are made once, as arrays where no product needs a tensor: making one costs as much as a small product.
        weights = [weight.unbind() for weight in parameters[:count]]
        biases = [bias.expand(-1, sequences, -1).numpy() for bias in parameters[count:]]
        differentiable, last, rows = any(ctx.needs_input_grad), count - 1, _rows(width)
        kept = len(coordinates) if differentiable else rows
        # X_2 … X_{L+1}; two of them take turns where none is kept.
        inputs = workspace.lend((last if differentiable else 2, kept, width + 4), dtype)
        cosines = workspace.lend((last, kept, width), dtype) if differentiable else None
        affine = workspace.lend((rows, width), dtype)
        values = torch.empty(replicates, sequences, points, dtype=dtype)
        flat, tensors, arrays = values.view(-1), inputs.tensor.unbind(), inputs.tensor.numpy()
        cosine = cosines.tensor.numpy() if cosines else None
        for r, n, block in _blocks(replicates, sequences, points, rows):
            x = coordinates[block]
            here, scratch = x.numpy(), affine.tensor[: len(x)]
            between = scratch.numpy()
            for layer in range(last):
                torch.mm(x, weights[layer][r], out=scratch)
                if cosine is not None:
                    x = tensors[layer][block]
                    activate(between, biases[layer][r, n], here, arrays[layer, block], cosine[layer, block])
                else:
                    x = tensors[layer % 2][: len(here)]
                    activate_only(between, biases[layer][r, n], here, arrays[layer % 2, : len(here)])
            torch.mv(x, weights[last][r][:, 0], out=flat[block])
        values += parameters[-1]
        if differentiable:
            ctx.save_for_backward(coordinates, *parameters)
            ctx.count, ctx.workspace, ctx.inputs, ctx.cosines = count, workspace, inputs, cosines
        return values

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Any, ...]:
        from trainables.autodecoder.sine_kernels import chain, chain_outer

        coordinates, *parameters = ctx.saved_tensors
        weights, biases, last = parameters[: ctx.count], parameters[ctx.count :], ctx.count - 1
        replicates, sequences, points = gradient.shape
        width = weights[0].shape[2]
        rows = _rows(width)
        # Gradients of weights are summed transposed, and weights transposed once: products are faster so.
        of_weights = [torch.zeros_like(w.transpose(1, 2), memory_format=torch.contiguous_format) for w in weights]
        backwards = [w[:, :width].transpose(1, 2).contiguous().unbind() for w in weights[1:last]]
        of_biases = [torch.zeros(replicates, sequences, width, dtype=gradient.dtype) for _ in range(last)]
        sums, totals = [w.unbind() for w in of_weights], [b.numpy() for b in of_biases]
        output = weights[last][:, :width, 0].contiguous().numpy()
        inputs, cosine = [coordinates, *ctx.inputs.tensor.unbind()], ctx.cosines.tensor.numpy()
        loans = [ctx.workspace.lend((rows, width), gradient.dtype) for _ in range(2)]
        flat = gradient.reshape(-1)
        for r, n, block in _blocks(replicates, sequences, points, rows):
            outer = flat[block]
            here, there = (loan.tensor[: len(outer)] for loan in loans)
            array, other = here.numpy(), there.numpy()
            sums[last][r][0].addmv_(inputs[last][block].t(), outer)
            for layer in reversed(range(last)):
                if layer == last - 1:
                    chain_outer(outer.numpy(), output[r], cosine[layer, block], array, totals[layer][r, n])
                else:
                    torch.mm(here, backwards[layer][r], out=there)
                    here, there, array, other = there, here, other, array
                    chain(array, cosine[layer, block], totals[layer][r, n])
                sums[layer][r].addmm_(here.t(), inputs[layer][block])
        of_biases.append(gradient.sum(-1, keepdim=True))
        return (
            *(None, None, None),  # workspace, coordinates, count
            *(total.transpose(1, 2) for total in of_weights),
            *(total.sum_to_size(bias.shape) for total, bias in zip(of_biases, biases, strict=True)),
        )


def _rows(width: int) -> int:
    """Points in a block."""
    return max(64, _BLOCK // width)


def _blocks(replicates: int, sequences: int, points: int, rows: int) -> Iterator[tuple[int, int, slice]]:
    """Replicate, sequence, and where the points of each block stand among those of all replicates and sequences."""
    for r in range(replicates):
        for n in range(sequences):
            first = (r * sequences + n) * points
            for start in range(first, first + points, rows):
                yield r, n, slice(start, min(start + rows, first + points))
