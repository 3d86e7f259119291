"""Does optimal-transport regularization help where one cell becomes two? (seed 000, section 4.1.2)

A sphere splits into two, shown at two (sparse) or five (dense) times. The document compares `none`, `sinkhorn` and
`barycenter`; added are their combination, and floor and ceiling without a network: `linear-blend`, `barycenter-only`.
"""

from __future__ import annotations

from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from search_spaces import transport_regularizers
from study.study import Metric, Objective, Pruning, Resources, Study
from trainables.autodecoder.configuration import AutodecoderConfiguration, DecoderConfiguration
from trainables.autodecoder.regularizers.barycenter import Barycenter
from trainables.autodecoder.regularizers.sinkhorn import Sinkhorn
from trainables.base import TrainableConfiguration
from trainables.interpolation import BarycenterOnly, LinearBlend
from trainables.shapes.bifurcation import Bifurcation
from trainables.shapes.sequence import ShapeSequence
from trainables.shapes.timeline import Timeline

COMBINATIONS = {
    "none": [],
    "sinkhorn": ["sinkhorn"],
    "barycenter": ["barycenter"],
    "sinkhorn+barycenter": ["sinkhorn", "barycenter"],
}


def study() -> Study:
    """The document's experiment."""
    sequences: list[ShapeSequence] = [Bifurcation()]
    methods: dict[str, TrainableConfiguration] = {
        name: AutodecoderConfiguration(
            sequences=sequences,
            regularizers={part: {"sinkhorn": Sinkhorn(), "barycenter": Barycenter(count=3)}[part] for part in parts},
        )
        for name, parts in COMBINATIONS.items()
    }
    methods |= {
        "linear-blend": LinearBlend(sequences=sequences),
        "barycenter-only": BarycenterOnly(sequences=sequences),
    }
    space = transport_regularizers.space()
    return Study(
        name="bifurcation",
        question=(
            "Does optimal-transport regularization help a neural shape sequence through a bifurcation, with which "
            "strengths, and by how much?"
        ),
        replication_unit="training noise of one sequence (seeds)",
        methods=methods,
        baseline="none",
        supervisions={
            "sparse": Timeline.shown({0, 20}),
            "dense": Timeline.shown({0, 5, 10, 15, 20}),
        },
        space=space,
        metrics=[
            Metric(name="chamfer", label="Chamfer distance", unit="domain units"),
            Metric(name="hausdorff", label="Hausdorff distance", unit="domain units"),
            Metric(name="dice", label="Dice score", better="higher"),
            Metric(name="bifurcation_time_error", label="Bifurcation time error"),
        ],
        objective=Objective(metric="chamfer"),
    )


def _autodecoders(study: Study) -> list[AutodecoderConfiguration]:
    return [m for m in study.methods.values() if isinstance(m, AutodecoderConfiguration)]


def paper(study: Study) -> None:
    """The document's setting: 1000 epochs, 168,521 parameters, 11³ grid at 30 times; one GPU serves two trials."""
    study.trials = 30
    study.replicates = 8
    study.pruning = Pruning(first_epoch=300, factor=3)
    study.resources = Resources(cpus=1, gpus=0.5)


def laptop(study: Study) -> None:
    """Two cores, under ten minutes: a smaller decoder, fewer epochs, coarser grids, the document's α, β, γ, ε."""
    study.trials = 6
    study.replicates = 6
    study.pruning = Pruning(first_epoch=100, factor=2)
    study.space |= {
        "learning_rate": FloatDistribution(2e-4, 2e-3, log=True),
        "regularizers.sinkhorn.grid": CategoricalDistribution([7, 9]),
        "regularizers.sinkhorn.time_samples": IntDistribution(4, 6),
        "regularizers.barycenter.grid": CategoricalDistribution([24, 32]),
        "regularizers.barycenter.count": IntDistribution(1, 3),
        "barycenter_grid": CategoricalDistribution([24, 32]),
    }
    for method in _autodecoders(study):
        method.decoder = DecoderConfiguration(layers=5, width=64, code_layers=[3])
        method.epochs = 300
        method.points_per_frame = 1024
        method.learning_rate = method.code_learning_rate = 5e-4
        method.halve_every = 150
        method.code_ramp = 30
        if sinkhorn := method.regularizers.get("sinkhorn"):
            assert isinstance(sinkhorn, Sinkhorn)
            sinkhorn.grid, sinkhorn.time_samples, sinkhorn.warm_up = 9, 5, 60
        if barycenter := method.regularizers.get("barycenter"):
            assert isinstance(barycenter, Barycenter)
            barycenter.grid, barycenter.points = 32, 256
    study.put("evaluation_grid", 32)
    study.put("barycenter_grid", 32)


def smoke(study: Study) -> None:
    """Everything that happens, on as little as possible: for tests."""
    laptop(study)
    study.trials = 2
    study.replicates = 2
    study.pruning = Pruning(first_epoch=20, factor=2)
    study.space |= {
        "regularizers.barycenter.grid": CategoricalDistribution([20, 24]),
        "barycenter_grid": CategoricalDistribution([20, 24]),
    }
    for method in _autodecoders(study):
        method.decoder = DecoderConfiguration(layers=3, width=32, code_layers=[2])
        method.epochs = 40
        method.points_per_frame = 256
        method.learning_rate = method.code_learning_rate = 1e-3
        if sinkhorn := method.regularizers.get("sinkhorn"):
            assert isinstance(sinkhorn, Sinkhorn)
            sinkhorn.grid, sinkhorn.time_samples, sinkhorn.warm_up = 7, 4, 10
        if barycenter := method.regularizers.get("barycenter"):
            assert isinstance(barycenter, Barycenter)
            barycenter.grid, barycenter.points = 24, 128
    study.put("evaluation_grid", 24)
    study.put("barycenter_grid", 24)


PRESETS = {"laptop": laptop, "smoke": smoke, "paper": paper}
