"""Does what holds for single recorded cells hold for cells? 64 nuclei in the plane, which are the unit of replication.

As in `cells` every fourth (sparse) or every second (dense) frame and the last are shown. Every nucleus has a network
of its own, so that nuclei are independent as far as those of one film can be; the search sees the first eight alone,
and the others are tested. `--data` names another recording; without it, 64 HeLa nuclei that come with the program are
taken.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import trainables.shapes
from study.catalog.cells import every, shown
from study.data import recordings
from study.data.recordings import Data, Wanted
from study.design import methods, presets
from study.design.study import Comparison, Objective, Study
from trainables.shapes.sampled import Sampled

COMPARED = [*methods.COMPARED, *methods.ANCHORED]
RESOLUTION = 32
"""Points along each axis on which a shape in space is kept; takes data, as `--data` tells. In the plane twice as many:
1.7 to a pixel of the nuclei."""
EXAMPLE = Path(trainables.shapes.__path__[0]) / "data" / "hela_nuclei"
SEARCHED = 8
"""Nuclei that the search sees."""


def find(wanted: Wanted, say: Callable[[str], None]) -> Data:
    """The recording that is named, or the nuclei that come with the program."""
    return recordings.find(wanted, RESOLUTION, say, shown, EXAMPLE)


def study(data: Data | None = None) -> Study:
    """Beyond Martens 2025: a verdict about cells, not about seeds."""
    data = data or recordings.example(RESOLUTION, shown, EXAMPLE)
    first = data.sequences[0]
    times = first.times() if isinstance(first, Sampled) else []
    return Study(
        name="nuclei",
        question="Does regularization help to fill in frames between those of recorded nuclei, or does a rule do?",
        replication_unit=f"{len(data.sequences)} recorded cells of one film, a network each",
        unit="sequence",
        validation="other-sequences",
        search_sequences=[sequence.label for sequence in data.sequences[:SEARCHED]],
        methods=methods.networks(data.sequences, COMPARED, shared=False) | methods.references(data.sequences),
        usual=methods.USUAL_OF_RECORDINGS,
        baseline="none",
        controls=methods.CONTROLS,
        references=methods.REFERENCES,
        supervisions={"sparse": every(4, times), "dense": every(2, times)},
        primary=[
            *methods.primary("sparse"),
            Comparison(method="anchored+acceleration", baseline="anchored", supervision="sparse"),
        ],
        space=methods.space(COMPARED),
        metrics=methods.metrics(),
        objective=Objective(metric="chamfer"),
        data=data.told(),
    )


def laptop(study: Study) -> None:
    """One seed a nucleus, few trials: the nuclei are many."""
    presets.laptop(study)
    study.trials, study.replicates = 3, 1


def smoke(study: Study) -> None:
    """The first four nuclei, of which the search sees two."""
    presets.smoke(study)
    labels = next(iter(study.methods.values())).labels()[:4]
    for method in study.methods.values():
        method.restrict(labels)
    study.search_sequences, study.replicates = labels[:2], 1


def paper(study: Study) -> None:
    """One seed a nucleus."""
    presets.paper(study)
    study.replicates = 1


PRESETS = {"laptop": laptop, "smoke": smoke, "paper": paper}
