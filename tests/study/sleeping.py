"""A trainable that only sleeps: what it reports follows from configuration, seeds and epochs, and it fails on demand.

Everything around the training is real, so a whole study takes seconds. Each epoch leaves a line in the file that
$SLEEPING_TRACE names: which process of which node trained it. $SLEEPING_HOLDS names, for the first nodes in turn, an
epoch after which a trial there waits until its node goes away.
"""

from __future__ import annotations

import json
import math
import os
import random
import signal
import time
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from pydantic import Field

from tests import faults  # noqa: F401 (registers a filesystem)
from tests.study import killing
from trainables.base import Divergence, Trainable, TrainableConfiguration
from trainables.shapes.timeline import Role, Timeline

Fault = Literal["", "exception", "memory", "gpu memory", "divergence", "killed", "killed once"]


class Sleeping(TrainableConfiguration):
    """Best at its own depth; a study's methods differ in it."""

    implementation: ClassVar[str] = "tests.study.sleeping:Sleeper"

    epochs: int = Field(8, ge=0)
    depth: float = Field(0.5, ge=0, le=1)
    pillows: int = Field(2, ge=1)
    best_depth: float = 0.5
    offset: float = 0.0
    seconds: float = Field(0.0, ge=0, description="slept in each epoch")
    extra_metrics: int = Field(0, ge=0, description="further columns of the rows")
    fault: Fault = ""
    fault_epoch: int = Field(3, description="after which it fails")
    fault_depth: float = Field(0.0, description="it fails at this depth and above")

    def derived(self) -> dict[str, float]:
        return {"comfort": self.depth * self.pillows}

    def operations(self, shown: int) -> float:
        return float(self.epochs)


class Sleeper(Trainable):
    """Its state is a number per replicate that every epoch changes: a wrong epoch to go on from would be seen."""

    def __init__(self, configuration: dict[str, Any], timeline: Timeline, seeds: list[int], device: object) -> None:
        super().__init__()
        self.configuration = Sleeping.model_validate(configuration)
        self.timeline, self.seeds, self.epochs = timeline, seeds, self.configuration.epochs
        self.rest = [1.0 for _ in seeds]
        self.history: list[list[float]] = []

    def train_epoch(self) -> None:
        c = self.configuration
        time.sleep(c.seconds)
        self._fail()
        self.epoch += 1
        self.rest = [
            0.8 * rest + 0.2 * random.Random(f"{seed} {self.epoch} {c.pillows}").random()
            for rest, seed in zip(self.rest, self.seeds, strict=True)
        ]
        self.history.append(self.rest)
        self._trace()
        self._hold()

    def _fail(self) -> None:
        c = self.configuration
        if not c.fault or self.epoch != c.fault_epoch or c.depth < c.fault_depth:
            return
        match c.fault:
            case "exception":
                raise ValueError("a pea\nunder the mattress")
            case "memory":
                raise MemoryError("no bed is large enough")
            case "gpu memory":
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
            case "divergence":
                raise Divergence(f"replicate 0: dream exploded at epoch {self.epoch + 1}")
            case "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            case "killed once":
                marker = f"{os.environ['SLEEPING_TRACE']}.killed-{self.seeds[0]}-{c.depth}"
                if not os.path.exists(marker):
                    open(marker, "w").close()
                    os.kill(os.getpid(), signal.SIGKILL)

    def _trace(self) -> None:
        if path := os.environ.get("SLEEPING_TRACE"):
            import ray  # not before the driver has told it to be silent

            node = ray.get_runtime_context().get_node_id() if ray.is_initialized() else ""
            line = {"depth": self.configuration.depth, "offset": self.configuration.offset, "seed": self.seeds[0]}
            line |= {"epoch": self.epoch, "process": os.getpid(), "node": node}
            with open(path, "a") as file:
                file.write(json.dumps(line) + "\n")

    def _hold(self) -> None:
        holds = [int(epoch) for epoch in os.environ.get("SLEEPING_HOLDS", "").split()]
        if holds:
            with open(os.environ["SLEEPING_TRACE"]) as file:
                nodes = list(dict.fromkeys(json.loads(line)["node"] for line in file))  # the last is this one
            while self.epoch in holds[len(nodes) - 1 : len(nodes)]:
                time.sleep(1)

    def rows(self, roles: set[Role]) -> list[dict[str, Any]]:
        c = self.configuration
        level = c.offset + abs(c.depth - c.best_depth) + 1 / (1 + self.epoch)
        rows = []
        for replicate, (seed, rest) in enumerate(zip(self.seeds, self.rest, strict=True)):
            noise = random.Random(f"{seed} {c.offset}")
            for index, (when, role) in enumerate(zip(self.timeline.times, self.timeline.roles, strict=True)):
                tiredness = level + 0.1 * rest + 0.1 * noise.random()
                if role in roles:
                    row = {"replicate": replicate, "sequence": "night", "time_index": index, "time": when, "role": role}
                    more = {f"metric{i}": tiredness * (i + 2) for i in range(c.extra_metrics)}
                    rows.append(row | {"tiredness": tiredness, "calm": math.exp(-tiredness)} | more)
        return rows

    def curves(self) -> list[dict[str, Any]]:
        return [
            {"replicate": r, "epoch": e + 1, "loss": rest}
            for e, all_rests in enumerate(self.history)
            for r, rest in enumerate(all_rests)
        ]

    def surfaces(self, replicate: int) -> list[dict[str, Any]]:
        """A tetrahedron that shrinks."""
        corners = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], dtype=np.float32)
        faces = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]], dtype=np.int32)
        return [
            {"sequence": "night", "time": when, "role": role, "kind": kind}
            | {"vertices": (corners * size).ravel(), "faces": faces.ravel()}
            for when, role in zip(self.timeline.times, self.timeline.roles, strict=True)
            for kind, size in (("predicted", 1 - when / 2), ("true", 1 - when / 2 + 0.01 * self.rest[replicate]))
        ]

    def state(self) -> dict[str, Any]:
        return {"rest": torch.tensor(self.rest, dtype=torch.float64), "history": self.history}

    def restore(self, state: dict[str, Any]) -> None:
        self.rest, self.history = state["rest"].tolist(), [list(rests) for rests in state["history"]]

    def model(self) -> dict[str, Any]:
        return {"rest": torch.tensor(self.rest, dtype=torch.float64)}


killing.install_in_worker()
