"""Paired comparison, against scipy.stats on the same numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import analysis
from analysis.statistics.comparison import compare_settings
from tests.analysis.statistics.pairs import Opener, means

COLUMNS = [
    "metric",
    "method",
    "baseline",
    "supervision",
    "setting",
    "n",
    "baseline_mean",
    "method_mean",
    "difference",
    "low",
    "high",
    "p",
    "p_holm",
    "effect_size",
    "verdict",
    "hodges_lehmann",
    "exact_low",
    "exact_high",
    "p_exact",
    "n_needed",
    "unit",
]


@pytest.mark.parametrize("metric", ["chamfer", "hausdorff", "dice"])
def test_rows_are_scipys_paired_t_test_on_means_over_test_times(per_time: pd.DataFrame, metric: str) -> None:
    table = analysis.compare(per_time, metric=metric, baseline="none")
    assert list(table) == COLUMNS
    assert len(table) == 5 * 2
    for row in table.to_dict("records"):
        baseline = means(per_time, "none", row["supervision"], metric)
        method = means(per_time, row["method"], row["supervision"], metric)
        test = stats.ttest_rel(method, baseline)
        interval = test.confidence_interval(0.95)
        assert row["n"] == 4
        difference = method - baseline
        expected = [
            baseline.mean(),
            method.mean(),
            difference.mean(),
            interval.low,
            interval.high,
            test.pvalue,
            difference.mean() / difference.std(ddof=1),
        ]
        names = ["baseline_mean", "method_mean", "difference", "low", "high", "p", "effect_size"]
        np.testing.assert_allclose([row[name] for name in names], expected, rtol=1e-9)


def test_from_six_pairs_on_intervals_without_normality_stand_beside(run_of: Opener) -> None:
    per_time = run_of().per_time
    table = analysis.compare(per_time)
    for row in table.to_dict("records"):
        differences = means(per_time, row["method"], row["supervision"], "chamfer")
        differences = differences - means(per_time, "none", row["supervision"], "chamfer")
        walsh = sorted((a + b) / 2 for i, a in enumerate(differences) for b in differences[i:])
        assert len(walsh) == 21
        # of six pairs all Walsh averages are in: 1 − 2/2⁶ = 0.969, and the next would leave 0.938
        expected = [np.median(walsh), walsh[0], walsh[-1]]
        np.testing.assert_allclose([row["hodges_lehmann"], row["exact_low"], row["exact_high"]], expected)
        assert row["p_exact"] == pytest.approx(stats.wilcoxon(differences, method="exact").pvalue)


@pytest.mark.parametrize("plan", [{"methods": (), "status": "running"}, {"confirmed": False}])
def test_a_run_without_confirmed_rows_has_nothing_to_compare(run_of: Opener, plan: dict[str, object]) -> None:
    with pytest.raises(analysis.NoRows, match="no"):
        analysis.compare_run(run_of(**plan))


def test_a_run_of_the_baseline_alone_has_an_empty_comparison(run_of: Opener) -> None:
    assert analysis.compare_run(run_of(methods=("none",))).empty


def test_a_window_averages_over_its_test_times_only(per_time: pd.DataFrame) -> None:
    table = analysis.compare(per_time, window=(0.4, 0.6)).set_index(["method", "supervision"])
    inside = per_time[per_time["time_index"].isin([8, 10, 12])]
    row = table.loc[("sinkhorn", "sparse")]
    assert row["method_mean"] == pytest.approx(means(inside, "sinkhorn", "sparse", "chamfer").mean())
    assert (
        row["method_mean"]
        != analysis.compare(per_time).set_index(["method", "supervision"]).loc[("sinkhorn", "sparse"), "method_mean"]
    )


def test_the_unit_is_said_in_words(per_time: pd.DataFrame) -> None:
    assert set(analysis.compare(per_time)["unit"]) == {"seeds (training noise)"}
    assert set(analysis.compare(per_time, unit="sequence")["unit"]) == {"sequences"}
    assert set(analysis.compare(per_time, unit="sequence", unit_words="images")["unit"]) == {"images"}


def test_a_replicate_without_values_is_no_pair(run_of: Opener) -> None:
    per_time = run_of(diverged={"sinkhorn": (1,)}).per_time
    table = analysis.compare(per_time).set_index(["method", "supervision"])
    row = table.loc[("sinkhorn", "sparse")]
    kept = [0, 2, 3, 4, 5]
    baseline = means(per_time, "none", "sparse", "chamfer")[kept]
    method = means(per_time, "sinkhorn", "sparse", "chamfer")[kept]
    assert row["n"] == 5
    assert row["baseline_mean"] == pytest.approx(baseline.mean())
    assert row["p"] == pytest.approx(stats.ttest_rel(method, baseline).pvalue)


def test_a_replicate_with_one_missing_time_is_no_pair(per_time: pd.DataFrame) -> None:
    hole = (per_time["trial"] == "confirm-sinkhorn-sparse-best") & (per_time["time_index"] == 10)
    hole &= (per_time["replicate"] == 2) & (per_time["sequence"] == "two")
    assert hole.sum() == 1
    table = analysis.compare(per_time.assign(chamfer=per_time["chamfer"].mask(hole)))
    rows = table.set_index(["method", "supervision"])["n"]
    assert rows[("sinkhorn", "sparse")] == 3
    assert rows[("barycenter", "sparse")] == 4


def test_times_that_are_not_test_change_nothing(per_time: pd.DataFrame) -> None:
    spoiled = per_time.assign(chamfer=per_time["chamfer"].where(per_time["role"] == "test", 99.0))
    pd.testing.assert_frame_equal(analysis.compare(spoiled), analysis.compare(per_time))


def test_settings_are_kept_apart(per_time: pd.DataFrame) -> None:
    table = analysis.compare(per_time, setting="published")
    assert set(table["setting"]) == {"published"}
    assert set(table["method"]) == {"sinkhorn", "barycenter", "sinkhorn+barycenter"}
    row = table.set_index(["method", "supervision"]).loc[("sinkhorn", "sparse")]
    assert row["method_mean"] == pytest.approx(means(per_time, "sinkhorn", "sparse", "chamfer", "published").mean())


def test_the_two_settings_of_a_method_are_compared_with_each_other(per_time: pd.DataFrame) -> None:
    row = compare_settings(per_time).set_index(["method", "supervision"]).loc[("none", "sparse")]
    best, published = (means(per_time, "none", "sparse", "chamfer", setting) for setting in ("best", "published"))
    assert row["difference"] == pytest.approx((best - published).mean())
    assert row["p"] == pytest.approx(stats.ttest_rel(best, published).pvalue)
    table = compare_settings(per_time, better="higher")
    assert table["p_holm"].min() >= table["p"].min()
    assert set(table["method"]) == {"none", "sinkhorn", "barycenter", "sinkhorn+barycenter"}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"metric": "iou"}, "unknown metric 'iou'.*chamfer, hausdorff, dice"),
        ({"baseline": "nothing"}, "baseline 'nothing'.*none, sinkhorn"),
        ({"setting": "worst"}, "no rows with setting 'worst'"),
        ({"better": "smaller"}, "better must be 'lower' or 'higher'"),
        ({"metric": ["chamfer", "iou"]}, "unknown metric 'iou'"),
        ({"metric": []}, "no metric was given"),
        ({"window": (2, 3)}, "no time between 2 and 3: the table's times are 0.1 to 0.9"),
        ({"window": (0.5, 0.1)}, "from an earlier to a later time, not from 0.5 to 0.1"),
        ({"margin": -1.0}, "margin must be a positive number"),
    ],
)
def test_wrong_arguments_get_one_sentence(per_time: pd.DataFrame, arguments: dict[str, str], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        analysis.compare(per_time, **arguments)


def test_two_runs_in_one_table_are_refused(per_time: pd.DataFrame) -> None:
    both = pd.concat([per_time, per_time.assign(run="another")])
    with pytest.raises(ValueError, match="one run at a time"):
        analysis.compare(both)
