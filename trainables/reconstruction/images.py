"""Triplets as a network takes them: inputs and targets at its resolution, truths at the data's own.

# N = images, s = side of the data, n = side of the network's volumes
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from trainables.reconstruction.errors import Measures
from trainables.reconstruction.triplets import THRESHOLD, Triplets


class Images:
    """Tensors of N triplets; where n < s, mask, image and volume are means over blocks of voxels."""

    def __init__(self, triplets: Triplets, resolution: int, device: torch.device) -> None:
        masks = torch.as_tensor(triplets.masks > THRESHOLD).float()
        images = torch.as_tensor(triplets.images.astype(np.float32))
        images = images / (255.0 if triplets.images.dtype == np.uint8 else 1.0)
        block = triplets.side // resolution
        self.truths = triplets.volumes > THRESHOLD
        """(N, s, s, s) numpy, true inside."""
        self.pictures = images.numpy()
        """(N, s, s), in [0, 1]."""
        self.inputs: Tensor = functional.avg_pool2d(torch.stack([masks, images * masks], dim=1), block).to(device)
        """(N, 2, n, n): mask, and image × mask."""
        volumes = torch.as_tensor(self.truths).float().unsqueeze(1)
        self.volumes: Tensor = functional.avg_pool3d(volumes, block).squeeze(1).to(device)
        """(N, n, n, n), the share of each voxel that is inside."""
        self.side = triplets.side
        self._measured: dict[int, Measures] = {}

    def measured(self, i: int) -> Measures:
        """The measures of a truth, computed once."""
        if i not in self._measured:
            self._measured[i] = Measures.of(self.truths[i])
        return self._measured[i]
