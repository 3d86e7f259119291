"""Transport keeps the precision of its measures, also within `torch.autocast`.

Autocast would multiply kernels in 16 bits: the potentials of a small blur differ by less than those can tell apart.
"""

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import torch

P = ParamSpec("P")
T = TypeVar("T")


def without_autocast(function: Callable[P, T]) -> Callable[P, T]:
    """The same function of tensors, with autocast off inside, on the device of the first."""

    @functools.wraps(function)
    def exact(*arguments: P.args, **named: P.kwargs) -> T:
        tensors = (value for value in (*arguments, *named.values()) if isinstance(value, torch.Tensor))
        first = next(tensors, None)
        if first is None or not torch.is_autocast_enabled(first.device.type):
            return function(*arguments, **named)
        with torch.autocast(first.device.type, enabled=False):
            return function(*arguments, **named)

    return exact
