"""What a pickle holds, without running anything that it names.

Cellpose's `_seg.npy` is a pickled dictionary. A pickle names functions and classes, which an ordinary unpickler imports
and calls, whatever they do. Here every such name becomes a `Named`, which keeps what it is given and does nothing; only
where it is a NumPy array of plain numbers, its bytes are an array again.
"""

from __future__ import annotations

import pickle
from typing import IO, TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


class Named:
    """An object of a class, or the answer of a function, that a pickle names; what it was made of, and nothing else."""

    what: ClassVar[str] = ""

    def __new__(cls, *arguments: Any, **named: Any) -> Named:
        made = super().__new__(cls)
        made.arguments, made.state = arguments, None
        return made

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self.arguments: tuple[Any, ...] = arguments
        self.state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def __setitem__(self, key: Any, value: Any) -> None:
        """Of a kind of dictionary: nothing is kept."""

    def append(self, value: Any) -> None:
        """Of a kind of list: nothing is kept."""

    extend = add = append

    def array(self) -> Array | list[Any]:
        """The array that this is: of numbers, or a list of the objects in it; ValueError if it is none."""
        import numpy as np

        if not self.what.endswith("multiarray._reconstruct") or not isinstance(self.state, tuple):
            raise ValueError(f"{self.what or 'an object'} where an array should be")
        _, shape, kind, fortran, content = self.state
        if isinstance(content, list):
            return content
        if not isinstance(kind, Named) or not isinstance(content, bytes):
            raise ValueError("an array of an unknown type")
        order = str(kind.state[1]) if isinstance(kind.state, tuple) else "="
        numbers = np.dtype(f"{order if order in '<>' else '='}{kind.arguments[0]}")
        if numbers.kind not in "biuf":
            raise ValueError(f"an array of type {numbers}")
        return np.frombuffer(content, numbers).reshape(shape, order="F" if fortran else "C")


class _Inert(pickle.Unpickler):
    """Imports nothing: every name is a class of its own that does nothing."""

    def find_class(self, module: str, name: str) -> type[Named]:
        return type("Named", (Named,), {"what": f"{module}.{name}"})


def read(file: IO[bytes]) -> Any:
    """The object that a pickle holds, of plain Python types and `Named`; ValueError if it is damaged."""
    try:
        return _Inert(file).load()
    except Exception as error:  # a damaged pickle may raise anything
        raise ValueError(f"a damaged pickle: {error or type(error).__name__}") from None
