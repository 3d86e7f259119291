"""Comparisons that a study names beforehand, and all others beside them: each family corrected by itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import analysis
from analysis.statistics.inference import benjamini_hochberg, holm
from analysis.statistics.verdicts import adjusted
from analysis.testing.runs import change
from analysis.words.families import correction
from tests.analysis.simulated import arm, write

Writer = Callable[..., Path]
PAIRS = [("sinkhorn", "none"), ("barycenter", "none"), ("sinkhorn+barycenter", "sinkhorn")]


def declared(write_run: Writer, pairs: list[tuple[str, str]] = PAIRS, **plan: object) -> analysis.Run:
    """A run whose study named these comparisons under sparse supervision."""
    folder = write_run(**plan)
    change(folder, primary=[{"method": a, "baseline": b, "supervision": "sparse"} for a, b in pairs])
    return analysis.load(folder)


def test_the_false_discovery_rate_is_scipys() -> None:
    p = np.random.default_rng(0).uniform(size=40) ** 3
    np.testing.assert_allclose(benjamini_hochberg(p), stats.false_discovery_control(p))
    holes = np.where(np.arange(40) % 7 == 0, np.nan, p)
    known = ~np.isnan(holes)
    np.testing.assert_allclose(benjamini_hochberg(holes)[known], stats.false_discovery_control(holes[known]))
    assert np.isnan(benjamini_hochberg(holes)[~known]).all()


def test_primary_comparisons_share_the_level_among_themselves_alone(write_run: Writer) -> None:
    run = declared(write_run)
    table = analysis.primary(run)
    assert list(zip(table["method"], table["baseline"], strict=True)) == PAIRS
    for row in table.to_dict("records"):
        alone = analysis.compare(run.per_time, "chamfer", row["baseline"]).set_index(["method", "supervision"])
        expected = alone.loc[(row["method"], "sparse")]
        names = ["n", "baseline_mean", "method_mean", "difference", "low", "high", "p", "effect_size", "p_exact"]
        np.testing.assert_allclose([row[name] for name in names], expected[names].astype(float))
    np.testing.assert_allclose(table["p_holm"], holm(table["p"].to_numpy()))
    assert set(table["family"]) == {"primary"}
    assert table["q"].isna().all()


def test_everything_else_is_exploratory_and_has_its_false_discovery_rate(write_run: Writer) -> None:
    run = declared(write_run)
    table, first = analysis.compare_run(run), analysis.primary(run)
    named = table["family"] == "primary"
    assert list(table.loc[named, "method"]) == ["sinkhorn", "barycenter"], "against the baseline, only these"
    assert set(table.loc[named, "metric"]) == {"chamfer"}
    np.testing.assert_allclose(table.loc[named, "p_holm"], first["p_holm"].head(2))
    assert list(table.loc[named, "verdict"]) == list(first["verdict"].head(2))
    references = table["method"].isin(["linear-blend", "barycenter-only"])
    for part in (table[~named & ~references], table[references]):
        assert set(part["family"]) == {"exploratory"}
        assert part["p_holm"].isna().all()
        known = part["p"].notna()
        np.testing.assert_allclose(part.loc[known, "q"], stats.false_discovery_control(part.loc[known, "p"]))
        shown = part["verdict"].isin(["better", "worse"])
        assert (shown == ((part["q"] < 0.05) & ((part["low"] > 0) | (part["high"] < 0)))).all()
    assert [adjusted(row) for row in table.to_dict("records")] == pytest.approx(
        table["p_holm"].fillna(table["q"]).tolist(), nan_ok=True
    )


def test_naming_comparisons_changes_no_estimate(write_run: Writer) -> None:
    plain = analysis.compare_run(analysis.load(write_run()))
    assert set(plain["family"]) == {"all"}
    assert plain["q"].isna().all()
    named = analysis.compare_run(declared(write_run, run="20260101-130000"))
    columns = ["metric", "method", "supervision", "n", "difference", "low", "high", "p", "exact_low", "p_exact"]
    np.testing.assert_array_equal(plain[columns], named[columns])
    assert (named["p_holm"].dropna() <= plain["p_holm"][named["p_holm"].notna()] + 1e-12).all()


def test_another_setting_or_a_window_is_exploratory(write_run: Writer) -> None:
    run = declared(write_run)
    for table in (analysis.compare_run(run, setting="published"), analysis.compare_run(run, window=(0.3, 0.7))):
        assert set(table["family"]) == {"exploratory"}
    margin = analysis.compare_run(run, margin=0.02)
    assert (margin.loc[margin["family"] == "primary", "p_equivalence"]).notna().all()


def test_what_is_not_confirmed_is_not_among_the_primary_comparisons(write_run: Writer) -> None:
    run = declared(write_run, lost_arms=(("barycenter", "sparse"),))
    assert list(analysis.primary(run)["method"]) == ["sinkhorn", "sinkhorn+barycenter"]
    assert analysis.primary(declared(write_run, run="20260101-130000", confirmed=False)).empty


def test_the_answer_speaks_of_primary_comparisons_first_and_names_the_others_exploratory(write_run: Writer) -> None:
    run = declared(write_run)
    said = analysis.conclusion(run)
    assert said.startswith("In Chamfer distance on the test times, under sparse supervision ")
    first, others = said.split(" Exploratory: ")
    assert "better than 'none'" in first
    assert "'sinkhorn'" in first
    assert "dense" not in first
    assert others.startswith("under sparse supervision sinkhorn+barycenter is better than 'none'")
    assert "under dense supervision" in others
    for line in analysis.answer(run)[1:]:
        if "q " in line or "By the other metrics" in line:
            assert "exploratory" in line
    assert sum("after Holm" in line for line in analysis.answer(run)) == 3
    assert "primary" in analysis.render(run, drawings=[])
    assert "sinkhorn+barycenter against sinkhorn (sparse)" in correction(run)


def test_too_few_pairs_are_said_of_primary_comparisons_too(write_run: Writer) -> None:
    said = analysis.conclusion(declared(write_run, replicates=3))
    assert "one cannot tell sinkhorn or barycenter from 'none': n = 3 is too few" in said
    assert "Exploratory" not in said


def test_where_no_primary_comparison_can_be_made_that_is_said(write_run: Writer) -> None:
    run = declared(write_run, [("sinkhorn", "none")], lost_arms=(("sinkhorn", "sparse"),))
    assert analysis.conclusion(run).startswith("Of 1 primary comparison none can be made, for want of confirmed values")


@pytest.mark.parametrize(
    ("off", "verdict"), [(0.0, "equivalent"), (0.02, "equivalent"), (-0.02, "equivalent"), (-0.2, "better")]
)
def test_what_is_within_a_twentieth_is_no_reason_to_choose(tmp_path: Path, off: float, verdict: str) -> None:
    """Whichever way a test shows it to lean: every replicate here is off by the same share, and some noise."""
    random = np.random.default_rng(0)
    level = random.normal(0.2, 0.01, (6, 1, 1))
    noise = 1 + off + 0.002 * random.normal(size=level.shape)
    arms = [arm("none", level, setting="best"), arm("sinkhorn", level * noise, setting="best")]
    pair = {"method": "sinkhorn", "baseline": "none", "supervision": "sparse"}
    record = {"objective": {"metric": "chamfer"}, "supervisions": ["sparse"], "methods": ["none", "sinkhorn"]}
    run = analysis.load(write(tmp_path, "s", arms, primary=[pair], baseline="none", **record))
    (row,) = analysis.primary(run).to_dict("records")
    assert row["verdict"] == verdict
    assert ("sinkhorn is within 5 % of 'none' (" in analysis.conclusion(run)) == (verdict == "equivalent")
    if off:
        assert row["p_holm"] < 0.05
