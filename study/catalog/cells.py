"""Which method fills in the frames that a microscope did not take? Recorded cells (Martens 2025, section 4.1.3).

Every fourth (sparse) or every second (dense) frame of a recording is shown, and the last, so that every other frame has
one before and one after; all frames are scored. The search is trained without every second shown frame, and ranks on
those. Under the supervision `all`, which is there to be exported and runs only where it is named, every frame is shown
and none is left to test on. The sequences of a recording share one network; `advection`, the method
of Han 2023, has one for every two shown frames of each. `--data` names a recording (Cell Tracking Challenge, HDF5 with
`sdf_vid`, label TIFFs); without it, two nuclei of Chinese hamster ovary cells, which come with the program, are taken:
real, but five slices thin and with segmentation errors.
"""

from __future__ import annotations

from study.data.recordings import Data, example
from study.data.width import fitting
from study.design import methods, presets
from study.design.study import Objective, Study
from trainables.configuration import assign
from trainables.shapes.sampled import Sampled
from trainables.shapes.sequence import ShapeSequence
from trainables.shapes.timeline import Role, Timeline

COMPARED = [*methods.COMPARED, *methods.ANCHORED]
RESOLUTION = 64
"""Points along each axis on which a recorded shape is kept; takes data, as `--data` tells."""


def study(data: Data | None = None) -> Study:
    """The published experiment, on any recording."""
    data = data or example(RESOLUTION, shown)
    times = data.sequences[0].times() if isinstance(data.sequences[0], Sampled) else []
    return Study(
        name="cells",
        question="Does regularization help to fill in frames between those of a recorded cell, and which method does?",
        replication_unit=f"training noise of one set of {len(data.sequences)} recorded sequences (seeds)",
        methods=methods.networks(data.sequences, COMPARED)
        | methods.advected(data.sequences)
        | methods.references(data.sequences),
        validation="left-out",
        usual=methods.USUAL_OF_RECORDINGS,
        baseline="none",
        controls=methods.CONTROLS,
        references=methods.REFERENCES,
        supervisions={"sparse": every(4, times), "dense": every(2, times), "all": every(1, times)},
        usual_supervisions=["sparse", "dense"],
        primary=methods.primary("sparse"),
        space=methods.space([*COMPARED, *methods.ADVECTED]),
        metrics=methods.metrics(),
        objective=Objective(metric="chamfer"),
        data=data.told(),
    )


def shown(count: int) -> list[int]:
    """Which of so many frames both supervisions show."""
    return [index for index in range(count) if index % 4 == 0 or index == count - 1]


def every(step: int, times: list[float]) -> Timeline:
    """Every `step`-th frame and the last are shown."""
    return showing({*range(0, len(times), step), len(times) - 1}, times)


def showing(indices: set[int], times: list[float]) -> Timeline:
    """These frames are shown; the others are `test` and `validation` in turn."""
    roles: list[Role] = []
    hidden = 0
    for index in range(len(times)):
        if index in indices:
            roles.append("train")
        else:
            roles.append("validation" if hidden % 2 else "test")
            hidden += 1
    return Timeline(times=times, roles=roles)


def laptop(study: Study) -> None:
    """As many points a step as one sequence has, a coarse Sinkhorn grid, few trials and replicates; and fewer steps for
    each of the many pairs of shown frames."""
    presets.laptop(study)
    study.trials, study.replicates = 3, 6
    count = len(next(iter(study.methods.values())).labels())
    grid = fitting(_sequences(study), 48)
    presets.put(study, points_per_frame=max(128, 512 // count), evaluation_grid=grid)
    for method in presets.autodecoders(study):
        if "sinkhorn" in method.regularizers:
            assign(method, "regularizers.sinkhorn.grid", 7)
    study.methods["advection"].epochs = 40


def smoke(study: Study) -> None:
    """A grid on which a flat shape is not lost between two planes."""
    presets.smoke(study)
    presets.put(study, evaluation_grid=fitting(_sequences(study), 24, longest=6, shortest=2))


def _sequences(study: Study) -> list[ShapeSequence]:
    found: list[ShapeSequence] = getattr(study.methods[study.baseline], "sequences", [])
    return found


def paper(study: Study) -> None:
    """The sequences share a step's points, so that its memory is that of one."""
    presets.paper(study)
    count = len(next(iter(study.methods.values())).labels())
    presets.put(study, points_per_frame=max(1024, 16384 // count))


PRESETS = presets.PRESETS | {"smoke": smoke, "laptop": laptop, "paper": paper}
