"""Do other cells teach what happens between the frames of a new one? Where learning can win, if it can anywhere.

New cells, of which two, three or five of 17 frames are shown, are predicted from 64 others that are known at all times:
by rules that know nothing of others, by what rules leave of the others (their mean, a ridge regression, a Gaussian
process), and by an autodecoder that was trained on them, as it is and as what it says beyond a rule. 24 new cells in
three folds: those of a fold are predicted from the 48 of the population and the 16 of the other folds. The search sees
24 others. Cells are those of `growth`; `population-division` asks the same of shapes that divide, `population-nuclei`
of recorded nuclei.

`--preset many` has 240 others; with it, `--set known_at_most=16`, 64 or 256 is a point of the learning curve.
"""

from __future__ import annotations

from typing import Any

import search_spaces
from study.design import methods, presets
from study.design.study import Comparison, Objective, Study
from trainables.interpolation import blends
from trainables.population.coded_configuration import CodedConfiguration
from trainables.population.configuration import residuals
from trainables.shapes.platynereis import cells
from trainables.shapes.sequence import ShapeSequence
from trainables.shapes.timeline import Timeline

INTERVALS = 16
NEW, POPULATION, MANY = 24, 48, 240
FIRST_KNOWN, FIRST_SEARCHED, FIRST_NEW, FIRST_OF_MORE = 0, 200, 300, 400
"""Seeds: of the population, of the cells that the search sees, of the new ones, and of a larger population."""
GRID = 28
RULES = ["linear", "volume", "moved+volume", "lineage", "lineage+volume", "flow"]
REGULARIZERS = ["sinkhorn", "barycenter", "cross-sequence-barycenter"]
USUAL = [
    *(f"{rule}-blend" for rule in RULES),
    *("mean-residual", "ridge-residual", "process-residual", "fitted-code", "learned-residual"),
]
"""Methods of a run that names none."""
PRIMARY: list[tuple[str, str | None]] = [
    ("learned-residual", "ridge-residual"),
    ("learned-residual", None),
    ("ridge-residual", None),
    ("process-residual", "ridge-residual"),
]
"""Against another method, or the rule that residuals are those of."""
LEVELS = {"linear-blend": "floor", **{f"{rule}-blend": methods.CLASSICAL for rule in RULES[1:]}}


def study() -> Study:
    """Cells of a published generator."""
    return of("population", "cells of a published generator", *grown(NEW, POPULATION))


def grown(new: int, population: int, resolution: int = GRID) -> tuple[list[ShapeSequence], ...]:
    """The new cells, those that the search sees, and the population."""
    more = cells(max(0, population - FIRST_SEARCHED), FIRST_OF_MORE, resolution)
    known = cells(min(population, FIRST_SEARCHED), FIRST_KNOWN, resolution)
    return cells(new, FIRST_NEW, resolution), cells(new, FIRST_SEARCHED, resolution), [*known, *more]


def of(
    name: str,
    what: str,
    new: list[ShapeSequence],
    searched: list[ShapeSequence] | None,
    population: list[ShapeSequence],
    **fields: Any,
) -> Study:
    """The study on these sequences: new ones, others for the search, and those to learn from; `fields` are those of
    every method that learns."""
    fields = {"population": population, "base": "volume", **fields}
    coded: dict[str, Any] = {"configuration": CodedConfiguration, "shared": True, **fields}
    compared = methods.networks(new, ["none", *REGULARIZERS], **coded)
    plain = methods.networks(new, ["none"], **coded | {"base": None})["none"]
    rule = f"{fields['base']}-blend"
    return Study(
        name=name,
        question=(
            "Does a network that has learned from other sequences fill in the frames of a new one better than rules "
            "that know of none, and better than a regression that has seen the same sequences?"
        ),
        replication_unit=f"new sequences ({what}), given the decoders of all folds",
        unit="sequence",
        validation="other-sequences",
        search_on=searched,
        methods={
            **blends(new, RULES),
            **residuals(new, **fields),
            "fitted-code": plain,
            **{_called(part): method for part, method in compared.items()},
        },
        usual=USUAL,
        baseline=rule,
        references={name: level for name, level in LEVELS.items() if name != rule},
        supervisions={
            f"{count}-frames": Timeline.shown(set(range(0, INTERVALS + 1, INTERVALS // (count - 1))), INTERVALS)
            for count in (2, 3, 5)
        },
        primary=[Comparison(method=one, baseline=other or rule, supervision="2-frames") for one, other in PRIMARY],
        space=search_spaces.union(["fitting", "population"]),
        metrics=methods.metrics(),
        objective=Objective(metric="chamfer"),
    )


def _called(regularizer: str) -> str:
    return "learned-residual" if regularizer == "none" else f"learned-residual+{regularizer}"


def laptop(study: Study) -> None:
    """A small decoder for a minute a fold, and its learning rate as it was found on the cells that the search sees."""
    presets.laptop(study)
    study.trials, study.replicates = 3, 1
    del study.space["learning_rate"]
    for method in coded(study):
        method.decoder = presets.resized(
            method.decoder, layers=5, width=64, code_layers=[3], code_dimension=32, omega=10.0
        )
        method.frames_per_batch, method.points_per_frame, method.epochs = 64, 256, 100
        method.learning_rate, method.code_learning_rate, method.halve_every = 1e-3, 2e-3, 30
    presets.put(study, evaluation_grid=GRID)


def many(study: Study) -> None:
    """As `laptop`, with 240 cells and those of the other folds to learn from."""
    _resized(study, *grown(NEW, MANY))
    laptop(study)


def smoke(study: Study) -> None:
    """Six cells and six more, on a coarse grid, two supervisions of nine times."""
    _resized(study, *grown(6, 6, 20))
    coarsen(study)


def coarsen(study: Study) -> None:
    """What `smoke` makes smaller of shapes that are known at any time."""
    shrink(study)
    study.supervisions = {
        name: Timeline.shown(shown, 8) for name, shown in (("2-frames", {0, 8}), ("3-frames", {0, 4, 8}))
    }


def shrink(study: Study) -> None:
    """What `smoke` makes smaller, whatever the sequences are."""
    presets.smoke(study)
    study.trials, study.replicates, study.space = 1, 1, {}
    study.usual = [study.baseline, "mean-residual", "ridge-residual", "process-residual", "learned-residual"]
    for method in coded(study):
        method.decoder = presets.resized(method.decoder, code_dimension=8)
        method.epochs, method.frames_per_batch, method.points_per_frame = 12, 32, 64
        method.code_epochs, method.code_fitting_points = 40, 64
    presets.put(study, evaluation_grid=20)


def paper(study: Study) -> None:
    """The published decoder, 256 known cells on a finer grid."""
    _resized(study, *grown(NEW, MANY, 64))
    presets.paper(study)
    study.replicates = 1


def coded(study: Study) -> list[CodedConfiguration]:
    """The methods with a decoder."""
    return [method for method in study.methods.values() if isinstance(method, CodedConfiguration)]


def _resized(
    study: Study, new: list[ShapeSequence], searched: list[ShapeSequence], population: list[ShapeSequence]
) -> None:
    made = of(study.name, study.replication_unit, new, searched, population)
    study.methods, study.search_on = made.methods, made.search_on


PRESETS = {"laptop": laptop, "many": many, "smoke": smoke, "paper": paper}
