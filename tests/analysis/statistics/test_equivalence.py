"""Equivalence by two one-sided t tests, against scipy's one-sided paired t tests and by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from analysis.statistics.equivalence import two_one_sided_tests


@pytest.mark.parametrize("shift", [0.0, 0.015, -0.019, 0.05])
@pytest.mark.parametrize("n", [3, 8])
def test_p_and_interval_are_those_of_scipys_one_sided_tests(shift: float, n: int) -> None:
    random = np.random.default_rng(n)
    reference = random.normal(0.3, 0.1, n)
    treated = reference + shift + random.normal(0.0, 0.01, n)
    found = two_one_sided_tests(treated - reference, margin=0.02)
    above = stats.ttest_rel(treated + 0.02, reference, alternative="greater").pvalue
    below = stats.ttest_rel(treated - 0.02, reference, alternative="less").pvalue
    interval = stats.ttest_rel(treated, reference).confidence_interval(0.90)
    assert found.n == n
    np.testing.assert_allclose([found.p, found.low, found.high], [max(above, below), interval.low, interval.high])
    assert found.within == (interval.low > -0.02 and interval.high < 0.02)
    assert found.beyond == (interval.low > 0.02 or interval.high < -0.02)


def rate(mean: float, spread: float, runs: int = 4000, n: int = 8) -> float:
    """How often equivalence within ±1 is found."""
    samples = np.random.default_rng(0).normal(mean, spread, (runs, n))
    return float(np.mean([two_one_sided_tests(sample, margin=1.0).within for sample in samples]))


def test_at_the_margin_equivalence_is_found_in_one_of_twenty() -> None:
    assert rate(mean=1.0, spread=0.5) == pytest.approx(0.05, abs=0.011)  # three standard errors


def test_equivalence_is_found_where_there_is_enough_evidence_and_not_where_there_is_not() -> None:
    assert rate(mean=0.0, spread=0.5, runs=400) > 0.95
    assert rate(mean=0.0, spread=3.0, runs=400) < 0.05


def test_certain_differences_are_within_or_not() -> None:
    assert two_one_sided_tests(np.full(4, 0.01), margin=0.02).p == 0.0
    outside = two_one_sided_tests(np.full(4, -0.03), margin=0.02)
    assert outside.p == 1.0
    assert outside.beyond


def test_one_pair_shows_nothing() -> None:
    found = two_one_sided_tests(np.array([0.0]), margin=0.02)
    assert np.isnan(found.p)
    assert not found.within
    assert not found.beyond


@pytest.mark.parametrize("margin", [0.0, -1.0, np.nan, np.inf])
def test_a_margin_is_a_positive_number(margin: float) -> None:
    with pytest.raises(ValueError, match="margin must be a positive number"):
        two_one_sided_tests(np.zeros(3), margin)
