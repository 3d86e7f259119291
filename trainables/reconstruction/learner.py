"""One network in training: its phases, steps, early stopping, and everything that a checkpoint needs.

    supervised phase    L = S + λ T                       S = (2 · Dice + BCE) / 2, on logits
    adversarial phase   L = (10 S + A) / 11 + λ T         A = BCE(D(p), 1), through the likelihoods p, not cut

A phase ends at its last epoch, or `patience` epochs after the lowest validation loss S + λ T. The weights of that
lowest loss are what the next phase begins with, and after the last phase what is scored.

# B = images of a batch, n = side of the network's volumes
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from trainables.reconstruction.augmentation import augmented
from trainables.reconstruction.configuration import ReconstructionConfiguration
from trainables.reconstruction.losses import supervised_loss
from trainables.reconstruction.network import Discriminator, Shapr, initialised
from trainables.topology import topological_loss

PHASES = ("supervised", "adversarial", "ended")
SUPERVISED_WEIGHT = 10
"""Of the supervised loss beside the adversarial one, of weight 1, in the adversarial phase."""


class Learner:
    """Network, discriminator, optimisers and random state of one replicate."""

    def __init__(self, configuration: ReconstructionConfiguration, seed: int, device: torch.device) -> None:
        self.configuration = c = configuration
        self.generator = torch.Generator().manual_seed(seed)
        self.network = initialised(Shapr(c.resolution, c.filters, c.decoder_depth), self.generator).to(device)
        self.phase = PHASES[0]
        self.phase_epochs = self.stale = 0
        self.lowest = math.inf
        self.best = _copied(self.network)
        """Weights of the lowest validation loss of this phase; before its first epoch those that it begins with."""
        self._optimise()
        self.discriminator: torch.nn.Module | None = None
        if c.adversarial_epochs:
            self.discriminator = initialised(Discriminator(c.filters), self.generator).to(device)
            self.judging = torch.optim.Adam(self.discriminator.parameters(), lr=c.discriminator_rate)

    def _optimise(self) -> None:
        self.optimiser = torch.optim.Adam(self.network.parameters(), lr=self.configuration.learning_rate)
        self.schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(
            self.optimiser, factor=0.1, patience=self.configuration.plateau
        )

    @property
    def ended(self) -> bool:
        return self.phase == "ended"

    @property
    def terms(self) -> list[str]:
        """Names of the losses that an epoch has."""
        topology = ["topology"] if self.configuration.topology else []
        adversarial = ["adversarial", "discriminator"] if self.discriminator else []
        return ["loss", "supervised", *topology, *adversarial, "validation"]

    def train(self, inputs: Tensor, volumes: Tensor) -> dict[str, float]:
        """One epoch over inputs `(N, 2, n, n)` and volumes `(N, n, n, n)` in random order, over again until there were
        `least_steps`: the mean of each term, NaN for one that this phase has not."""
        self.network.train()
        passes = math.ceil(self.configuration.least_steps / math.ceil(len(inputs) / self.configuration.batch))
        totals = dict.fromkeys(self.terms[:-1], 0.0)
        for _ in range(passes):
            order = torch.randperm(len(inputs), generator=self.generator)
            for batch in order.split(self.configuration.batch):
                at = batch.to(inputs.device)
                for name, value in self._step(inputs[at], volumes[at]).items():
                    totals[name] += value * len(batch) / (passes * len(inputs))
        return totals

    def _step(self, inputs: Tensor, volumes: Tensor) -> dict[str, float]:
        given, wanted = augmented(inputs, volumes, self.configuration.augmentation, self.generator)
        logits = self.network(given)
        supervised, topology = self.losses(logits, wanted, volumes)
        geometrical, found = supervised, {"supervised": float(supervised.detach().mean())}
        if self.discriminator is not None:
            found |= {"adversarial": math.nan, "discriminator": math.nan}
        if self.phase == "adversarial":
            adversarial = self.adversarial_loss(logits.sigmoid())
            geometrical = (SUPERVISED_WEIGHT * supervised + adversarial) / (SUPERVISED_WEIGHT + 1)
            found["adversarial"] = float(adversarial.detach().mean())
        loss = geometrical.mean()
        if topology is not None and self.configuration.topology is not None:
            loss = loss + self.configuration.topology.weight * topology.mean()
            found["topology"] = float(topology.detach().mean())
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        if self.phase == "adversarial":
            found["discriminator"] = self._judge(logits.detach().sigmoid(), wanted)
        return {"loss": float(loss.detach())} | found

    def losses(self, logits: Tensor, wanted: Tensor, unmoved: Tensor) -> tuple[Tensor, Tensor | None]:
        """S and T of each image `(B,)`; T is None without topological term.

        `unmoved` are the volumes before flips and turns, which leave the persistence diagrams as they are.
        """
        supervised, topology = supervised_loss(logits, wanted), self.configuration.topology
        if topology is None:
            return supervised, None
        term = topological_loss(
            logits.sigmoid(), unmoved, size=topology.size, dimensions=topology.compared(), order=2,
            filtration=topology.filtration, construction=topology.construction, essential=topology.essential,
        )  # fmt: skip
        return supervised, term

    def adversarial_loss(self, likelihoods: Tensor) -> Tensor:
        """How far each predicted volume `(B, n, n, n)` is from passing as a true one, `(B,)`."""
        assert self.discriminator is not None
        judged = self.discriminator(likelihoods)
        return functional.binary_cross_entropy_with_logits(judged, torch.ones_like(judged), reduction="none")

    def _judge(self, likelihoods: Tensor, volumes: Tensor) -> float:
        """One step of the discriminator."""
        assert self.discriminator is not None
        true, false = self.discriminator(volumes), self.discriminator(likelihoods)
        entropy = functional.binary_cross_entropy_with_logits
        loss = (entropy(true, torch.ones_like(true)) + entropy(false, torch.zeros_like(false))) / 2
        self.judging.zero_grad(set_to_none=True)
        loss.backward()
        self.judging.step()
        return float(loss.detach())

    @torch.no_grad()
    def validated(self, inputs: Tensor, volumes: Tensor) -> float:
        """S + λ T as the network is now, mean over the images given."""
        self.network.eval()
        total = 0.0
        for given, wanted in zip(
            inputs.split(self.configuration.batch), volumes.split(self.configuration.batch), strict=True
        ):
            supervised, topology = self.losses(self.network(given), wanted, wanted)
            total += float(supervised.sum())
            if topology is not None and self.configuration.topology is not None:
                total += self.configuration.topology.weight * float(topology.sum())
        return total / len(inputs)

    def end_epoch(self, validation: float) -> None:
        """Keep the weights if they are the best, lower the rate on a plateau, and end the phase where it is over."""
        self.phase_epochs += 1
        self.stale += 1
        if validation < self.lowest:
            self.lowest, self.stale, self.best = validation, 0, _copied(self.network)
        self.schedule.step(validation)
        c = self.configuration
        last = c.epochs if self.phase == "supervised" else c.adversarial_epochs
        if self.stale < c.patience and self.phase_epochs < last:
            return
        self.network.load_state_dict(self.best)
        self.phase = "adversarial" if self.phase == "supervised" and c.adversarial_epochs else "ended"
        self.phase_epochs = self.stale = 0
        self.lowest = math.inf
        self._optimise()

    def state(self) -> dict[str, Any]:
        """Everything that training needs to go on."""
        adversarial = {}
        if self.discriminator is not None:
            adversarial = {"discriminator": self.discriminator.state_dict(), "judging": self.judging.state_dict()}
        return adversarial | {
            "network": self.network.state_dict(),
            "best": self.best,
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state_dict(),
            "generator": self.generator.get_state(),
            "progress": [PHASES.index(self.phase), self.phase_epochs, self.stale, self.lowest],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        self.network.load_state_dict(state["network"])
        device = next(self.network.parameters()).device
        self.best = {name: value.to(device) for name, value in state["best"].items()}
        self.optimiser.load_state_dict(state["optimiser"])
        self.schedule.load_state_dict(state["schedule"])
        self.generator.set_state(state["generator"])
        phase, self.phase_epochs, self.stale, self.lowest = state["progress"]
        self.phase = PHASES[phase]
        if self.discriminator is not None:
            self.discriminator.load_state_dict(state["discriminator"])
            self.judging.load_state_dict(state["judging"])


def _copied(network: torch.nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in network.state_dict().items()}
