"""SHAPR trained with one fold held out in each replicate, and scored image by image (Waibel 2022, section 4.2).

A replicate is one network: replicate r holds out fold r mod F, so that k F replicates test every image k times. What an
image is used for depends on the fold that is held out (`folds.role`), so the rows of a replicate cover all images that
take part, at a single time 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch.nn import functional

from trainables.base import Trainable
from trainables.reconstruction import folds
from trainables.reconstruction.configuration import ReconstructionConfiguration
from trainables.reconstruction.display import display_rows, displayed
from trainables.reconstruction.errors import Array, cut, errors
from trainables.reconstruction.images import Images
from trainables.reconstruction.learner import Learner
from trainables.reconstruction.network import Shapr
from trainables.reconstruction.triplets import opened
from trainables.shapes.timeline import Role, Timeline

_CHUNK = 16
"""Images predicted at once: bounds memory, not results."""


class Reconstruction(Trainable):
    """One learner for each replicate, trained one after the other within every epoch."""

    def __init__(
        self, configuration: dict[str, Any], timeline: Timeline, seeds: list[int], device: torch.device
    ) -> None:
        super().__init__()
        self.configuration = c = ReconstructionConfiguration.model_validate(configuration)
        self.epochs = c.epochs + c.adversarial_epochs
        self.members = folds.taking_part(c.images)
        self.images = Images(opened(c.file).chosen([m.label for m in self.members]), c.resolution, device)
        self.held_out = [replicate % c.folds() for replicate in range(len(seeds))]
        self.guard.names = [f"replicate {r} (fold {fold})" for r, fold in enumerate(self.held_out)]
        self.learners = [Learner(c, seed, device) for seed in seeds]
        self._curves: list[dict[str, Any]] = []
        self._last = [dict.fromkeys(learner.terms, 0.0) for learner in self.learners]

    def at(self, replicate: int, role: Role) -> list[int]:
        """Positions of the images that a replicate uses so."""
        held_out, everyone = self.held_out[replicate], self.configuration.images
        return [i for i, member in enumerate(self.members) if folds.role(member, held_out, everyone) == role]

    def train_epoch(self) -> None:
        for replicate, learner in enumerate(self.learners):
            if learner.ended or replicate in self.guard.reasons:
                continue
            shown, watched = (
                (self.images.inputs[at], self.images.volumes[at])
                for at in (self.at(replicate, "train"), self.at(replicate, "validation"))
            )
            found = learner.train(*shown)
            found["validation"] = learner.validated(*watched)
            learner.end_epoch(found["validation"])
            self._last[replicate] = found
            self._curves.append({"replicate": replicate, "epoch": self.epoch + 1} | found)
        self.epoch += 1
        # A term that a phase has not is NaN; `loss` holds those that it has.
        checked = [name for name in self.learners[0].terms if name not in ("adversarial", "discriminator")]
        self.guard.check({name: torch.tensor([last[name] for last in self._last]) for name in checked}, self.epoch)

    @torch.no_grad()
    def likelihoods(self, replicate: int, at: list[int]) -> Array:
        """Predicted likelihoods of images at the data's own side s, `(len(at), s, s, s)`: those of the best weights.

        All zero where the replicate has diverged: it is scored as an empty prediction, not left out.
        """
        side = self.images.side
        if replicate in self.guard.reasons:
            return np.zeros((len(at), side, side, side), dtype=np.float32)
        c = self.configuration
        network = Shapr(c.resolution, c.filters, c.decoder_depth).to(self.images.inputs.device)
        network.load_state_dict(self.learners[replicate].best)
        network.eval()
        parts = [network(part).sigmoid() for part in self.images.inputs[at].split(_CHUNK)]
        found = torch.cat(parts).unsqueeze(1)
        if side != c.resolution:
            found = functional.interpolate(found, size=(side,) * 3, mode="trilinear")
        values: Array = found.squeeze(1).cpu().numpy()
        return values

    def rows(self, roles: set[Role]) -> list[dict[str, Any]]:
        rows = []
        for replicate, fold in enumerate(self.held_out):
            for role in sorted(roles):
                at = self.at(replicate, role)
                for i, likelihood in zip(at, self.likelihoods(replicate, at) if at else [], strict=True):
                    predicted = cut(likelihood, self.configuration.eight_bit)
                    rows.append(
                        {
                            "replicate": replicate,
                            "sequence": self.members[i].label,
                            "time_index": 0,
                            "time": 0.0,
                            "role": role,
                            "class": self.members[i].kind,
                            "fold": fold,
                            **errors(predicted, self.images.truths[i], self.images.measured(i)),
                            "empty": not predicted.any(),
                        }
                    )
        return rows

    def surfaces(self, replicate: int) -> list[dict[str, Any]]:
        """Some images of every class, each as the first replicate predicts it that holds it out for a test."""
        rows = []
        for i in displayed([member.kind for member in self.members]):
            tester = next((r for r in range(len(self.learners)) if i in self.at(r, "test")), None)
            if tester is not None:
                (likelihood,) = self.likelihoods(tester, [i])
                label, truth, picture = self.members[i].label, self.images.truths[i], self.images.pictures[i]
                rows += [{"replicate": tester} | row for row in display_rows(label, picture, truth, likelihood)]
        return rows

    def curves(self) -> list[dict[str, Any]]:
        return self._curves

    def state(self) -> dict[str, Any]:
        return {
            "learners": [learner.state() for learner in self.learners],
            "curves": self._curves,
            "last": self._last,
        }

    def restore(self, state: dict[str, Any]) -> None:
        for learner, saved in zip(self.learners, state["learners"], strict=True):
            learner.restore(saved)
        self._curves, self._last = state["curves"], state["last"]

    def model(self) -> dict[str, Any] | None:
        return {
            "configuration": self.configuration.model_dump_json(),
            "held_out": self.held_out,
            "networks": [{name: value.cpu() for name, value in learner.best.items()} for learner in self.learners],
        }
