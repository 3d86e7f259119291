"""Paired comparison, against scipy.stats on the same numbers."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import analysis
from analysis.statistics.comparison import compare_settings
from analysis.statistics.inference import holm, needed, paired_mean
from analysis.statistics.verdicts import judged

Opener = Callable[..., analysis.Run]
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


def means(per_time: pd.DataFrame, method: str, supervision: str, metric: str, setting: str = "best") -> np.ndarray:
    """Mean over the test times of each replicate, over its sequences, by plain loops."""
    chosen = per_time[(per_time["phase"] == "confirm") & (per_time["role"] == "test")]
    chosen = chosen[(chosen["method"] == method) & (chosen["supervision"] == supervision)]
    chosen = chosen[chosen["setting"] == setting]
    found = []
    for replicate in sorted(set(chosen["replicate"])):
        of_sequences = []
        for sequence in sorted(set(chosen["sequence"])):
            same = (chosen["replicate"] == replicate) & (chosen["sequence"] == sequence)
            of_sequences.append(np.mean(chosen.loc[same, metric].to_numpy()))
        found.append(np.mean(of_sequences))
    return np.array(found)


@pytest.fixture(scope="module")
def per_time(run_of: Opener) -> pd.DataFrame:
    return run_of(sequences=("one", "two"), replicates=4).per_time


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


def test_holm_is_over_the_rows_of_the_call(per_time: pd.DataFrame) -> None:
    table = analysis.compare(per_time)
    p = table["p"].to_numpy()
    m = len(p)
    expected = [
        min(1.0, max((m - np.sum(p < other)) * other for other in p[p <= value])) for value in p
    ]  # by definition: the largest of the factors times the smaller p values
    np.testing.assert_allclose(table["p_holm"], expected)


def test_weighted_holm_is_the_closure_of_weighted_bonferroni_tests() -> None:
    generator = np.random.default_rng(5)
    for _ in range(20):
        p, weights = generator.uniform(0, 0.2, 4), generator.uniform(0.1, 1, 4)
        subsets = [s for size in range(1, 5) for s in itertools.combinations(range(4), size)]
        expected = [
            max(min(1.0, min(p[j] * weights[list(s)].sum() / weights[j] for j in s)) for s in subsets if i in s)
            for i in range(4)
        ]
        np.testing.assert_allclose(holm(p, weights), expected)


def test_the_primary_metric_has_half_of_the_level(per_time: pd.DataFrame) -> None:
    metrics = ["chamfer", "hausdorff", "dice"]
    equal = analysis.compare(per_time, metrics)
    found = analysis.compare(per_time, metrics, primary="chamfer")
    first = (found["metric"] == "chamfer").to_numpy()
    shares = np.where(first, 0.5 / first.sum(), 0.5 / (~first).sum())
    np.testing.assert_allclose(found["p_holm"], holm(found["p"].to_numpy(), shares))
    smallest = found["p"].idxmin()
    expected = min(1.0, found["p"][smallest] / shares[smallest])
    assert found["p_holm"][smallest] <= expected + 1e-12
    alone = analysis.compare(per_time, "chamfer", primary="chamfer")
    pd.testing.assert_frame_equal(alone, analysis.compare(per_time, "chamfer"))
    assert (equal["p"] == found["p"]).all()


def test_holm_by_hand() -> None:
    corrected = holm(np.array([0.04, 0.01, np.nan, 0.03]))
    np.testing.assert_allclose(corrected, [0.06, 0.03, np.nan, 0.06])


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


def test_one_question_of_several_metrics_is_corrected_over_all_of_them(per_time: pd.DataFrame) -> None:
    names = ["chamfer", "dice"]
    together = analysis.compare(per_time, metric=names)
    alone = pd.concat([analysis.compare(per_time, metric=name) for name in names], ignore_index=True)
    pd.testing.assert_frame_equal(
        together.drop(columns=["p_holm", "n_needed"]), alone.drop(columns=["p_holm", "n_needed"])
    )
    np.testing.assert_allclose(together["p_holm"], holm(alone["p"].to_numpy()))
    assert (together["p_holm"] >= alone["p_holm"]).all()


def test_a_runs_own_question_knows_its_record_and_keeps_floor_and_ceiling_apart(whole: analysis.Run) -> None:
    table = analysis.compare_run(whole)
    names = ["chamfer", "hausdorff", "dice", "bifurcation_time_error"]
    assert list(table["metric"].unique()) == names
    references = table["method"].isin(["linear-blend", "barycenter-only"])
    assert (references.sum(), (~references).sum()) == (2 * 2 * 4, 3 * 2 * 4)
    for part in (table[references], table[~references]):
        first = (part["metric"] == "chamfer").to_numpy()  # what the search ranked on has half of the level
        shares = np.where(first, 0.5 / first.sum(), 0.5 / (~first).sum())
        np.testing.assert_allclose(part["p_holm"], holm(part["p"].to_numpy(), shares))
    alone = analysis.compare(whole.per_time, "dice")
    same = table[table["metric"] == "dice"].reset_index(drop=True)
    columns = ["method", "supervision", "n", "difference", "low", "high", "p"]
    pd.testing.assert_frame_equal(same[columns], alone[columns], check_categorical=False, check_dtype=False)
    assert set(table["unit"]) == {"training noise of one sequence (seeds)"}


@pytest.mark.parametrize("plan", [{"methods": (), "status": "running"}, {"confirmed": False}])
def test_a_run_without_confirmed_rows_has_nothing_to_compare(run_of: Opener, plan: dict[str, object]) -> None:
    with pytest.raises(analysis.NoRows, match="no"):
        analysis.compare_run(run_of(**plan))


def test_a_run_of_the_baseline_alone_has_an_empty_comparison(run_of: Opener) -> None:
    assert analysis.compare_run(run_of(methods=("none",))).empty


def test_better_can_be_said_by_metric(run_of: Opener) -> None:
    plan = {"methods": ("none", "sinkhorn"), "supervisions": ("sparse",)}
    per_time = run_of(**plan).per_time
    table = analysis.compare(per_time, ["chamfer", "dice"], better={"chamfer": "higher", "dice": "higher"})
    assert list(table["verdict"]) == ["worse", "better"]


def test_a_window_averages_over_its_test_times_only(per_time: pd.DataFrame) -> None:
    table = analysis.compare(per_time, window=(0.4, 0.6)).set_index(["method", "supervision"])
    inside = per_time[per_time["time_index"].isin([8, 10, 12])]
    row = table.loc[("sinkhorn", "sparse")]
    assert row["method_mean"] == pytest.approx(means(inside, "sinkhorn", "sparse", "chamfer").mean())
    assert (
        row["method_mean"]
        != analysis.compare(per_time).set_index(["method", "supervision"]).loc[("sinkhorn", "sparse"), "method_mean"]
    )


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


def test_the_unit_is_said_in_words(per_time: pd.DataFrame) -> None:
    assert set(analysis.compare(per_time)["unit"]) == {"seeds (training noise)"}
    assert set(analysis.compare(per_time, unit="sequence")["unit"]) == {"sequences"}
    assert set(analysis.compare(per_time, unit="sequence", unit_words="images")["unit"]) == {"images"}


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


def test_a_baseline_missing_under_one_supervision_leaves_rows_that_cannot_tell(run_of: Opener) -> None:
    table = analysis.compare(run_of(lost_arms=(("none", "dense"),)).per_time)
    dense = table[table["supervision"] == "dense"]
    assert (dense["n"] == 0).all()
    assert set(dense["verdict"]) == {"cannot tell"}
    assert (table.loc[table["supervision"] == "sparse", "n"] == 6).all()


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
