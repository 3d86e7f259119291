"""Every method of every study of the catalog, trained for real, through the same cases. No cluster is needed."""

import json
from dataclasses import asdict

import pandas as pd
import pyarrow as pa
import pytest

from study import catalog
from study.design.arm import Arm
from trainables.actor import Actor
from trainables.base import Request
from trainables.metrics.scoring import Scored
from trainables.shapes.sequence import from_description

EPOCHS = 12
GRID = 14
"""Points along each axis on which shapes are scored: the fewest on which every study's true shapes have a voxel."""
NOT_ALWAYS = {"bifurcation_time_error", "endpoint_error", "drift_error"}
"""Metrics that a sequence, a time or a method may have no value of."""
OF_A_SHAPE = {"asymmetry", "betti_0_error"}
"""Metrics that a prediction without a surface has no value of."""
AGAIN = {"future-work", "future-work-spheres", "future-work-latent"}
"""Studies whose data and methods are, but for some, those of another."""

Case = tuple[str, str, str]
STUDIES = {name: catalog.load(name, "smoke") for name in catalog.names()}


def goals(case: Case) -> set[tuple[str, ...]]:
    """What a case covers: its method once in the project, a network, a rule and an anchored one in its study, and both
    phases of each study and of each of these kinds."""
    name, method, phase = case
    configuration = STUDIES[name].methods[method]
    kind = "rule" if not configuration.epochs else "anchored" if method.startswith("anchored") else "network"
    room = configuration.implementation.rpartition(".")[0]
    return {("method", room, method), ("study", name, kind), ("phase", name, phase), ("phase", room, kind, phase)}


def representative(cases: list[Case]) -> list[Case]:
    """Few of the cases that together cover whatever all of them cover."""
    of = {case: goals(case) for case in cases}
    left, chosen = set().union(*of.values()), []
    while left:
        chosen.append(max(cases, key=lambda case: len(of[case] & left)))
        left -= of[chosen[-1]]
    return chosen


CASES = [(n, m, phase) for n, study in STUDIES.items() for m in study.methods for phase in ("search", "confirm")]
CHOSEN = representative(CASES)
PARAMETERS = [pytest.param(*case, marks=[] if case in CHOSEN else [pytest.mark.slow]) for case in CASES]


@pytest.fixture(autouse=True, scope="module")
def _cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STUDY_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def request_of(name: str, method: str, phase: str, folder) -> Request:
    study = catalog.load(name, "smoke")
    epochs = EPOCHS if study.subject is None else 4  # an epoch of images is dozens of steps
    for key, value in (("epochs", epochs), ("evaluation_grid", GRID), ("code_epochs", 3)):
        if any(key in type(m).model_fields for m in study.methods.values()):
            study.put(key, value)
    study.check()
    supervision = next(iter(study.supervisions))
    arm = Arm(method, supervision)
    configuration = study.configured(arm, study.published_setting(arm), phase)
    return Request(
        labels={"study": name, "run": "r", "trial": "t", "phase": phase, "setting": "best", "method": method}
        | {"supervision": supervision},
        implementation=configuration.implementation,
        configuration=configuration.model_dump(mode="json"),
        timeline=study.timeline(supervision, phase).model_dump(mode="json"),
        seeds=study.seeds(phase),
        roles=study.roles(phase),
        metric=study.objective.metric,
        objective_role=study.objective.role,
        report_epochs=[epochs // 2] if phase == "search" and configuration.epochs else [],
        checkpoint=str(folder / "t.pt"),
        model=str(folder / "model.pt") if phase == "confirm" else None,
        surfaces=phase == "confirm",
    )


def to_end(request: Request) -> list[dict]:
    actor = Actor(config={"request": json.dumps(asdict(request))})
    results = [actor.step()]
    while not results[-1]["done"]:
        results.append(actor.step())
    return results


def scored(configured: dict) -> list[str]:
    """Labels of the sequences, or images, that a trial's rows are of."""
    if "images" in configured:
        images = configured["images"]
        return [image["label"] for image in images if not image["aside"]] or [image["label"] for image in images]
    if "windows" in configured:
        return [window["label"] for window in configured["windows"]]
    return [from_description(s).label for s in configured.get("unseen", configured["sequences"])]


def table(content: bytes) -> pd.DataFrame:
    return pa.ipc.open_stream(content).read_all().to_pandas()


@pytest.mark.parametrize(("name", "method", "phase"), PARAMETERS)
def test_a_trial_scores_every_sequence_and_time_it_is_asked_for_and_no_other(name, method, phase, tmp_path):
    study, request = catalog.load(name, "smoke"), request_of(name, method, phase, tmp_path)
    results = to_end(request)
    assert not any("failed" in result for result in results), results[-1]
    rows = table(results[-1]["rows"])
    assert set(rows.replicate) == set(range(len(request.seeds)))
    labels = scored(request.configuration)
    assert set(rows.sequence) == set(labels)
    counts = rows.groupby(["replicate", "sequence"]).agg(times=("time", "nunique"), size=("time", "size"))
    assert counts.times.nunique() == 1
    assert (counts.times == counts["size"]).all(), "one row for each time"
    if study.subject is not None:
        tested = rows[rows.role == "test"].sequence.value_counts()
        rounds = len(request.seeds) // study.methods[method].folds()
        assert phase == "search" or (set(tested.index) == set(labels) and set(tested) == {rounds})
    assert set(rows.role) <= set(request.roles)
    assert ("test" in set(rows.role)) == (phase == "confirm")
    assert study.objective.role in set(rows.role)
    for metric in study.metrics:
        assert metric.name in rows, metric
    finite = {m.name for m in study.metrics} - NOT_ALWAYS
    assert rows[sorted(finite - OF_A_SHAPE)].notna().all().all()
    for metric in finite & OF_A_SHAPE:
        assert (rows[metric].isna() == rows["empty"]).all(), metric
    if name.startswith("bifurcation"):
        told = rows.bifurcation_delay.notna()
        assert told[~rows.groupby(["replicate", "sequence"])["empty"].transform("any")].all() or phase == "search"
        assert phase == "confirm" or not told.any()
    if study.search_sequences is not None and phase == "search":
        assert set(rows.sequence) == set(study.search_sequences)
    assert results[-1]["objective"] == pytest.approx(rows[rows.role == "validation"][study.objective.metric].mean())
    kept = isinstance(study.methods[method], Scored) or study.methods[method].epochs > 0
    assert (tmp_path / "model.pt").exists() == (phase == "confirm" and kept), "shapes over time, and networks"


@pytest.mark.parametrize("name", sorted(set(catalog.names()) - AGAIN))
def test_the_same_trial_gives_the_same_numbers(name, tmp_path):
    method = next(
        m
        for m in catalog.load(name, "smoke").methods
        if m in ("sinkhorn", "topology", "latent-advection", "learned-residual")
    )
    once, again = (to_end(request_of(name, method, "search", tmp_path / str(i))) for i in range(2))
    pd.testing.assert_frame_equal(table(once[-1]["rows"]), table(again[-1]["rows"]))
