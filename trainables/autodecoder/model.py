"""A trained autodecoder read back from its file: f(x, y, z, t) of one replicate and sequence.

`open_model` and `load` also read the file of `advection`, whose models are such functions too.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.func import functional_call

from trainables.autodecoder.configuration import AutodecoderConfiguration
from trainables.autodecoder.decoder import Decoder
from trainables.files import read

if TYPE_CHECKING:
    from trainables.inbetween.saved_shapes import SavedShapes

# Points evaluated at once: a layer's values stay in the cache.
_CHUNK = 1 << 12


class SavedModel:
    """Decoder and codes of all replicates, as a confirmed trial keeps them."""

    def __init__(self, saved: dict[str, Any]) -> None:
        self.configuration = AutodecoderConfiguration.model_validate_json(saved["configuration"])
        self._codes: Tensor = saved["codes"]
        self._decoder = Decoder(self.configuration.decoder, [torch.Generator() for _ in self._codes])
        self._decoder.load_state_dict(saved["decoder"])
        networks_of_one = 1 if self.configuration.shared else len(self.configuration.sequences)
        self.replicates = len(self._codes) // networks_of_one
        """How many replicates were trained."""

    def field(self, replicate: int, sequence: int) -> Callable[[Tensor], Tensor]:
        """The function (P, 4) → (P,): x, y, z in domain units and t in [0, 1] to the signed distance, inside negative.

        `sequence` is the index among those of the configuration.
        """
        network, position = replicate, sequence
        if not self.configuration.shared:
            network, position = replicate * len(self.configuration.sequences) + sequence, 0
        parameters = {name: p.detach()[network : network + 1] for name, p in self._decoder.named_parameters()}
        code = self._codes[network : network + 1, position : position + 1]

        @torch.no_grad()
        def sdf(points: Tensor) -> Tensor:
            parts = points.view(1, 1, -1, 4).split(_CHUNK, dim=2)
            return torch.cat([functional_call(self._decoder, parameters, (part, code))[0, 0] for part in parts])

        return sdf


def open_model(path: str) -> SavedModel | SavedShapes:
    """The model in a file, path or URI. Raises FileNotFoundError if there is none, ValueError if it holds no function
    of place and time; nothing is unpickled."""
    content = read(path)
    if content is None:
        raise FileNotFoundError(path)
    try:
        state = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:  # what torch raises on a file that is not its own is of many kinds
        raise ValueError(f"{path}: not a file of weights, or torn") from error
    if "volumes" in state:
        from trainables.inbetween.saved_shapes import SavedShapes

        return SavedShapes(state)
    return SavedModel(state)


def load(path: str, replicate: int = 0, sequence: int = 0) -> Callable[[NDArray], NDArray]:
    """`SavedModel.field` of the model in a file, as a function of arrays: (P, 4) → (P,).

    Raises FileNotFoundError if there is no such file.
    """
    field = open_model(path).field(replicate, sequence)
    return lambda points: field(torch.as_tensor(np.asarray(points, dtype=np.float32))).numpy()
