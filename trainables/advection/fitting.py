"""One model in training: the weighted losses, Adam, exponential decay (Han 2023, eqs. 9 and 10)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from trainables.advection import losses
from trainables.advection.configuration import AdvectionConfiguration
from trainables.advection.networks import Model
from trainables.advection.patches import Patches


class Fitting(ABC):
    """Model, optimiser and schedule; a subclass says what a step is taken on.

    `make` draws the weights from PyTorch's generator, which is seeded for it; `decay` is the factor on the learning
    rate in every step.
    """

    def __init__(
        self, weights: AdvectionConfiguration, make: Callable[[], Model], learning_rate: float, decay: float, seed: int,
        device: torch.device,
    ) -> None:  # fmt: skip
        self.weights = weights
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            model = make()
        # The memory order that processors convolve fastest.
        order = torch.channels_last if model.dimensions == 2 else torch.channels_last_3d
        self.model: Model = model.to(device=device, memory_format=order)  # type: ignore[call-overload]
        self.optimiser = torch.optim.Adam(self.model.parameters(), lr=learning_rate, betas=(0.9, 0.999))
        self.schedule = torch.optim.lr_scheduler.ExponentialLR(self.optimiser, decay)

    @abstractmethod
    def step(self) -> dict[str, Tensor]:
        """`losses` of what is next; `apply` follows, or not."""

    def losses(self, patches: Patches) -> dict[str, Tensor]:
        """The terms, with gradients in the model; `loss` is their weighted sum."""
        c = self.weights
        found = losses.terms(self.model, patches, c.space == "latent")
        loss = found["dynamics"] + c.magnitude_weight * found["magnitude"] + c.smoothness_weight * found["smoothness"]
        if "autoencoder" in found:
            loss = loss + c.autoencoder_weight * found["autoencoder"]
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        return {"loss": loss.detach()} | {name: value.detach() for name, value in found.items()}

    def apply(self) -> None:
        """Take the step, and let the learning rate decay."""
        self.optimiser.step()
        self.schedule.step()

    def state(self) -> dict[str, Any]:
        """Everything that training needs to go on."""
        return {
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state_dict(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.schedule.load_state_dict(state["schedule"])
