"""Which method fills in the frames between two of a film? Sliding sand, or any film (Han 2023, sections 3 and 4).

Two frames 2, 4 or 8 apart are shown, and the true ones between are what a method is scored on: the advected latent of
Han 2023, the same advection in image space, optimal transport, an optical flow, and blending. The windows of the
search and those of the test share no frame. `--data` names a folder of frames, a stack, or several files; without
it, sand that slides down a slope, which comes with the program, is taken.
"""

from __future__ import annotations

from study.data import images
from study.data.images import PictureData
from study.data.recordings import Wanted
from study.design import image_methods
from study.design.study import Objective, Study
from trainables.inbetween.metrics import BORDER
from trainables.inbetween.windows import between

find, again = images.film, images.again
"""How its data are found, and found again when a run is resumed."""


def study(data: PictureData | None = None) -> Study:
    """The published method, at the setting of its example 3 (new features), and its alternatives, on frames that
    nobody showed them."""
    data = data or find(Wanted())
    return Study(
        name="sliding-sand",
        question="Which method fills in the frames between two of a film, and how far apart may they be?",
        replication_unit="windows of one film that share no hidden frame, with networks of their own",
        unit="sequence",
        validation="other-sequences",
        search_sequences=data.searched,
        methods=image_methods.methods(data, "table-4"),
        baseline="linear-blend",
        controls=["optical-flow"],
        references={},
        supervisions={f"gap-{gap}": between(gap) for gap in data.gaps},
        primary=image_methods.primary(f"gap-{data.gaps[0]}"),
        space=image_methods.space(),
        metrics=[*image_methods.metrics(), BORDER],
        objective=Objective(metric="mae"),
        replicates=1,
        data=data.told(),
    )


PRESETS = image_methods.PRESETS
