"""What happened between two radar images of sea ice? The published question (Han 2023, section 4.1).

Nothing between the two images is known. Of the second image a quarter is hidden, tile by tile: what a method says there
is compared with what was seen, and its displacement with that found by phase correlation. Half of the tiles serve the
search, the other half the test. The tiles share a network, so that networks are counted: what is found is of this pair
of images. `--data A.tif B.tif` names two images of one grid; without it, a Sentinel-1 pair that
comes with the program is taken.
"""

from __future__ import annotations

from study.data import images
from study.data.images import PictureData
from study.data.recordings import Wanted
from study.design import image_methods
from study.design.study import Objective, Study
from trainables.inbetween.metrics import DRIFT
from trainables.inbetween.windows import between

find, again = images.pair, images.again
"""How its data are found, and found again when a run is resumed."""


def study(data: PictureData | None = None) -> Study:
    """Example 1 of Han 2023 and its setting, with numbers."""
    data = data or find(Wanted())
    return Study(
        name="sea-ice",
        question="Which method says best what the second of two images looks like, and how things moved to there?",
        replication_unit="training noise of one pair of images (seeds)",
        validation="other-sequences",
        search_sequences=data.searched,
        methods=image_methods.methods(data, "table-2"),
        baseline="linear-blend",
        controls=["optical-flow"],
        references={},
        supervisions={"pair": between(data.gaps[0])},
        primary=image_methods.primary("pair"),
        space=image_methods.space(),
        metrics=[
            *image_methods.metrics(),
            DRIFT,
        ],
        objective=Objective(metric="mae"),
        replicates=6,
        data=data.told(),
    )


def laptop(study: Study) -> None:
    """One network is trained on all tiles, so that it may be trained for longer, and replicates are cheap."""
    image_methods.laptop(study)
    study.replicates = 6
    image_methods.put(study, epochs=80, downsampling=2)


PRESETS = image_methods.PRESETS | {"laptop": laptop}
