"""A trained autodecoder read back from its file: f(x, y[, z], t) of one replicate and sequence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.func import functional_call

from trainables.autodecoder.configuration import AutodecoderConfiguration
from trainables.autodecoder.decoder import Decoder
from trainables.autodecoder.kept_frames import bases
from trainables.saved_model import GRID, SavedModel
from trainables.saved_model import load as load  # here the models look for it that MLflow has kept of earlier versions

# Points evaluated at once: a layer's values stay in the cache.
_CHUNK = 1 << 12


class SavedDecoder(SavedModel):
    """Decoder and codes of all replicates."""

    def __init__(self, saved: dict[str, Any]) -> None:
        configuration = AutodecoderConfiguration.model_validate_json(saved["configuration"])
        self._codes: Tensor = saved["codes"]
        self._decoder = Decoder(
            configuration.decoder, [torch.Generator() for _ in self._codes], configuration.dimension
        )
        self._decoder.load_state_dict(saved["decoder"])
        self._shared = configuration.shared
        # Files of earlier versions hold no base.
        self._bases = bases(saved["base"], configuration.sequences) if "base" in saved else None
        self.sequences = configuration.sequences
        self.replicates = len(self._codes) // (1 if self._shared else len(self.sequences))

    def field(self, replicate: int, sequence: int, grid: int = GRID) -> Callable[[Tensor], Tensor]:
        network, position = replicate, sequence
        if not self._shared:
            network, position = replicate * len(self.sequences) + sequence, 0
        parameters = {name: p.detach()[network : network + 1] for name, p in self._decoder.named_parameters()}
        code = self._codes[network : network + 1, position : position + 1]

        @torch.no_grad()
        def sdf(points: Tensor) -> Tensor:
            parts = points.view(1, 1, *points.shape).split(_CHUNK, dim=2)
            return torch.cat([functional_call(self._decoder, parameters, (part, code))[0, 0] for part in parts])

        return sdf if self._bases is None else self._bases[sequence].plus(sdf, grid)
