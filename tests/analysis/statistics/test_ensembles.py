"""The ensemble beside the single networks: its number, its interval, and the order of the methods by it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import analysis
from analysis.statistics.ensembles import is_empty, leagues
from analysis.tables import reading
from tests.analysis.simulated import arm, ensemble, write

OBJECTIVE = {"metric": "chamfer"}


def run_of(tmp_path: Path, *arms: pd.DataFrame, ensembles: list[pd.DataFrame] | None = None) -> analysis.Run:
    return analysis.load(write(tmp_path / "results", "s", list(arms), ensembles=ensembles, objective=OBJECTIVE))


def test_a_run_of_an_earlier_version_has_no_ensembles_but_their_columns(write_run: Callable[..., Path]) -> None:
    run = analysis.load(write_run())
    assert run.ensembles.empty
    assert set(reading.ENSEMBLE_COLUMNS) <= set(run.ensembles)
    table = analysis.league(run)
    assert table["ensemble"].isna().all()
    sparse = table[table["supervision"] == "sparse"]
    assert sparse["single"].is_monotonic_increasing
    assert sparse["method"].iloc[0] == "sinkhorn+barycenter"


def test_methods_stand_in_the_order_of_their_ensembles(tmp_path: Path) -> None:
    none, sinkhorn = arm("none", 0.1, setting="best"), arm("sinkhorn", 0.2, setting="best")
    blend = arm("linear-blend", 0.05, setting="best")
    rule = ensemble(blend, 0.05, draws=0).assign(replicates=1)
    run = run_of(
        tmp_path, none, sinkhorn, blend, ensembles=[ensemble(none, 0.09, 0.01), ensemble(sinkhorn, 0.04, 0.01), rule]
    )
    table = analysis.league(run)
    assert list(table["method"]) == ["sinkhorn", "linear-blend", "none"]
    assert table["ensemble"].tolist() == pytest.approx([0.04, 0.05, 0.09])
    assert table["single"].tolist() == pytest.approx([0.2, 0.05, 0.1])
    assert table["replicates"].tolist() == [6, 1, 6]
    # t of five degrees of freedom is 2.571; the bootstrap's standard deviation divides by R, not R − 1
    half = 2.5706 * 0.01 * np.sqrt(6 / 5)
    assert table["low"].tolist() == pytest.approx([0.04 - half, 0.05, 0.09 - half], abs=1e-5)
    assert table["high"].tolist() == pytest.approx([0.04 + half, 0.05, 0.09 + half], abs=1e-5)
    assert analysis.league(run, "dice")["method"].iloc[0] == "linear-blend"


def test_shares_of_empty_predictions_and_means_with_and_without_them_stand_beside_each_other(tmp_path: Path) -> None:
    rows = arm("none", 0.1, setting="best").assign(empty=False)
    lost = (rows["replicate"] == 2) & (rows["role"] == "test")
    rows.loc[lost, "chamfer"], rows.loc[lost, "empty"] = 1.3, True
    nothing = arm("sinkhorn", 0.0, setting="best").assign(empty=True)
    run = run_of(tmp_path, rows, nothing, ensembles=[ensemble(rows, 0.05), ensemble(nothing, 0.0)])
    table = analysis.league(run)
    line = table.iloc[0]
    assert line["method"] == "none", "what is empty throughout stands last, whatever its score"
    assert line["empty_single"] == pytest.approx(1 / 6)
    assert line["empty_ensemble"] == 0
    assert line["single"] == pytest.approx(0.3)
    assert line["single_with_surface"] == pytest.approx(0.1)
    assert is_empty(table.iloc[1])
    assert not is_empty(line)
    assert np.isnan(table["single_with_surface"].iloc[1])


def test_the_interval_covers_what_fresh_replicates_would_score() -> None:
    """Each replicate is a number, the mean's score its distance from 3: in 95 % of 300 ensembles of six, the interval
    of twenty bootstrap draws holds the score of a mean of very many."""
    from analysis.statistics.ensembles import _interval
    from trainables.draws import weights

    random, drawn, held = np.random.default_rng(1), weights(6), []
    for _ in range(300):
        replicates = random.normal(0, 1, 6)
        low, high = _interval(abs(3 - replicates.mean()), abs(3 - drawn @ replicates), 6, 0.95)
        held.append(low <= 3 <= high)
    assert 0.92 <= np.mean(held) <= 0.98


def test_one_network_that_is_left_of_several_has_no_interval(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    rows = arm("none", random.normal(0.2, 0.01, (6, 1, 1)), setting="best")
    table = analysis.league(run_of(tmp_path, rows, ensembles=[ensemble(rows, 0.1, draws=0).assign(replicates=1)]))
    assert table["replicates"].tolist() == [1]
    assert np.isnan(table["low"].iloc[0])


def test_a_rule_with_one_replicate_is_known_exactly_and_a_network_with_one_is_not(tmp_path: Path) -> None:
    rule, none = (arm(name, 0.1, setting="best", replicates=1) for name in ("linear-blend", "none"))
    lines = analysis.league(run_of(tmp_path, rule, none, ensembles=[ensemble(a, 0.1, draws=0) for a in (rule, none)]))
    intervals = lines.set_index("method")[["low", "high"]]
    assert intervals.loc["linear-blend"].tolist() == [0.1, 0.1]
    assert intervals.loc["none"].isna().all()


def test_several_metrics_stand_below_each_other(tmp_path: Path) -> None:
    none = arm("none", 0.1, setting="best")
    table = leagues(run_of(tmp_path, none, ensembles=[ensemble(none, 0.04)]), ["chamfer", "dice", "absent"])
    assert list(table["metric"]) == ["chamfer", "dice"]
    assert leagues(run_of(tmp_path / "other", none), ["chamfer"], setting="published").empty
