"""Errors of cross-validated subjects, as table and as figures, and what the report says of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import analysis
from analysis import figures
from analysis.figures import distributions, strip
from analysis.statistics import subject_errors
from analysis.tables.selection import NoRows, NotApplicable
from analysis.wording import number
from analysis.words import limits
from analysis.words.facts import gather
from tests.analysis.crossed import FOLDS, METRICS, images, labels, run
from tests.analysis.figures.test_surfaces import ball
from tests.analysis.simulated import arm, noise, write

N, SEEDS = 40, 3
BASE = 0.5 + noise((SEEDS, N), 0.05, 0)
GAIN = 0.05 + noise((SEEDS, N), 0.05, 1)


def helped(folder: Path, **record: Any) -> analysis.Run:
    return run(folder, [images("none", BASE), images("topology", BASE - GAIN, roughness_error=BASE + 0.1)], **record)


def test_each_subject_counts_once_with_the_mean_over_its_seeds(tmp_path: Path) -> None:
    table = subject_errors.errors(helped(tmp_path))
    rows = table[(table["class"] == "all") & (table["metric"] == "iou_error")].set_index("method")
    for method, values in (("none", BASE.mean(0)), ("topology", (BASE - GAIN).mean(0))):
        assert rows.loc[method, "n"] == N
        assert rows.loc[method, "median"] == pytest.approx(np.median(values))
        assert rows.loc[method, "mean"] == pytest.approx(values.mean())
        assert rows.loc[method, "sd"] == pytest.approx(values.std(ddof=1))
    expected = stats.wilcoxon((BASE - GAIN).mean(0), BASE.mean(0))
    assert rows.loc["topology", "p"] == pytest.approx(expected.pvalue)
    assert rows.loc["topology", "difference"] == pytest.approx(-GAIN.mean())
    assert np.isnan(rows.loc["none", "p"])


def test_folds_are_counted_in_which_the_mean_is_better(tmp_path: Path) -> None:
    fold = np.arange(N) % FOLDS
    change = np.where(fold < 2, -0.1, 0.1)
    table = subject_errors.errors(run(tmp_path, [images("none", BASE), images("topology", BASE + change)]))
    rows = table[(table["class"] == "all") & (table["method"] == "topology")]
    assert list(rows["better"]) == [2] * 4
    assert list(rows["folds"]) == [FOLDS] * 4


def test_classes_have_rows_of_their_own(tmp_path: Path) -> None:
    kinds = ("flat", "tall", "tall", "tall")
    change = np.where(np.arange(N) % 4 == 0, -0.2, 0.1)
    arms = [images("none", BASE, kinds=kinds), images("topology", BASE + change, kinds=kinds)]
    table = subject_errors.errors(run(tmp_path, arms))
    assert list(dict.fromkeys(table["class"])) == ["all", "tall", "flat"], "all, then the largest"
    rows = table[(table["metric"] == "iou_error") & (table["method"] == "topology")].set_index("class")
    assert list(rows["n"]) == [40, 30, 10]
    assert rows.loc["flat", "difference"] == pytest.approx(-0.2)
    assert rows.loc["tall", "difference"] == pytest.approx(0.1)


def test_one_class_is_not_told_twice(tmp_path: Path) -> None:
    arms = [images(name, BASE, kinds=("all",)) for name in ("none", "topology")]
    assert set(subject_errors.errors(run(tmp_path, arms))["class"]) == {"all"}


@pytest.mark.parametrize(
    ("differences", "p"), [([], np.nan), ([0.0, 0.0], 1.0), ([0.1, 0.2, 0.3, 0.4, 0.5, 0.0], 2 / 2**5)]
)
def test_the_signed_rank_test_leaves_zeros_out(differences: list[float], p: float) -> None:
    assert subject_errors.wilcoxon(np.array(differences)) == pytest.approx(p, nan_ok=True)


def test_a_study_without_folds_has_no_such_table(tmp_path: Path) -> None:
    other = analysis.load(write(tmp_path, "bifurcation", [arm("none", 0.4), arm("sinkhorn", 0.3)]))
    assert subject_errors.errors(other, "published").empty
    assert not limits.limits(gather(other)) or "folds" not in " ".join(limits.limits(gather(other)))
    for figure in (distributions, strip):
        with pytest.raises(NotApplicable):
            figure.draw(other)
    assert "table 1" not in analysis.render(other, drawings=[])


def test_the_report_has_the_table_and_speaks_of_images(tmp_path: Path) -> None:
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", analysis.render(helped(tmp_path), drawings=[])))
    table = subject_errors.errors(helped(tmp_path / "again")).set_index(["class", "metric", "method"])
    row = table.loc[("all", "iou_error", "topology")]
    median, mean, sd = (number(row[name]) for name in ("median", "mean", "sd"))
    assert f"1 − IoU topology {median} {mean} ± {sd}" in text
    assert f"{int(row['better'])} of 5" in text
    assert "flat (n = 20)" in text
    assert "test times" not in text
    assert "on the test images falls from" in text
    assert "averaged over its 3 replicates" in text


def test_the_limits_say_that_images_of_a_fold_share_networks(tmp_path: Path) -> None:
    said = " ".join(limits.limits(gather(helped(tmp_path))))
    assert "Images of one fold share their networks" in said
    assert "topology is better in 5 of 5 folds" in said
    assert "3 replicates" in said
    many = " ".join(limits.limits(gather(helped(tmp_path / "b", searched_sequences=[f"other{i}" for i in range(18)]))))
    assert "The search saw 18 images only" in many


def test_what_the_search_saw_is_not_transferred_where_it_is_not_tested(tmp_path: Path) -> None:
    facts = gather(helped(tmp_path, searched_sequences=["other"]))
    assert facts.transfer.empty
    assert facts.sequences == N
    assert facts.replicates == SEEDS


def test_the_distributions_show_every_subject_and_the_medians(tmp_path: Path) -> None:
    found = helped(tmp_path)
    figure = figures.draw("distributions", found)
    assert [axis.get_title("left").splitlines()[0] for axis in figure.axes] == list(METRICS.values())
    for axis in figure.axes:
        assert [tick.get_text() for tick in axis.get_xticklabels()] == ["none", "topology"]
    points = [line for line in figure.axes[0].lines if line.get_linestyle() == "None"]
    assert sum(len(line.get_ydata()) for line in points) == 2 * N
    assert {line.get_marker() for line in points} == {"o", "^"}, "a marker for each class"
    shown = np.sort(np.concatenate([line.get_ydata() for line in points[:2]]))
    np.testing.assert_allclose(shown, np.sort(BASE.mean(0)))
    across = [line.get_ydata()[0] for line in figure.axes[0].lines if len(set(line.get_ydata())) == 1][-2:]
    assert np.median(BASE.mean(0)) in [pytest.approx(value) for value in across]
    assert "1 − IoU: p < 0.001" in distributions.caption(found)
    assert f"none {number(np.median(BASE.mean(0)))}" in distributions.alternative(found)


def test_other_figures_over_time_are_left_out(tmp_path: Path) -> None:
    drawn = figures.drawings(helped(tmp_path))
    assert "interpolation" not in [drawing.name for drawing in drawn]
    assert "surfaces" not in [drawing.name for drawing in drawn]
    assert {"differences", "distributions"} <= {drawing.name for drawing in drawn if drawing.png}


def shown_rows(trial: str, names: list[str], empty: bool = False) -> list[dict[str, Any]]:
    """What a confirmed trial keeps to be looked at: image, truth and prediction."""
    nothing = np.zeros(0, "float32")
    found = []
    for name in names:
        common = {"trial": trial, "replicate": 0, "sequence": name, "time": 0.0, "role": "test"}
        pixels = np.linspace(0, 1, 64, dtype="float32")
        no_mesh = {"vertices": nothing, "faces": nothing.astype("int32")}
        mesh = {"vertices": ball().vertices.astype("float32").ravel(), "faces": ball().faces.astype("int32").ravel()}
        found.append(common | no_mesh | {"kind": "input", "pixels": pixels})
        found.append(common | mesh | {"kind": "true", "pixels": nothing})
        found.append(common | (no_mesh if empty else mesh) | {"kind": "predicted", "pixels": nothing})
    return found


def with_shapes(folder: Path) -> analysis.Run:
    found = helped(folder)
    trials = [f"confirm-{method}-image-best" for method in ("none", "topology")]
    rows = shown_rows(trials[0], labels(2), empty=True) + shown_rows(trials[1], labels(2))
    place = folder / "red-blood-cells" / "20260101-120000"
    (place / "surfaces").mkdir()
    pd.DataFrame(rows).to_parquet(place / "surfaces" / "confirm.parquet")
    about = [
        {"study": found.study, "run": found.name, "trial": trial, "phase": "confirm", "setting": "best"}
        | {"method": trial.split("-")[1], "supervision": "image", "number": -1, "state": "complete", "reason": ""}
        | {"objective": 0.5, "epochs": 1, "duration": 1.0}
        for trial in trials
    ]
    pd.DataFrame(about).to_parquet(place / "trials.parquet")
    return analysis.load(place)


def test_the_strip_shows_image_truth_and_every_method(tmp_path: Path) -> None:
    found = with_shapes(tmp_path)
    figure = figures.draw("strip", found)
    said = [text.get_text() for text in figure.findobj(lambda a: hasattr(a, "get_text")) if text.get_text()]
    for words in ("image", "ground truth", "none", "topology", "flat\n000", "tall\n001"):
        assert words in said
    assert said.count("no surface") == 2
    score = f"1 − IoU {BASE.mean(0)[0]:.2f}"
    assert score in said
    pictures = [axis for axis in figure.axes if axis.images]
    assert len(pictures) == 2 + 2 + 2, "images, truths, and the surfaces of one method"
    assert "cell000, none: no surface" in strip.alternative(found)
    assert "the first ones of every class" in strip.caption(found)


def test_the_strip_waits_for_shapes(tmp_path: Path) -> None:
    with pytest.raises(NoRows, match="no confirmed trial has kept its shapes yet"):
        strip.draw(helped(tmp_path))
