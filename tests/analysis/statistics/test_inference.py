"""Intervals and tests of paired differences: against scipy, closed forms and 2,000 simulated studies."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import analysis
from analysis.statistics.inference import holm, needed, paired_mean, signed_ranks, walsh_interval
from analysis.statistics.verdicts import ENOUGH, judged
from tests.analysis.simulated import arm

STUDIES = 2_000
SIZES = (3, 6, 8, 20)


def differences(n: int, *shape: int, seed: int = 10) -> np.ndarray:
    """Normal, of mean 0.3, as every simulated study has them: ``[*shape, n]``."""
    return np.random.default_rng([seed, n]).normal(0.3, 1.0, (*shape, n))


@pytest.mark.parametrize("n", [6, 7, 8, 13, 20, 40])
def test_wilcoxons_p_and_the_exact_interval_say_the_same(n: int) -> None:
    """Of duality: the interval leaves out a value just where the exact test of the shifted differences rejects it."""
    sample = differences(n)
    found = signed_ranks(sample, 1.0)
    assert found.p == pytest.approx(stats.wilcoxon(sample, method="exact").pvalue)
    assert found.confidence >= 0.95
    for edge, outwards in ((found.low, -1), (found.high, 1)):
        for step, rejected in ((1e-6, True), (-1e-6, False)):
            p = stats.wilcoxon(sample - (edge + outwards * step), method="exact").pvalue
            assert (p < 0.05) == rejected


@pytest.mark.parametrize(("n", "tabled"), [(6, 0.969), (8, 0.961), (10, 0.951), (15, 0.952), (20, 0.952)])
def test_the_confidence_is_that_of_the_tables(n: int, tabled: float) -> None:
    """2 P(T⁺ ≤ k − 1) from the table of critical values of the signed-rank statistic: k − 1 = 0, 3, 8, 25, 52."""
    assert round(walsh_interval(np.arange(n, dtype=float))[3], 3) == tabled


@pytest.mark.parametrize("n", [1, 3, 5])
def test_below_six_there_is_no_exact_interval(n: int) -> None:
    found = signed_ranks(differences(n), 1.0)
    assert np.isnan([found.low, found.high, found.confidence]).all()
    assert found.p == pytest.approx(stats.wilcoxon(differences(n), method="exact").pvalue)
    assert np.isnan(signed_ranks(np.array([]), 1.0).estimate)


def test_ties_and_zeros_are_exact_too() -> None:
    sample = np.array([0.1, 0.1, -0.1, 0.2, 0.3, 0.4, 0.4, 1e-16])
    kept, ranks = sample[:-1], stats.rankdata(np.abs(sample[:-1]))
    signs = np.array([[1 - 2 * (case >> place & 1) for place in range(7)] for case in range(2**7)])
    sums, observed = (signs > 0) @ ranks, ranks[kept > 0].sum()
    expected = 2 * min(np.mean(sums >= observed), np.mean(sums <= observed))
    assert signed_ranks(sample, 1.0).p == pytest.approx(expected)
    assert signed_ranks(np.zeros(6), 1.0).p == 1.0


@pytest.mark.parametrize(("effect", "n"), [(0.5, 34), (0.8, 15), (1.0, 10)])
def test_the_pairs_needed_are_those_of_power_tables(effect: float, n: int) -> None:
    """Two-sided paired t test at 0.05 with power 0.8."""
    assert needed(effect, 0.05, 2) == needed(-effect, 0.05, 2) == n


def test_the_pairs_needed_by_simulation() -> None:
    n = needed(1.2, 0.01, 6)
    assert n is not None
    samples = np.random.default_rng(0).normal(1.2, 1.0, (4000, n))
    shown = stats.ttest_1samp(samples, 0.0, axis=1).pvalue < 0.01
    assert shown.mean() == pytest.approx(0.81, abs=0.03)
    assert needed(1.2, 0.01, n + 5) == n + 5
    assert needed(0.001, 0.05, 6) is None
    assert needed(np.nan, 0.05, 6) == 6


@pytest.mark.parametrize("n", SIZES)
def test_intervals_cover_in_simulated_studies(n: int) -> None:
    samples = differences(n, STUDIES)
    intervals = np.array([(mean.low, mean.high) for mean in (paired_mean(sample, 1.0) for sample in samples)])
    covered = np.mean((intervals[:, 0] <= 0.3) & (intervals[:, 1] >= 0.3))
    assert 0.94 <= covered <= 0.96
    if n < ENOUGH:
        assert np.isnan(walsh_interval(samples[0])[1])
        return
    exact = np.array([walsh_interval(sample)[1:3] for sample in samples])
    assert np.mean((exact[:, 0] <= 0.3) & (exact[:, 1] >= 0.3)) >= 0.94


@pytest.mark.parametrize("n", [6, 8, 20])
def test_the_exact_interval_needs_no_normal_errors(n: int) -> None:
    samples = np.random.default_rng([3, n]).standard_t(2, (STUDIES, n))
    exact = np.array([walsh_interval(sample)[1:3] for sample in samples])
    assert np.mean((exact[:, 0] <= 0) & (exact[:, 1] >= 0)) >= 0.94


def null_study(n: int, seed: int) -> np.ndarray:
    """[4 methods, 2 supervisions, 3 metrics, n] differences to a common baseline, of mean zero: methods share the
    baseline, and the metrics of a method nearly measure the same."""
    random = np.random.default_rng([seed, n])
    baseline, method = random.normal(size=(1, 2, 1, n)), random.normal(size=(4, 2, 1, n))
    return method - baseline + 0.3 * random.normal(size=(4, 2, 3, n))


@pytest.mark.parametrize("n", SIZES)
def test_one_study_in_twenty_shows_a_difference_that_is_not_there(n: int) -> None:
    wrong = 0
    for seed in range(STUDIES):
        rows = null_study(n, seed).reshape(-1, n)
        p = 2 * stats.t.sf(np.abs(rows.mean(axis=1)) / (rows.std(axis=1, ddof=1) / np.sqrt(n)), n - 1)
        if seed < 20:
            np.testing.assert_allclose(p, [paired_mean(row, 1.0).p for row in rows])
        wrong += bool((holm(p) < 0.05).any())
    assert wrong / STUDIES <= 0.06


def study_table(n: int, seed: int) -> pd.DataFrame:
    """A null study as a table: per method and supervision ``n`` replicates with 21 times of noise around their own
    level."""
    levels = null_study(n, seed)
    random = np.random.default_rng([1, seed, n])
    arms = []
    for place, supervision in enumerate(("sparse", "dense")):
        for method in range(-1, 4):
            level = levels[method, place] if method >= 0 else np.zeros((3, n))
            noise = random.normal(0.0, 0.1, (3, n, 1, 21))
            values = level[:, :, None, None] + noise - noise.mean(axis=-1, keepdims=True)
            name = f"method {method}" if method >= 0 else "none"
            metrics = dict(zip(("chamfer", "hausdorff", "dice"), values, strict=True))
            arms.append(arm(name, metrics.pop("chamfer"), supervision, replicates=n, **metrics))
    return pd.concat(arms, ignore_index=True).assign(study="s", run="r")


def wrong_studies(n: int, studies: int) -> tuple[float, float, float]:
    """Part of the studies with any false verdict, and the coverage of both intervals, through ``compare``."""
    wrong, covered, exact = 0, [], []
    for seed in range(studies):
        table = analysis.compare(study_table(n, seed), ["chamfer", "hausdorff", "dice"], setting="published")
        assert len(table) == 24
        wrong += bool((table["p_holm"] < 0.05).any())
        assert n >= ENOUGH or set(table["verdict"]) == {"cannot tell"}
        covered.append(((table["low"] <= 0) & (table["high"] >= 0)).mean())
        exact.append(((table["exact_low"] <= 0) & (table["exact_high"] >= 0)).mean())
    return wrong / studies, float(np.mean(covered)), float(np.mean(exact))


def test_a_few_studies_as_tables_go_the_same_way() -> None:
    wrong, covered, exact = wrong_studies(8, studies=12)
    assert wrong <= 0.25
    assert covered > 0.85
    assert exact > 0.85


@pytest.mark.slow
@pytest.mark.parametrize("n", SIZES)
def test_two_thousand_studies_as_tables(n: int) -> None:
    wrong, covered, exact = wrong_studies(n, STUDIES)
    assert wrong <= 0.06
    assert 0.94 <= covered <= 0.96
    assert n < ENOUGH or exact >= 0.94


def test_judged_takes_the_direction_by_row() -> None:
    rows = {"p": [0.001, 0.001], "low": [-2.0, -2.0], "high": [-1.0, -1.0], "difference": [-1.5, -1.5], "n": [6, 6]}
    table = judged(pd.DataFrame(rows | {"effect_size": [3.0, 3.0]}), pd.Series([True, False]), 0.95)
    assert list(table["verdict"]) == ["better", "worse"]
