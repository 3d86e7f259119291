"""Loops compiled by numba, and kept on disk: the first process on a machine compiles, the others load."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic


def _widest_vectors(context):
    def generate(context, builder, signature, arguments):
        # llvmlite's own `add` refuses attributes that have a value.
        set.add(builder.function.attributes, '"prefer-vector-width"="512"')
        return context.get_dummy_value()

    return types.void(), generate


widest_vectors: Any = intrinsic(_widest_vectors)
"""Called in a compiled function: its loops use the processor's widest vectors.

On some processors with AVX-512 LLVM keeps to 256 bits by itself, which suits code that is seldom busy with arithmetic.
Without effect on processors that have no wider ones.
"""


def _prefetch(context, array, row, column):
    def generate(context, builder, signature, arguments):
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        element = cgutils.get_item_pointer(context, builder, signature.args[0], array, arguments[1:])
        address, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        prefetch = builder.module.declare_intrinsic(
            "llvm.prefetch", (address,), ir.FunctionType(ir.VoidType(), [address, number, number, number])
        )
        to_read, near, data = (ir.Constant(number, value) for value in (0, 2, 1))
        builder.call(prefetch, [builder.bitcast(element, address), to_read, near, data])
        return context.get_dummy_value()

    return types.void(array, types.intp, types.intp), generate


prefetch: Any = intrinsic(_prefetch)
"""`prefetch(array, row, column)` in a compiled function: the cache line of that element is wanted soon, in the second
level of the cache. The processor reads it from memory while it goes on computing; nothing waits for it."""


def compiled(fastmath: set[str]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Compile for each type it is called with, assuming no more of the arithmetic than LLVM's flags in `fastmath`.

    What was compiled is kept beside the code, or in the user's cache if that is read-only; if neither can be
    written, every process compiles for itself.
    """
    options: dict[str, Any] = {"nogil": True, "fastmath": fastmath, "error_model": "numpy"}

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        try:
            found: Callable[..., Any] = njit(cache=True, **options)(function)
        except RuntimeError:  # numba's word for having no place for a cache
            found = njit(**options)(function)
        return found

    return decorate
