"""The claims of Martens 2025, chapter 4: optimal-transport regularization of shape sequences.

``none`` is its unregularized model. Where it says "performance" or "results" and shows three metrics, each metric is
a claim; where it names metrics, those are. "Near the middle", "earlier", "later time points" and "around the
bifurcation" of cells are the windows of :mod:`analysis.claims.evidence`.
"""

from __future__ import annotations

from analysis.claims.evidence import AT_DIVISION, EARLY, LATE, MIDDLE, NOT_AT_DIVISION
from analysis.claims.hypotheses import Difference, Earlier, Narrower, Unchanged, WorseWithin
from analysis.claims.statement import Claim, Test

PAPER = "Martens 2025"
LABEL = {
    "chamfer": "Chamfer distance",
    "hausdorff": "Hausdorff distance",
    "dice": "Dice score",
    "asymmetry": "asymmetry",
}
METRICS = ("chamfer", "hausdorff", "dice")
REGULARIZED = ("sinkhorn", "barycenter")
NAME = {"none": "the unregularized model", "sinkhorn": "Sinkhorn", "barycenter": "barycenter"}


def _claim(study: str, supervision: str, what: str, statement: str, test: Test) -> Claim:
    section, studies, subject = {
        "spheres": ("4.1.1", ("spheres",), "spheres"),
        "bifurcation": ("4.1.2", ("bifurcation", "bifurcations"), "bifurcation"),
        "cells": ("4.1.3", ("cells",), "recorded cells"),
        "latent": ("4.2", ("latent-generalization",), "unseen latent codes"),
    }[study]
    return Claim(
        id=f"{study}-{supervision}-{what}",
        paper=PAPER,
        section=section,
        statement=f"{supervision.capitalize()} {subject}: {statement}"
        if study != "latent"
        else f"{subject.capitalize()}, {supervision} training: {statement}",
        studies=studies,
        supervision=supervision,
        test=test,
    )


def _better(study: str, supervision: str, method: str, metric: str, reference: str = "none") -> Claim:
    against = "" if reference == "none" else f"-than-{reference}"
    return _claim(
        study, supervision, f"{method}-{metric}-better{against}",
        f"{NAME[method]} is better than {NAME[reference]} in {LABEL[metric]}",
        Difference(method=method, metric=metric, direction="better", reference=reference),
    )  # fmt: skip


def _narrower(method: str, metric: str) -> Claim:
    return _claim(
        "spheres", "sparse", f"{method}-{metric}-narrower",
        f"with {NAME[method]}, {LABEL[metric]} varies less between sequences",
        Narrower(method=method, metric=metric),
    )  # fmt: skip


def _sparse_spheres() -> list[Claim]:
    return [
        *(_better("spheres", "sparse", "barycenter", metric) for metric in ("chamfer", "dice")),
        *(_narrower("barycenter", metric) for metric in ("chamfer", "dice")),
        *(_narrower("sinkhorn", metric) for metric in METRICS),
        *(
            _claim(
                "spheres", "sparse", f"sinkhorn-{metric}-unchanged",
                f"Sinkhorn leaves the mean {LABEL[metric]} as it is",
                Unchanged(method="sinkhorn", metric=metric),
            )
            for metric in ("chamfer", "dice")
        ),
        _claim(
            "spheres", "sparse", "sinkhorn-hausdorff-worse",
            "Sinkhorn is (slightly) worse in Hausdorff distance",
            Difference(method="sinkhorn", metric="hausdorff", direction="worse"),
        ),
    ]  # fmt: skip


def _dense_spheres() -> list[Claim]:
    return [
        *(_better("spheres", "dense", method, metric) for method in REGULARIZED for metric in METRICS),
        *(_better("spheres", "dense", "sinkhorn", metric, "barycenter") for metric in METRICS),
    ]


def _sparse_bifurcation() -> list[Claim]:
    middle = [
        _claim(
            "bifurcation", "sparse", f"{method}-{metric}-middle",
            f"near the middle, {NAME[method]} is better in {LABEL[metric]}",
            Difference(method=method, metric=metric, direction="better", window=MIDDLE),
        )
        for method in REGULARIZED
        for metric in ("chamfer", "dice")
    ]  # fmt: skip
    unchanged = [
        _claim(
            "bifurcation", "sparse", f"{method}-hausdorff-middle",
            f"near the middle, {NAME[method]} leaves Hausdorff distance as it is",
            Unchanged(method=method, metric="hausdorff", window=MIDDLE),
        )
        for method in REGULARIZED
    ]  # fmt: skip
    against_sinkhorn = [
        _claim(
            "bifurcation", "sparse", f"barycenter-{metric}-{test.window.name}",
            f"{test.window.name}, barycenter is {test.direction} than Sinkhorn in {LABEL[metric]}", test,
        )
        for metric in ("chamfer", "dice")
        for test in (
            Difference(
                method="barycenter", reference="sinkhorn", metric=metric, direction="worse", window=EARLY
            ),
            Difference(
                method="barycenter", reference="sinkhorn", metric=metric, direction="better", window=LATE
            ),
        )
    ]  # fmt: skip
    splits = [
        _claim(
            "bifurcation", "sparse", f"{method}-splits-early",
            f"with {NAME[method]} the shape splits earlier than in truth" if method != "none"
            else "the unregularized model splits earlier than the truth",
            Earlier(method=method),
        )
        for method in ("none", *REGULARIZED)
    ]  # fmt: skip
    symmetric = [
        _claim(
            "bifurcation", "sparse", f"{method}-symmetric",
            f"with {NAME[method]} the shape is more symmetric",
            Difference(method=method, metric="asymmetry", direction="better"),
        )
        for method in REGULARIZED
    ]  # fmt: skip
    return [*middle, *unchanged, *against_sinkhorn, *splits, *symmetric]


def _no_gain(study: str, supervision: str, method: str, metric: str) -> Claim:
    return _claim(
        study, supervision, f"{method}-{metric}-no-gain",
        f"{NAME[method]} brings no gain in {LABEL[metric]}",
        Unchanged(method=method, metric=metric),
    )  # fmt: skip


def _division(supervision: str, metric: str) -> Claim:
    return _claim(
        "cells", supervision, f"none-{metric}-division",
        f"{NAME['none']} is worse in {LABEL[metric]} around the division than elsewhere",
        WorseWithin(method="none", metric=metric, window=AT_DIVISION, reference=NOT_AT_DIVISION),
    )  # fmt: skip


def _latent() -> list[Claim]:
    gains = [
        _no_gain("latent", supervision, method, metric)
        for supervision in ("sparse", "dense")
        for method in REGULARIZED
        for metric in METRICS
    ]
    growth = [
        _claim(
            "latent", supervision, f"{method}-grows-late",
            f"{'without regularization' if method == 'none' else 'with ' + NAME[method]}, the error grows late",
            WorseWithin(method=method, metric="chamfer", window=LATE, reference=EARLY),
        )
        for supervision in ("sparse", "dense")
        for method in ("none", *REGULARIZED)
    ]  # fmt: skip
    return [*gains, *growth]


CLAIMS = [
    *_sparse_spheres(),
    *_dense_spheres(),
    *_sparse_bifurcation(),
    *(_no_gain("bifurcation", "dense", method, metric) for method in REGULARIZED for metric in METRICS),
    *(
        _no_gain("cells", supervision, method, metric)
        for supervision in ("sparse", "dense")
        for method in REGULARIZED
        for metric in METRICS
    ),
    *(_division(supervision, metric) for supervision in ("sparse", "dense") for metric in METRICS),
    *_latent(),
]
