"""The claims of Han 2023, section 4: images between two images through an advected latent.

It compares by eye with optimal transport of the images and with the same advection in image space; here each claim is a
comparison of frames that no method was shown. Its own images are not published.
"""

from __future__ import annotations

from analysis.claims.hypotheses import Difference
from analysis.claims.parts import OfKind, Undisturbed
from analysis.claims.statement import Claim, NotTestable, Test

PAPER = "Han 2023"
LATENT, IMAGE, TRANSPORT = "latent-advection", "image-advection", "transport"
LABEL = {"psnr": "PSNR", "ssim": "SSIM", "border_mae": "mean absolute error near the border"}


def _claim(what: str, section: str, statement: str, study: str, supervision: str, test: Test) -> Claim:
    return Claim(
        id=f"inbetween-{what}", paper=PAPER, section=section, statement=statement, studies=(study,),
        supervision=supervision, test=test,
    )  # fmt: skip


def _better(metric: str, reference: str) -> Difference:
    return Difference(method=LATENT, reference=reference, metric=metric, direction="better")


def _motion(kind: str, metric: str, section: str) -> Claim:
    return _claim(
        f"{kind}-{metric}-than-transport", section,
        f"Known {kind}: the advected latent is better than optimal transport in {LABEL[metric]}",
        "known-motion", "ends", OfKind(kind=kind, test=_better(metric, TRANSPORT)),
    )  # fmt: skip


def _than_image(study: str, supervision: str, words: str, metric: str) -> Claim:
    return _claim(
        f"{study}-{supervision}-{metric}-than-image", "4.1 and 4.2",
        f"{words}: advection of the latent is better than advection of the image in {LABEL[metric]}",
        study, supervision, _better(metric, IMAGE),
    )  # fmt: skip


def _film(gap: int, metric: str) -> Claim:
    return _claim(
        f"film-{gap}-{metric}-than-transport", "4.3",
        f"A film with new features, {gap} frames apart: the advected latent is better than optimal transport in "
        f"{LABEL[metric]}",
        "sliding-sand", f"gap-{gap}", _better(metric, TRANSPORT),
    )  # fmt: skip


CLAIMS = [
    *(_motion("rotation", metric, "4.2") for metric in ("psnr", "ssim")),
    _motion("translation", "border_mae", "4.1"),
    *(_film(gap, metric) for gap in (2, 4, 8) for metric in ("psnr", "ssim")),
    _film(8, "border_mae"),
    *(_than_image("known-motion", "ends", "Known motions", metric) for metric in ("psnr", "ssim")),
    *(_than_image("sliding-sand", f"gap-{gap}", f"A film, {gap} frames apart", "ssim") for gap in (2, 4, 8)),
    *(_than_image("sea-ice", "pair", "Hidden tiles of a second image", metric) for metric in ("psnr", "ssim")),
    _claim(
        "artefacts", "4.2", "Artefacts in the images do not disturb the field of the latent", "known-motion", "ends",
        Undisturbed(method=LATENT, metric="endpoint_error", kind="streaks", than="rotation"),
    ),
    _claim(
        "latent-is-simpler", "3.1", "The dynamics of the latent are easier to interpret than those of the image",
        "sea-ice", "pair", NotTestable("interpretability has no measure here: look at the fields in the report"),
    ),
]  # fmt: skip
