"""Presets of studies of shape sequences: each edits a study as Martens 2025 has it."""

from __future__ import annotations

from collections.abc import Callable

import search_spaces
from study.design import methods
from study.design.study import Comparison, Pruning, Resources, Study
from study.errors import Mistake
from trainables.autodecoder.configuration import AutodecoderConfiguration, DecoderConfiguration
from trainables.configuration import assign, suggestion


def autodecoders(study: Study) -> list[AutodecoderConfiguration]:
    """The configurations of the methods whose network is a decoder."""
    return [m for m in study.methods.values() if isinstance(m, AutodecoderConfiguration)]


def paper(study: Study) -> None:
    """The published setting: 1000 epochs, 168,521 parameters, 11³ grid at 30 times; one GPU serves two trials.

    Barycenters are compared at points drawn anew in each step, an unbiased estimate of the published sum over the
    whole grid, which for all replicates at once would not fit into half a GPU.
    """
    study.trials = 30
    study.replicates = 8
    study.pruning = Pruning(first_epoch=300, factor=3)
    study.resources = Resources(cpus=1, gpus=0.5)
    size(study, "paper")
    shorten(study, 200)


def laptop(study: Study) -> None:
    """Two cores, minutes: a smaller decoder, fewer epochs, coarser grids, the published α, β, γ, ε."""
    study.trials = 6
    study.replicates = 6
    study.pruning = Pruning(first_epoch=100, factor=2)
    for method in autodecoders(study):
        method.decoder = resized(method.decoder, layers=5, width=64, code_layers=[3])
        method.epochs = 300
        # a quarter of the points and learning rates that end at a 64th: a third of the time, and an error that is
        # 3.5 times smaller with five shown frames, by the search's own sequences (1024 points, two halvings: 0.029)
        method.points_per_frame = 256
        method.learning_rate = method.code_learning_rate = 5e-4
        method.halve_every = 50
        method.code_ramp = 30
        # as many steps an epoch as with one sequence: each is of as many frames of every sequence
        method.frames_per_batch *= len(method.sequences) if method.shared else 1
    size(study, "laptop")
    shorten(study, 60)
    put(study, evaluation_grid=32)


def smoke(study: Study) -> None:
    """Everything that happens, on as little as possible: for tests."""
    laptop(study)
    study.trials = 2
    study.replicates = 2
    study.usual = study.usual and methods.FEW
    study.pruning = Pruning(first_epoch=20, factor=2)
    for method in autodecoders(study):
        method.decoder = resized(method.decoder, layers=3, width=32, code_layers=[2])
        method.epochs = 40
        method.points_per_frame = 256
        method.learning_rate = method.code_learning_rate = 1e-3
    size(study, "smoke")
    shorten(study, 20)
    put(study, evaluation_grid=24)


def recommended(laptop: Callable[[Study], None]) -> Callable[[Study], None]:
    """A preset: the method that is recommended, against baseline, controls and its parts, at a study's `laptop` size;
    nothing is searched."""

    def preset(study: Study) -> None:
        baseline = study.methods[study.baseline]
        assert isinstance(baseline, AutodecoderConfiguration)
        study.methods = study.methods | {"recommended": methods.recommended(baseline)}
        laptop(study)
        parts = methods.RECOMMENDED.split("+")
        kept = (study.baseline, *study.controls, *parts, "recommended", *study.references)
        study.methods = {name: study.methods[name] for name in kept if name in study.methods}
        study.space, study.usual = {}, None
        study.primary = [
            Comparison(method="recommended", baseline=study.baseline, supervision=name) for name in study.supervisions
        ]

    return preset


def size(study: Study, preset: str) -> None:
    """Give every method and regularizer the size it has at a preset, and narrow what is searched to what the preset
    can carry."""
    study.space |= {path: found for path, found in search_spaces.narrowed(preset).items() if path in study.space}
    for one in study.methods.values():
        for path, value in one.sizes.get(preset, {}).items():
            assign(one, path, value)
    for method in autodecoders(study):
        for regularizer in method.regularizers.values():
            for field, value in regularizer.sizes.get(preset, {}).items():
                setattr(regularizer, field, value)


def shorten(study: Study, epochs: int) -> None:
    """Train anchored networks for so many epochs, on their whole loss from the first: they begin as a good base.

    Of five times that are compared all could be shown ones (those of `dense` are), where nothing is left to be changed:
    then it is six.
    """
    for method in autodecoders(study):
        if method.anchor is not None:
            method.epochs = epochs
            for regularizer in method.regularizers.values():
                regularizer.warm_up = 0
                if getattr(regularizer, "time_samples", None) == 5:
                    assign(regularizer, "time_samples", 6)


def resized(decoder: DecoderConfiguration, **fields: object) -> DecoderConfiguration:
    """A decoder of another size, with whatever else it has."""
    return DecoderConfiguration.model_validate(decoder.model_dump() | fields)


def put(study: Study, **fields: object) -> None:
    """Set fields of every method that has them; Mistake if none has."""
    known = {name for method in study.methods.values() for name in type(method).model_fields}
    for name, value in fields.items():
        if name not in known:
            raise Mistake(
                f"a preset of study {study.name} sets {name!r}, which no method has; {suggestion(name, known)}"
            )
        for method in study.methods.values():
            if name in type(method).model_fields:
                setattr(method, name, value)


PRESETS = {"laptop": laptop, "smoke": smoke, "paper": paper}
