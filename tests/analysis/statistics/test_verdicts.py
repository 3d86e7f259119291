"""What is said of a paired difference: better, worse, equivalent, none shown, cannot tell; and how many pairs more."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import analysis
from analysis.statistics.inference import needed, paired_mean
from analysis.statistics.verdicts import judged
from tests.analysis.statistics.pairs import Opener, means


def test_better_and_worse_follow_the_metrics_direction(run_of: Opener) -> None:
    level = {"none": 0.3, "sinkhorn": 0.1, "barycenter": 0.6}
    plan = {"methods": ("none", "sinkhorn", "barycenter"), "supervisions": ("sparse",), "level": level}
    per_time = run_of(**plan).per_time
    for metric, sign in (("chamfer", -1), ("dice", 1)):
        table = analysis.compare(per_time, metric=metric).set_index("method")
        assert table.loc["sinkhorn", "verdict"] == "better"
        assert np.sign(table.loc["sinkhorn", "difference"]) == sign
        assert table.loc["barycenter", "verdict"] == "worse"
    reversed_ = analysis.compare(per_time, metric="chamfer", better="higher").set_index("method")
    assert reversed_.loc["sinkhorn", "verdict"] == "worse"


def test_equal_methods_show_no_difference(run_of: Opener) -> None:
    plan = {
        "methods": ("none", "sinkhorn"),
        "supervisions": ("sparse",),
        "level": {"none": 0.3, "sinkhorn": 0.3},
    }
    (row,) = analysis.compare(run_of(**plan).per_time).to_dict("records")
    assert row["low"] < 0 < row["high"]
    assert row["verdict"] == "no difference shown"


def test_a_p_value_that_only_holms_correction_lifts_is_no_difference() -> None:
    rows = {
        "p": [0.03, 0.04],
        "low": [-2.0, -2.0],
        "high": [-1.0, -1.0],
        "difference": [-1.5, -1.5],
        "n": [6, 6],
    }
    table = judged(pd.DataFrame(rows | {"effect_size": [1.0, 1.0]}), lower=True, confidence=0.95)
    assert list(table["verdict"]) == ["no difference shown"] * 2
    alone = judged(pd.DataFrame(rows | {"effect_size": [1.0, 1.0]}).head(1), lower=True, confidence=0.95)
    assert list(alone["verdict"]) == ["better"]


@pytest.mark.parametrize("replicates", [1, 2, 5])
def test_below_six_pairs_one_cannot_tell(run_of: Opener, replicates: int) -> None:
    table = analysis.compare(run_of(replicates=replicates).per_time)
    assert set(table["verdict"]) == {"cannot tell"}
    assert (table["n"] == replicates).all()
    assert table["difference"].notna().all()
    assert table["low"].isna().all() == (replicates == 1)
    assert table[["hodges_lehmann", "exact_low", "exact_high", "p_exact"]].isna().all(axis=None)
    assert table["n_needed"].min() >= 6


def test_better_can_be_said_by_metric(run_of: Opener) -> None:
    plan = {"methods": ("none", "sinkhorn"), "supervisions": ("sparse",)}
    per_time = run_of(**plan).per_time
    table = analysis.compare(per_time, ["chamfer", "dice"], better={"chamfer": "higher", "dice": "higher"})
    assert list(table["verdict"]) == ["worse", "better"]


def test_a_margin_asks_whether_the_difference_is_smaller(run_of: Opener) -> None:
    level = {"none": 0.3, "sinkhorn": 0.301, "barycenter": 0.1}
    plan = {"methods": tuple(level), "supervisions": ("sparse",), "level": level, "noise": 0.002}
    per_time = run_of(**plan).per_time
    table = analysis.compare(per_time, margin={"chamfer": 0.02}).set_index("method")
    assert list(table.loc[["sinkhorn", "barycenter"], "verdict"]) == ["equivalent", "better"]
    differences = means(per_time, "sinkhorn", "sparse", "chamfer") - means(per_time, "none", "sparse", "chamfer")
    above = stats.ttest_1samp(differences, -0.02, alternative="greater").pvalue
    below = stats.ttest_1samp(differences, 0.02, alternative="less").pvalue
    assert table.loc["sinkhorn", "p_equivalence"] == pytest.approx(min(1.0, 2 * max(above, below)))
    assert table.loc["barycenter", "p_equivalence"] > 0.9
    assert (table["margin"] == 0.02).all()
    assert "equivalent" not in set(analysis.compare(per_time)["verdict"])


def test_what_would_be_needed_is_said_where_nothing_is_shown(run_of: Opener) -> None:
    level = {"none": 0.3, "sinkhorn": 0.1, "barycenter": 0.31}
    plan = {"methods": tuple(level), "supervisions": ("sparse",), "level": level}
    table = analysis.compare(run_of(**plan).per_time).set_index("method")
    assert pd.isna(table.loc["sinkhorn", "n_needed"])
    assert table.loc["barycenter", "n_needed"] == needed(table.loc["barycenter", "effect_size"], 0.05 / 2, 6)


@pytest.mark.parametrize(("value", "p"), [(0.0, 1.0), (-0.1, 0.0)])
def test_identical_differences_have_an_interval_of_width_zero(value: float, p: float) -> None:
    differences = np.array([0.3, 0.2, 0.7]) + value - np.array([0.3, 0.2, 0.7])
    mean = paired_mean(differences, scale=0.7)
    assert mean.low == mean.high == mean.difference == pytest.approx(value, abs=1e-15)
    assert mean.p == p
    assert np.isnan(mean.effect_size)


def test_two_deterministic_methods_compare_without_crashing(run_of: Opener) -> None:
    table = analysis.compare(run_of().per_time, baseline="linear-blend").set_index(["method", "supervision"])
    row = table.loc[("barycenter-only", "sparse")]
    assert row["low"] == row["high"] == row["difference"] < 0
    assert row["verdict"] == "better"


def test_a_baseline_missing_under_one_supervision_leaves_rows_that_cannot_tell(run_of: Opener) -> None:
    table = analysis.compare(run_of(lost_arms=(("none", "dense"),)).per_time)
    dense = table[table["supervision"] == "dense"]
    assert (dense["n"] == 0).all()
    assert set(dense["verdict"]) == {"cannot tell"}
    assert (table.loc[table["supervision"] == "sparse", "n"] == 6).all()
