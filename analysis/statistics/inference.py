"""Inference from n paired differences: with normal errors, without, over several tests at once, and how many more
are needed.

t interval: the mean d̄ with d̄ ± t(n−1) · s/√n; the paired t test gives p, and the effect size is Cohen's d_z = d̄/s.
Without normality (Hollander, Wolfe and Chicken, *Nonparametric Statistical Methods*, 3rd ed. 2014, sections 3.1 to
3.3): the Walsh averages (d_i + d_j)/2, i ≤ j, in ascending order W_1 … W_M, have the Hodges–Lehmann estimate as their
median, and [W_k, W_{M+1−k}] covers the centre of any symmetric distribution with probability 1 − 2 P(T⁺ ≤ k − 1), T⁺
being Wilcoxon's signed-rank statistic; the largest k that leaves at least the wanted confidence is taken. Below six
differences there is no such k at 95 %, as 2/2⁵ > 0.05.

The distribution of T⁺ gives the test its exact p too; only ties need scipy.stats, which takes long to import.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

POWER = 0.8
"""With which probability a difference is to be shown, where :func:`needed` says how many pairs that takes."""
MOST_NEEDED = 10_000
ROUNDING = 1e-12


@dataclass(frozen=True)
class PairedMean:
    """The mean of n paired differences with its t interval."""

    n: int
    difference: float
    low: float
    high: float
    p: float
    effect_size: float


@dataclass(frozen=True)
class SignedRanks:
    """What n paired differences say if they are only taken to be symmetric about their centre."""

    n: int
    estimate: float
    """Hodges–Lehmann: the median of the Walsh averages."""
    low: float
    high: float
    """The exact interval; NaN where n is too small for the wanted confidence."""
    confidence: float
    """What the interval really has, never less than was asked for; NaN where there is none."""
    p: float
    """Wilcoxon's signed-rank test, two-sided and exact."""


def paired_mean(differences: np.ndarray, scale: float, confidence: float = 0.95) -> PairedMean:
    """t interval and paired t test of ``differences`` ``[n,]``; those smaller than rounding at ``scale``
    count as zero."""
    n = len(differences)
    if n == 0:
        return PairedMean(0, np.nan, np.nan, np.nan, np.nan, np.nan)
    mean = float(np.mean(differences))
    if n == 1:
        return PairedMean(1, mean, np.nan, np.nan, np.nan, np.nan)
    from scipy.special import stdtr, stdtrit

    spread = float(np.std(differences, ddof=1))
    rounding = ROUNDING * scale
    if spread <= rounding:
        zero = abs(mean) <= rounding
        return PairedMean(n, mean, mean, mean, 1.0 if zero else 0.0, np.nan)
    error = spread / np.sqrt(n)
    half = float(stdtrit(n - 1, 0.5 + confidence / 2)) * error
    p = float(2 * stdtr(n - 1, -abs(mean) / error))
    return PairedMean(n, mean, mean - half, mean + half, p, mean / spread)


def signed_ranks(differences: np.ndarray, scale: float, confidence: float = 0.95) -> SignedRanks:
    """Hodges–Lehmann estimate, exact interval and exact Wilcoxon test of ``differences`` ``[n,]``; those smaller than
    rounding at ``scale`` count as zero, which the test leaves out (so does Wilcoxon) and the interval keeps."""
    n = len(differences)
    if n == 0:
        return SignedRanks(0, np.nan, np.nan, np.nan, np.nan, np.nan)
    cleaned = np.where(np.abs(differences) <= ROUNDING * scale, 0.0, differences)
    estimate, low, high, attained = walsh_interval(cleaned, confidence)
    return SignedRanks(n, estimate, low, high, attained, _wilcoxon(cleaned[cleaned != 0]))


def walsh_interval(differences: np.ndarray, confidence: float = 0.95) -> tuple[float, float, float, float]:
    """Hodges–Lehmann estimate, exact interval from low to high, and the confidence it has, of ``differences``
    ``[n,]``, n ≥ 1."""
    first, second = np.triu_indices(len(differences))
    walsh = np.sort((differences[first] + differences[second]) / 2)
    k, attained = _walsh_rank(len(differences), confidence)
    low, high = (float(walsh[k - 1]), float(walsh[-k])) if k else (np.nan, np.nan)
    return float(np.median(walsh)), low, high, attained


