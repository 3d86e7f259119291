"""The methods, metrics and presets of the studies that fill in images between two images (Han 2023)."""

from __future__ import annotations

from typing import Any

from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution

from search_spaces import advected_latent
from study.data.images import PictureData
from study.design.presets import put
from study.design.study import Comparison, Metric, Pruning, Resources, Study
from trainables.advection.configuration import Networks
from trainables.base import TrainableConfiguration
from trainables.inbetween.baselines import references
from trainables.inbetween.configuration import InbetweenConfiguration, published
from trainables.inbetween.metrics import FRAME

__all__ = ["PRESETS", "laptop", "methods", "metrics", "paper", "primary", "put", "smoke", "space"]


def methods(data: PictureData, table: str) -> dict[str, TrainableConfiguration]:
    """What is compared: without a network, the published advection in image space, and that of a latent, both with the
    setting of a `table` of Han 2023 (its examples 1 to 3 are tables 2 to 4)."""
    fields: dict[str, Any] = {"file": data.file, "windows": data.windows, "shape": list(data.shape)}
    return {
        **references(**fields),
        "image-advection": published(table, space="image", **fields),
        "latent-advection": published(table, **fields),
    }


def primary(supervision: str) -> list[Comparison]:
    """Whether learned motion of a latent tells more than the blend, and than estimated motion of the pixels."""
    rivals = ("linear-blend", "optical-flow")
    return [Comparison(method="latent-advection", baseline=name, supervision=supervision) for name in rivals]


def space() -> dict[str, BaseDistribution]:
    """Everything that these methods may search."""
    return advected_latent.space()


def metrics() -> list[Metric]:
    """Of a frame."""
    return list(FRAME)


def paper(study: Study) -> None:
    """The published networks, weights and learning rate, patches of 256² pixels where frames are as large; a GPU
    serves two trials."""
    study.trials = 30
    study.replicates = max(study.replicates, 3)
    study.pruning = Pruning(first_epoch=100, factor=2)
    study.resources = Resources(cpus=1, gpus=0.5)
    for method in _networks(study):
        method.patch = min(method.patch, _multiple(min(method.size), 16))


def laptop(study: Study) -> None:
    """Two cores, minutes: small networks, few steps, patches of 64² pixels, means of 2 × 2 pixels."""
    study.trials = 3
    study.replicates = 1
    study.pruning = Pruning(first_epoch=8, factor=2)
    study.resources = Resources(cpus=1)
    study.space["learning_rate"] = FloatDistribution(3e-4, 3e-3, log=True)
    study.space["evolution_steps"] = IntDistribution(4, 10)
    for method in _networks(study):
        method.networks = Networks(encoder=[8, 16, 8], ends=8, filters=[8, 16, 32], bottleneck=32)
        method.patch, method.stride, method.batch = 64, 8, 1
        method.steps_per_epoch, method.epochs = 10, 30
        method.learning_rate, method.decay, method.decay_every = 1e-3, 0.8, 200
        method.evolution_steps = 8
        method.magnitude_weight, method.smoothness_weight = 0.001 / 8, 0.01 / 7
    put(study, downsampling=2)


def smoke(study: Study) -> None:
    """Everything that happens, on as little as possible: for tests."""
    laptop(study)
    study.trials = 2
    study.pruning = Pruning(first_epoch=1, factor=2)
    for method in _networks(study):
        method.networks = Networks(encoder=[4], ends=4, filters=[4, 4], bottleneck=4)
        method.patch, method.stride = 32, 16
        method.steps_per_epoch, method.epochs = 2, 2
        method.evolution_steps = 4
    put(study, downsampling=4)
    tested = [window for window in study.methods["linear-blend"].windows if window.role == "test"]  # type: ignore[attr-defined]
    few = [*(study.search_sequences or [])[:1], *(window.label for window in tested[:3])]
    for one in study.methods.values():
        one.restrict(few)
    study.search_sequences = (study.search_sequences or [])[:1]
    study.supervisions = dict(list(study.supervisions.items())[:2])


def _networks(study: Study) -> list[InbetweenConfiguration]:
    return [method for method in study.methods.values() if isinstance(method, InbetweenConfiguration)]


def _multiple(size: int, of: int) -> int:
    return max(of, size // of * of)


PRESETS = {"laptop": laptop, "smoke": smoke, "paper": paper}
