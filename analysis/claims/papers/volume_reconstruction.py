"""The claims of Waibel 2022, section 4.3 and table 1: a topological loss for shapes from single images.

`none` is its SHAPR without the loss, `topology` the one with it. Its red blood cells are of nine classes; those that
come with this program are 90 of four, none of which is a class that it names, so that what it says of spherocytes,
echinocytes, discocytes and stomatocytes is tested on data of one's own only (`--data`). Its cell nuclei cannot be had.
It says that one dimension at a time is superior to all together (section 4.2), not that dimension 2 is better than 0 or
1 alone. Each dimension is a method of its own at the presets `paper` and `dimensions` only.
"""

from __future__ import annotations

from analysis.claims.hypotheses import Difference
from analysis.claims.kinds import LargerGain
from analysis.claims.statement import Claim, NotTestable, Test

PAPER = "Waibel 2022"
STUDIES = ("red-blood-cells",)
LABEL = {
    "iou_error": "1 − IoU",
    "volume_error": "relative volume error",
    "surface_error": "relative surface error",
    "roughness_error": "relative roughness error",
}
SIMPLE = ("spherocyte",)
COMPLEX = ("echinocyte", "discocyte", "stomatocyte")
"""Parts of class names: round cells, and those of which Waibel 2022 says that the loss helps them most."""


def _claim(what: str, section: str, statement: str, test: Test) -> Claim:
    return Claim(
        id=f"reconstruction-{what}", paper=PAPER, section=section,
        statement=f"Red blood cells: {statement}", studies=STUDIES, supervision="image", test=test,
    )  # fmt: skip


def _falls(metric: str) -> Claim:
    slightly = " (slightly)" if metric == "iou_error" else ""
    return _claim(
        f"{metric}-falls", "table 1", f"with the topological loss the {LABEL[metric]} falls{slightly}",
        Difference(method="topology", metric=metric, direction="better"),
    )  # fmt: skip


def _dimension(other: str, words: str) -> Claim:
    return _claim(
        f"dimension-2-than-{other}", "4.2", f"dimension 2 alone is better in 1 − IoU than {words}",
        Difference(method="topology", reference=f"topology-{other}", metric="iou_error", direction="better"),
    )  # fmt: skip


CLAIMS = [
    *(_falls(metric) for metric in LABEL),
    _dimension("all", "all dimensions together"),
    *(
        _claim(
            f"{metric}-complex", "4.3 and 5",
            f"the {LABEL[metric]} falls by more for complex classes than for round cells",
            LargerGain(method="topology", metric=metric, kinds=COMPLEX, than=SIMPLE),
        )
        for metric in LABEL
    ),
    _claim(
        "cost", "1 and 5", "the loss is efficiently computable",
        NotTestable("a trial has one duration, which the load decides: the benchmark of the loss measures its cost"),
    ),
    _claim(
        "nuclei", "table 1", "the same holds for nuclei, but for 1 − IoU and roughness",
        NotTestable("the 887 nuclei of Waibel 2022 are not in its public sample"),
    ),
]  # fmt: skip
