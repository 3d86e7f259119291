"""What happened between two radar images of sea ice? The document's question (Han 2023, section 4.1).

Nothing between the two images is known. Of the second image a quarter is hidden, tile by tile: what a method says there
is compared with what was seen, and its displacement with that found by phase correlation. Half of the tiles serve the
search, the other half the test. The tiles share a network, so that networks are counted: what is found is of this pair
of images. `--data A.tif B.tif` names two images of one grid; without it, a Sentinel-1 pair that
comes with the program is taken.
"""

from __future__ import annotations

from study import interpolations, pictures
from study.data import Wanted
from study.pictures import PictureData
from study.study import Metric, Objective, Study
from trainables.inbetween.windows import between

find, again = pictures.pair, pictures.again
"""How its data are found, and found again when a run is resumed."""


def study(data: PictureData | None = None) -> Study:
    """The document's example 1 and its setting, with numbers."""
    data = data or find(Wanted())
    return Study(
        name="sea-ice",
        question="Which method says best what the second of two images looks like, and how things moved to there?",
        replication_unit="training noise of one pair of images (seeds)",
        validation="other-sequences",
        search_sequences=data.searched,
        methods=interpolations.methods(data, "table-2"),
        baseline="linear-blend",
        controls=["optical-flow"],
        references={},
        supervisions={"pair": between(data.gaps[0])},
        primary=interpolations.primary("pair"),
        space=interpolations.space(),
        metrics=[
            *interpolations.metrics(),
            Metric(name="drift_error", label="Distance from the measured drift", unit="pixels"),
        ],
        objective=Objective(metric="mae"),
        replicates=6,
        data=data.told(),
    )


def laptop(study: Study) -> None:
    """One network is trained on all tiles, so that it may be trained for longer, and replicates are cheap."""
    interpolations.laptop(study)
    study.replicates = 6
    interpolations.put(study, epochs=80, downsampling=2)


PRESETS = interpolations.PRESETS | {"laptop": laptop}
