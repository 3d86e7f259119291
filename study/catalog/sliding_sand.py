"""Which method fills in the frames between two of a film? Sliding sand, or any film (Han 2023, sections 3 and 4).

Two frames 2, 4 or 8 apart are shown, and the true ones between are what a method is scored on: the advected latent of
Han 2023, the same advection in image space, optimal transport, an optical flow, and blending. The windows of the
search and those of the test share no frame. `--data` names a folder of frames, a stack, or several files; without
it, sand that slides down a slope, which comes with the program, is taken.
"""

from __future__ import annotations

from study import interpolations, pictures
from study.data import Wanted
from study.pictures import PictureData
from study.study import Objective, Study
from trainables.inbetween.windows import between

find, again = pictures.film, pictures.again
"""How its data are found, and found again when a run is resumed."""


def study(data: PictureData | None = None) -> Study:
    """The document's method, at the setting of its example 3 (new features), and its alternatives, on frames that
    nobody showed them."""
    data = data or find(Wanted())
    return Study(
        name="sliding-sand",
        question="Which method fills in the frames between two of a film, and how far apart may they be?",
        replication_unit="windows of one film that share no hidden frame, with networks of their own",
        unit="sequence",
        validation="other-sequences",
        search_sequences=data.searched,
        methods=interpolations.methods(data, "table-4"),
        baseline="linear-blend",
        controls=["optical-flow"],
        references={},
        supervisions={f"gap-{gap}": between(gap) for gap in data.gaps},
        primary=interpolations.primary(f"gap-{data.gaps[0]}"),
        space=interpolations.space(),
        metrics=[*interpolations.metrics(), interpolations.border()],
        objective=Objective(metric="mae"),
        replicates=1,
        data=data.told(),
    )


PRESETS = interpolations.PRESETS
