"""The question of `population`, asked of recorded nuclei: do others of a film teach what happens to one between frames?

Two, three or five frames of a nucleus are shown, the first and the last among them, the rest as evenly as there are
frames; it is predicted from nuclei of the same recording that are known in every frame. Nuclei are dealt into three
folds, those of a fold are predicted from the other two; where there are few, each from all others. All are in it, and
those that the search sees are not compared. `--data` names another recording, in space or in the plane; without it, the
64 HeLa nuclei of `nuclei` are taken.

Little is to be expected. Nuclei wander and turn each its own way, and every one has a domain of its own: the box around
its first and its last frame, whichever way it went and however large it is, fills as much of it (`trainables/shapes/
preparation.py`). So what a regression compares are outlines in units of that box, not in µm: a large nucleus at rest
looks like a small one at rest, and one that has gone far is small in its domain. What it adds is in the new one's own
domain units, and so are errors; a nucleus that goes far beyond the way between its ends is cut at its domain's border.
And what others of the same film know in the same frames includes what happens to the whole image in a frame, which
another film would not teach.
"""

from __future__ import annotations

from collections.abc import Callable

from study.catalog import population
from study.catalog.cells import showing
from study.catalog.nuclei import EXAMPLE
from study.data import recordings
from study.data.recordings import Data, Wanted
from study.design import methods, presets
from study.design.study import Study
from study.errors import Mistake
from trainables.shapes.sampled import Sampled
from trainables.shapes.timeline import Timeline

RESOLUTION = 32
"""Points along each axis on which a shape in space is kept, and scored at `laptop`; in the plane twice as many."""
SHOWN = (2, 3, 5)
"""Frames that supervisions show."""
HIDDEN = 2
"""Frames that must be hidden at least: one to choose by, one to test on."""
SEARCHED, SEARCH, COMPARED = 16, 3, 2
"""Nuclei that the search sees, a quarter of them at most; at least, each of them being predicted from the others; and
others that are compared, at least."""
FOLDS, FEW = 3, 12
"""Folds, and the number of nuclei below which each is predicted from all others."""


def shown(count: int) -> list[int]:
    """Which of so many frames every supervision shows."""
    return [0, count - 1]


def find(wanted: Wanted, say: Callable[[str], None]) -> Data:
    """The recording that is named, or the nuclei that come with the program."""
    return recordings.find(wanted, RESOLUTION, say, shown, EXAMPLE)


def study(data: Data | None = None) -> Study:
    """Recorded nuclei, and those of the same recording to learn from."""
    data = data or recordings.example(RESOLUTION, shown, EXAMPLE)
    sequences = data.sequences
    if len(sequences) < SEARCH + COMPARED:
        raise Mistake(
            f"study population-nuclei: of {data.source} {len(sequences)} can be used, and each is to be predicted from "
            f"others; take a recording of at least {SEARCH + COMPARED} nuclei, {SEARCH} for the search "
            f"and {COMPARED} to compare"
        )
    made = population.of(
        "population-nuclei",
        "recorded nuclei of one film",
        sequences,
        None,
        [],
        base=methods.ANCHOR,
        fold_count=FOLDS if len(sequences) >= FEW else len(sequences),
    )
    searched = min(SEARCHED, max(SEARCH, len(sequences) // 4))
    made.search_sequences = [sequence.label for sequence in sequences[:searched]]
    made.supervisions = _supervisions(data)
    made.data = data.told()
    return made


def _supervisions(data: Data) -> dict[str, Timeline]:
    """Those for which enough frames are hidden; Mistake if there is none."""
    first = data.sequences[0]
    times = first.times() if isinstance(first, Sampled) else []
    found = {
        f"{count}-frames": showing({round(i * (len(times) - 1) / (count - 1)) for i in range(count)}, times)
        for count in SHOWN
        if len(times) >= count + HIDDEN
    }
    if not found:
        raise Mistake(
            f"study population-nuclei: {data.source} has {len(times)} frames that all of its nuclei have, of which the "
            f"first and the last are shown and {HIDDEN} others are hidden at least; take a longer one"
        )
    return found


def laptop(study: Study) -> None:
    """As `population`, scored on the grid on which shapes are kept."""
    population.laptop(study)
    presets.put(study, evaluation_grid=RESOLUTION)


def smoke(study: Study) -> None:
    """The first eight nuclei, of which the search sees four; two supervisions."""
    population.shrink(study)
    labels = study.methods[study.baseline].labels()[:8]
    for method in study.methods.values():
        method.restrict(labels)
    study.search_sequences = labels[: min(4, len(study.search_sequences or []))]
    study.supervisions = dict(list(study.supervisions.items())[:2])


def paper(study: Study) -> None:
    """The published decoder."""
    presets.paper(study)
    study.replicates = 1


PRESETS = {"laptop": laptop, "smoke": smoke, "paper": paper}
