"""Does a method find a motion that is known? Parts of a radar image, turned, moved and sheared (Han 2023, section 4.2).

Parts of a real image are moved along characteristics in closed form, so that every frame between and the displacement
of every pixel are known. Rotation is where optimal transport is said to fail; `streaks` is the rotation with artefacts
of an instrument in every frame. The motions of one part serve the search, those of the others the test. `--data` names
an image; without it, sea ice that comes with the program is taken.
"""

from __future__ import annotations

from study.data import images
from study.data.images import PictureData
from study.data.recordings import Wanted
from study.design import image_methods
from study.design.study import Objective, Study
from trainables.inbetween.metrics import BORDER, ENDPOINT
from trainables.inbetween.windows import between

find, again = images.moved, images.again
"""How its data are found, and found again when a run is resumed."""


def study(data: PictureData | None = None) -> Study:
    """The setting of example 2 of Han 2023, a rotation. Beyond it: the field is known as well."""
    data = data or find(Wanted())
    return Study(
        name="known-motion",
        question="Which method fills in the frames of a known motion, and does it find the motion?",
        replication_unit="kinds of motion; parts of an image that move alike have that in common",
        unit="class",
        validation="other-sequences",
        search_sequences=data.searched,
        methods=image_methods.methods(data, "table-3"),
        baseline="linear-blend",
        controls=["optical-flow"],
        references={},
        supervisions={"ends": between(data.gaps[0])},
        primary=image_methods.primary("ends"),
        space=image_methods.space(),
        metrics=[
            *image_methods.metrics(),
            BORDER,
            ENDPOINT,
        ],
        objective=Objective(metric="mae"),
        replicates=1,
        data=data.told(),
    )


PRESETS = image_methods.PRESETS
