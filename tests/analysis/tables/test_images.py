"""Figures of images over time, and claims about some kinds of sequences, on run folders whose content is known."""

import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageSequence

import analysis
from analysis.claims.evidence import Evidence, NotTested
from analysis.claims.hypotheses import Difference
from analysis.claims.parts import OfKind, Undisturbed
from analysis.figures import regions
from analysis.tables.images import TRUTH, pictures, supervisions
from tests.analysis.simulated import arm, write

SIDE = 32
TIMES = (0.0, 0.5, 1.0)


def image(time: float) -> np.ndarray:
    """A bright square that enters at the left."""
    found = np.zeros((SIDE, SIDE), dtype="<f4")
    found[12:20, : round(16 * time)] = 1
    return found


def shown(method: str, field: bool) -> list[dict]:
    rows = []
    for time in TIMES:
        kinds = {"true": image(time), "predicted": image(time) + (0.1 if method == "b" else 0)}
        if field:
            kinds |= {"field": np.full((SIDE, SIDE, 2), 3, dtype="<f4"), "latent": -image(time)}
        rows += [
            {"trial": f"confirm-{method}-gap-2-best", "replicate": 0, "sequence": "window", "time": time, "kind": kind,
             "role": "test" if time == 0.5 else "train", "picture": values.tobytes(), "height": SIDE, "width": SIDE}
            for kind, values in kinds.items()
        ]  # fmt: skip
    return rows


@pytest.fixture
def run(tmp_path):
    arms = [arm(method, 0.1, supervision="sparse", setting="best") for method in ("a", "b")]
    arms = [rows.assign(supervision="gap-2", trial=f"confirm-{rows['method'].iloc[0]}-gap-2-best") for rows in arms]
    folder = write(tmp_path, "film", arms, methods=["a", "b"], supervisions=["gap-2"], baseline="a")
    trials = pd.DataFrame(
        [
            {"trial": f"confirm-{m}-gap-2-best", "phase": "confirm", "setting": "best", "method": m,
             "supervision": "gap-2", "state": "complete"}
            for m in ("a", "b")
        ]
    )  # fmt: skip
    trials.to_parquet(folder / "trials.parquet")
    (folder / "surfaces").mkdir()
    pd.DataFrame(shown("a", field=False) + shown("b", field=True)).to_parquet(folder / "surfaces" / "confirm.parquet")
    return analysis.load(str(folder))


def test_pictures_are_what_was_kept(run):
    assert supervisions(run) == ["gap-2"]
    found = pictures(run, "gap-2")
    assert found.rows(run) == [TRUTH, "a", "b"]
    assert found.shown == {0.0, 1.0}
    assert found.times(TRUTH) == list(TIMES)
    assert np.array_equal(found.frames[TRUTH, 0.5], image(0.5))
    assert found.frames["b", 0.5] == pytest.approx(image(0.5) + 0.1)
    assert set(found.fields) == {("b", time) for time in TIMES}
    assert found.fields["b", 0.5].shape == (SIDE, SIDE, 2)


def test_figures_are_drawn_and_move(run):
    drawn = {d.name: d for d in analysis.figures.drawings(run, ["frames", "regions", "fields", "surfaces"])}
    assert set(drawn) == {"frames-gap-2", "regions-gap-2", "fields-gap-2"}, "a run of images has no surfaces to draw"
    assert all(d.png for d in drawn.values())
    moving = Image.open(io.BytesIO(drawn["frames-gap-2"].gif))
    sheets = [np.asarray(sheet.convert("L")) for sheet in ImageSequence.Iterator(moving)]
    assert len(sheets) == 3
    white = [(sheet[16:, :] == 255).mean() for sheet in sheets]
    assert white[0] < white[1] < white[2], "the square enters"


def test_the_region_at_the_border_is_where_something_enters(run):
    found = regions._regions(pictures(run, "gap-2"))
    top, bottom, left, _ = found["at the border"]
    assert left == 0
    assert top < 20
    assert bottom > 12


def test_a_run_of_shapes_has_no_pictures(tmp_path):
    run = analysis.load(str(write(tmp_path, "bifurcation", [arm("none", 0.1)])))
    assert analysis.figures.drawings(run, ["frames", "regions", "fields"]) == []


def evidence(**levels: float) -> Evidence:
    """Three parts of two kinds; `levels` are errors of method a by kind, method b has 0.5."""
    rows = []
    for kind, level in levels.items():
        labels = tuple(f"{kind}, part {n}" for n in (1, 2, 3))
        for method, value in (("a", level), ("b", 0.5)):
            spread = value + 0.01 * np.arange(3)[None, :, None]
            error = np.broadcast_to(spread, (1, 3, 21))
            found = arm(method, spread, sequences=labels, replicates=1, endpoint_error=error)
            rows.append(found.assign(**{"class": kind}))
    table = pd.concat(rows)
    return Evidence(rows=table[table["role"] == "test"], unit="sequence")


def test_a_claim_about_one_kind_looks_at_that_kind_alone():
    test = Difference(method="a", reference="b", metric="chamfer", direction="better")
    found = OfKind(kind="rotation", test=test).examine(evidence(rotation=0.1, shear=0.9))
    assert found.n == 3
    assert found.effect == pytest.approx(-0.4)
    assert found.supported
    assert OfKind(kind="shear", test=test).examine(evidence(rotation=0.1, shear=0.9)).refuted
    with pytest.raises(NotTested, match="no translation, only rotation and shear"):
        OfKind(kind="translation", test=test).examine(evidence(rotation=0.1, shear=0.9))


def test_artefacts_are_said_not_to_disturb_only_within_the_margin():
    claim = Undisturbed(method="a", metric="endpoint_error", kind="streaks", than="rotation")
    calm = claim.examine(evidence(rotation=2.0, streaks=2.3))
    assert (calm.n, calm.supported, calm.refuted) == (3, True, False)
    assert calm.effect == pytest.approx(0.3)
    disturbed = claim.examine(evidence(rotation=2.0, streaks=5.0))
    assert (disturbed.supported, disturbed.refuted) == (False, True)
    with pytest.raises(NotTested):
        claim.examine(evidence(rotation=2.0, shear=1.0))
