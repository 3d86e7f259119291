"""The comparisons of a study as a whole, in 2,000 simulated studies: how often anything is said to differ that does
not, and how often what differs is found.

S = studies, C = comparisons, n = units of replication
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

import analysis
from analysis.statistics.inference import benjamini_hochberg, holm
from tests.analysis.simulated import arm, write

STUDIES = 2_000
METHODS = ("none", "sinkhorn", "barycenter", "anchored", "anchored+sinkhorn", "anchored+barycenter")
PRIMARY = [(1, 0), (2, 0), (4, 3), (5, 3), (4, 0), (5, 0)]
"""(method, baseline) of ``bifurcation``, numbers of METHODS."""
METRICS, SUPERVISIONS, OTHERS = 4, 2, 8
"""Beside them, exploratory: every method against the first, and OTHERS more, in all metrics and supervisions."""


def errors(n: int, studies: int, effects: np.ndarray, seed: int) -> np.ndarray:
    """Errors ``[S, methods, supervisions, metrics, n]``: units are hard or easy for all methods, metrics of a method
    nearly measure the same, and ``effects`` ``[methods]`` are its mean in every one of them."""
    random = np.random.default_rng([seed, n])
    shape = (studies, len(effects), SUPERVISIONS)
    units, methods = random.normal(size=(studies, 1, SUPERVISIONS, 1, n)), random.normal(size=(*shape, 1, n))
    return effects[:, None, None, None] + 2 * units + (methods + 0.3 * random.normal(size=(*shape, METRICS, n)))


def p_values(differences: np.ndarray) -> np.ndarray:
    """Paired t tests over the last axis."""
    n = differences.shape[-1]
    t = differences.mean(axis=-1) / (differences.std(axis=-1, ddof=1) / np.sqrt(n))
    return 2 * special.stdtr(n - 1, -np.abs(t))


def studies(n: int, effects: np.ndarray, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """p of the primary comparisons ``[S, 6]`` and of all others ``[S, C]``, and which of the others are of something
    that is there ``[C]``."""
    values = errors(n, STUDIES, np.concatenate([effects, np.zeros(OTHERS)]), seed)
    first = np.stack([values[:, a, 0, 0] - values[:, b, 0, 0] for a, b in PRIMARY], axis=1)
    rest = (values[:, 1:] - values[:, :1]).reshape(STUDIES, -1, n)
    there = np.repeat(np.concatenate([effects, np.zeros(OTHERS)])[1:] != effects[0], SUPERVISIONS * METRICS)
    return p_values(first), p_values(rest), there


def shown(p: np.ndarray, correction=holm) -> np.ndarray:
    return np.array([correction(row) < 0.05 for row in p])


@pytest.mark.parametrize("n", [6, 8, 16])
def test_at_most_one_study_in_twenty_shows_a_primary_difference_that_is_not_there(n: int) -> None:
    first, _, _ = studies(n, np.zeros(len(METHODS)))
    assert shown(first).any(axis=1).mean() <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / STUDIES)


def test_the_level_holds_where_some_differences_are_there_and_others_are_not() -> None:
    effects = np.array([0.0, -2.5, 0.0, -2.5, -2.5, -2.5])
    first, _, _ = studies(8, effects, seed=1)
    false = [place for place, (a, b) in enumerate(PRIMARY) if effects[a] == effects[b]]
    assert len(false) == 3
    assert shown(first)[:, false].any(axis=1).mean() <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / STUDIES)


def test_few_comparisons_find_what_a_hundred_do_not() -> None:
    """An effect of d_z = 1.5 over eight units: found in 70 % of the studies, and where all 110 comparisons share the
    level in 17 %."""
    effects = np.zeros(len(METHODS))
    effects[1] = -1.5 * np.sqrt(2 * 1.09)
    first, rest, _ = studies(8, effects)
    alone, together = shown(first)[:, 0].mean(), shown(np.concatenate([first, rest], axis=1))[:, 0].mean()
    assert alone > 0.65
    assert together < 0.4 * alone


@pytest.mark.parametrize("effect", [0.0, -2.0])
def test_of_exploratory_differences_that_are_shown_one_in_twenty_is_not_there(effect: float) -> None:
    effects = np.where(np.arange(len(METHODS)) > 2, effect, 0.0)
    _, rest, there = studies(8, effects, seed=2)
    found = shown(rest, benjamini_hochberg)
    false = (found & ~there).sum(axis=1) / np.maximum(found.sum(axis=1), 1)
    assert false.mean() <= 0.055


@pytest.mark.slow
def test_whole_studies_without_any_difference(tmp_path) -> None:
    """The same through run folders and ``analysis.primary``; of 200 studies at most 0.05 and two standard errors."""
    wrong = []
    for seed in range(200):
        values = errors(8, 1, np.zeros(len(METHODS)), seed)[0]
        arms = [
            arm(name, values[method, 0, 0][:, None, None] + 10, replicates=8, setting="best")
            for method, name in enumerate(METHODS)
        ]
        named = [{"method": METHODS[a], "baseline": METHODS[b], "supervision": "sparse"} for a, b in PRIMARY]
        run = analysis.load(write(tmp_path, "s", arms, run=f"{seed:04d}", primary=named))
        table = analysis.primary(run)
        np.testing.assert_allclose(
            table["p"], p_values(np.stack([values[a, 0, 0] - values[b, 0, 0] for a, b in PRIMARY]))
        )
        wrong.append(table["verdict"].isin(["better", "worse"]).any())
    assert np.mean(wrong) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 200)
