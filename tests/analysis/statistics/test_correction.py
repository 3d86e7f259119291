"""Holm's correction, plain and weighted: over what it goes, by definition, by hand and as a closure of tests."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd

import analysis
from analysis.statistics.inference import holm


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