@lru_cache
def _walsh_rank(n: int, confidence: float) -> tuple[int, float]:
    """k of the exact interval of ``n`` differences, and the confidence that it has; 0 and NaN where there is none."""
    missed = 2 * _at_most(tuple(range(1, n + 1)))  # missed[k − 1] = 2 P(T⁺ ≤ k − 1)
    k = int(np.searchsorted(missed, 1 - confidence + 1e-12, side="right"))
    return (k, float(1 - missed[k - 1])) if k else (0, np.nan)


@lru_cache
def _at_most(ranks: tuple[int, ...]) -> np.ndarray:
    """P(T⁺ ≤ t) for t = 0 … their sum where there is no difference: every rank is in the sum or not, with probability
    1/2 each."""
    distribution = np.zeros(sum(ranks) + 1)
    distribution[0], reached = 1.0, 0
    for rank in ranks:
        halves = distribution[: reached + 1] / 2
        distribution[: reached + 1] = halves
        distribution[rank : rank + reached + 1] += halves
        reached += rank
    return np.cumsum(distribution)


def _wilcoxon(differences: np.ndarray) -> float:
    """Exact p of ``differences`` without zeros; 1 where none is left. Those of one size share the mean of their ranks,
    which are counted twice here, so that they are whole."""
    from scipy.stats import rankdata

    twice = np.rint(2 * rankdata(np.abs(differences))).astype(int)
    positive, whole = int(twice[differences > 0].sum()), int(twice.sum())
    at_most = _at_most(tuple(sorted(twice.tolist())))
    return min(1.0, 2 * float(at_most[min(positive, whole - positive)]))


def holm(p: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Holm's step-down correction of ``p`` ``[m,]``; NaN stays NaN and is not counted.

    With positive ``weights`` ``[m,]``, fixed beforehand, some hypotheses have a larger share of the level than others
    (Holm 1979, section 4); the probability of any false rejection is bounded all the same.
    """
    corrected = np.full(len(p), np.nan)
    known = np.flatnonzero(~np.isnan(p))
    shares = np.ones(len(p)) if weights is None else weights
    ascending = known[np.argsort(p[known] / shares[known], kind="stable")]
    left = np.cumsum(shares[ascending][::-1])[::-1]
    corrected[ascending] = np.minimum(1.0, np.maximum.accumulate(p[ascending] / shares[ascending] * left))
    return corrected


def benjamini_hochberg(p: np.ndarray) -> np.ndarray:
    """The values by which the false discovery rate is controlled (Benjamini and Hochberg 1995, J. R. Stat. Soc. B 57,
    289–300) of ``p`` ``[m,]``: the least p(j) · m/j over all ranks j ≥ i; NaN stays NaN and is not counted."""
    corrected = np.full(len(p), np.nan)
    known = np.flatnonzero(~np.isnan(p))
    descending = known[np.argsort(-p[known], kind="stable")]
    ranks = np.arange(len(known), 0, -1)
    corrected[descending] = np.minimum(1.0, np.minimum.accumulate(p[descending] * len(known) / ranks))
    return corrected


def needed(effect_size: float, level: float, fewest: int) -> int | None:
    """Pairs that show a true effect of ``effect_size`` (d_z) at two-sided ``level`` with probability ``POWER``, by the
    noncentral t distribution; at least ``fewest``, None above ``MOST_NEEDED``. ``fewest`` where the effect is unknown
    (NaN)."""
    if np.isnan(effect_size):
        return fewest
    from scipy.special import nctdtr, stdtrit

    def power(n: int) -> float:
        critical, shift = float(stdtrit(n - 1, 1 - level / 2)), abs(effect_size) * np.sqrt(n)
        return float(1 - nctdtr(n - 1, shift, critical))

    low, high = fewest - 1, fewest
    while power(high) < POWER:
        if high >= MOST_NEEDED:
            return None
        low, high = high, min(2 * high, MOST_NEEDED)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if power(middle) >= POWER else (middle, high)
    return high
