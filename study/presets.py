"""Presets of studies whose methods are autodecoders and interpolations: each edits a study as the document has it."""

from __future__ import annotations

from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from study.study import Pruning, Resources, Study
from trainables.autodecoder.configuration import AutodecoderConfiguration, DecoderConfiguration
from trainables.autodecoder.regularizers.barycenter import Barycenter
from trainables.autodecoder.regularizers.sinkhorn import Sinkhorn
from trainables.autodecoder.regularizers.temporal_smoothness import TemporalSmoothness


def autodecoders(study: Study) -> list[AutodecoderConfiguration]:
    """The configurations of the methods with a network."""
    return [m for m in study.methods.values() if isinstance(m, AutodecoderConfiguration)]


def paper(study: Study) -> None:
    """The document's setting: 1000 epochs, 168,521 parameters, 11³ grid at 30 times; one GPU serves two trials.

    Barycenters are compared at points drawn anew in each step, an unbiased estimate of the document's sum over the
    whole grid, which for all replicates at once would not fit into half a GPU.
    """
    study.trials = 30
    study.replicates = 8
    study.pruning = Pruning(first_epoch=300, factor=3)
    study.resources = Resources(cpus=1, gpus=0.5)
    for method in autodecoders(study):
        for regularizer in method.regularizers.values():
            if isinstance(regularizer, Barycenter):
                regularizer.points = 8192


def laptop(study: Study) -> None:
    """Two cores, minutes: a smaller decoder, fewer epochs, coarser grids, the document's α, β, γ, ε."""
    study.trials = 6
    study.replicates = 6
    study.pruning = Pruning(first_epoch=100, factor=2)
    narrow(
        study,
        {
            "learning_rate": FloatDistribution(2e-4, 2e-3, log=True),
            "regularizers.sinkhorn.grid": CategoricalDistribution([7, 9]),
            "regularizers.sinkhorn.time_samples": IntDistribution(4, 6),
            "regularizers.barycenter.grid": CategoricalDistribution([24, 32]),
            "regularizers.barycenter.count": IntDistribution(1, 3),
            "barycenter_grid": CategoricalDistribution([24, 32]),
        },
    )
    for method in autodecoders(study):
        method.decoder = DecoderConfiguration(layers=5, width=64, code_layers=[3])
        method.epochs = 300
        method.points_per_frame = 1024
        method.learning_rate = method.code_learning_rate = 5e-4
        method.halve_every = 150
        method.code_ramp = 30
        for regularizer in method.regularizers.values():
            match regularizer:
                case Sinkhorn():
                    regularizer.grid, regularizer.time_samples, regularizer.warm_up = 9, 5, 60
                case Barycenter():
                    regularizer.grid, regularizer.points = 32, 256
                case TemporalSmoothness():
                    regularizer.points = 512
    put(study, evaluation_grid=32, barycenter_grid=32)


def smoke(study: Study) -> None:
    """Everything that happens, on as little as possible: for tests."""
    laptop(study)
    study.trials = 2
    study.replicates = 2
    study.pruning = Pruning(first_epoch=20, factor=2)
    narrow(
        study,
        {
            "regularizers.barycenter.grid": CategoricalDistribution([20, 24]),
            "barycenter_grid": CategoricalDistribution([20, 24]),
        },
    )
    for method in autodecoders(study):
        method.decoder = DecoderConfiguration(layers=3, width=32, code_layers=[2])
        method.epochs = 40
        method.points_per_frame = 256
        method.learning_rate = method.code_learning_rate = 1e-3
        for regularizer in method.regularizers.values():
            match regularizer:
                case Sinkhorn():
                    regularizer.grid, regularizer.time_samples, regularizer.warm_up = 7, 4, 10
                case Barycenter():
                    regularizer.grid, regularizer.points = 24, 128
                case TemporalSmoothness():
                    regularizer.points = 128
    put(study, evaluation_grid=24, barycenter_grid=24)


def narrow(study: Study, ranges: dict[str, object]) -> None:
    """Replace distributions of paths that the study searches; others are left alone."""
    study.space |= {path: found for path, found in ranges.items() if path in study.space}  # type: ignore[misc]


def put(study: Study, **fields: object) -> None:
    """Set fields of every method that has them."""
    for name, value in fields.items():
        for method in study.methods.values():
            if name in type(method).model_fields:
                setattr(method, name, value)


PRESETS = {"laptop": laptop, "smoke": smoke, "paper": paper}
