"""The unit of replication: what n counts, and that nothing counts twice."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import analysis
from analysis import wording
from analysis.statistics.comparison import compare_settings
from analysis.words.facts import gather
from tests.analysis.simulated import arm, noise, write

FOUR = ("a", "b", "c", "d")
MEMBERS = ("searched", "two", "three", "four", "five", "six")
R, S = 3, len(MEMBERS)


def correlated(seed: int, unit: str) -> pd.DataFrame:
    """No effect: differences of 0.1 that belong to the unit, and ten times less within it."""
    shape = {"replicate": (4, 1, 1), "sequence": (1, 4, 1)}[unit]
    shared = noise(shape, 0.1, seed) + noise((4, 4, 1), 0.01, seed + 10_000)
    arms = [arm("none", 0.5, sequences=FOUR, replicates=4)]
    arms.append(arm("sinkhorn", 0.5 + shared, sequences=FOUR, replicates=4))
    return pd.concat(arms).assign(study="s", run="r")


@pytest.mark.parametrize("unit", ["replicate", "sequence"])
def test_correlation_within_a_unit_gives_no_false_certainty(unit: str) -> None:
    shown, pairs_shown = 0, 0
    for seed in range(120):
        table = correlated(seed, unit)
        (row,) = analysis.compare(table, setting="published", unit=unit).to_dict("records")
        assert row["n"] == 4
        shown += row["p"] < 0.05
        tested = table[table["role"] == "test"]
        means = tested.groupby(["method", "replicate", "sequence"])["chamfer"].mean().unstack("method")
        pairs_shown += stats.ttest_rel(means["sinkhorn"], means["none"]).pvalue < 0.05
    assert shown <= 14  # 5 % of 120 and three standard errors
    assert pairs_shown > 40  # as if 16 pairs were independent


def test_the_unit_is_averaged_over_the_other_factor() -> None:
    values = noise((4, 4, 1), 0.1, seed=0)
    rows = [arm("none", 0.5, sequences=FOUR, replicates=4)]
    rows.append(arm("sinkhorn", 0.4 + values, sequences=FOUR, replicates=4))
    table = pd.concat(rows).assign(study="s", run="r")
    for unit, axis in (("replicate", 1), ("sequence", 0)):
        (row,) = analysis.compare(table, setting="published", unit=unit).to_dict("records")
        expected = stats.ttest_1samp(values[:, :, 0].mean(axis=axis) - 0.1, 0.0)
        assert row["p"] == pytest.approx(expected.pvalue)
        assert row["low"] == pytest.approx(expected.confidence_interval(0.95).low)
    both = pd.concat([table, table.assign(setting="best", chamfer=table["chamfer"] + 0.1)])
    assert set(compare_settings(both, unit="sequence")["n"]) == {4}
    with pytest.raises(
        ValueError, match="unit must be 'replicate', 'sequence' or a column that groups sequences, not 'owner'"
    ):
        analysis.compare(table, setting="published", unit="owner")
    with pytest.raises(ValueError, match="the column 'time' groups no sequences"):
        analysis.compare(table, setting="published", unit="time")


def test_a_replicate_without_one_of_its_sequences_does_not_count_but_a_sequence_without_a_replicate_does() -> None:
    values = noise((4, 4, 1), 0.1, seed=0)
    values[0, 2] = np.nan
    rows = [arm("none", 0.5, sequences=FOUR, replicates=4)]
    rows.append(arm("sinkhorn", 0.4 + values, sequences=FOUR, replicates=4))
    table = pd.concat(rows).assign(study="s", run="r")
    (row,) = analysis.compare(table, setting="published").to_dict("records")
    assert row["n"] == 3
    assert row["difference"] == pytest.approx(values[1:].mean() - 0.1)
    (row,) = analysis.compare(table, setting="published", unit="sequence").to_dict("records")
    assert row["n"] == 4
    assert row["difference"] == pytest.approx(np.nanmean(values, axis=0).mean() - 0.1)


def test_a_sequence_on_which_a_metric_does_not_exist_costs_no_replicate() -> None:
    hole = np.zeros((1, 4, 1))
    hole[0, 1] = np.nan
    rows = [arm(name, 0.3 + noise((4, 1, 1), 0.1, 0) + hole, sequences=FOUR, replicates=4) for name in ("none", "x")]
    table = pd.concat(rows).assign(study="s", run="r")
    assert analysis.compare(table, setting="published")["n"].tolist() == [4]


@pytest.fixture
def members(tmp_path: Path) -> analysis.Run:
    """Sinkhorn gains 0.3 on the searched sequence and 0.05 on the others."""
    gain = np.array([0.3] + [0.05] * (S - 1)).reshape(1, S, 1) + noise((R, S, 1), 0.005, 1)
    gain[0, 3] = np.nan
    place = {"sequences": MEMBERS, "replicates": R, "setting": "best"}
    arms = [arm("none", 0.5, **place), arm("sinkhorn", 0.5 - gain, **place)]
    record = {
        "unit": "sequence",
        "replication_unit": "bifurcations with a network each",
        "searched_sequences": ["searched"],
    }
    return analysis.load(write(tmp_path, "bifurcations", arms, **record))


def test_the_searched_sequence_is_left_out_of_comparisons(members: analysis.Run) -> None:
    facts = gather(members)
    rows = facts.comparisons.set_index("metric")
    assert rows.loc["chamfer", "n"] == S - 1
    assert rows.loc["chamfer", "difference"] == pytest.approx(-0.05, abs=0.01)
    assert facts.units == S - 1
    assert {dip.change.n for dip in facts.dips} == {S - 1}
    assert facts.levels.set_index(["metric", "method"]).loc[("chamfer", "sinkhorn"), "mean"] > 0.4


def test_transfer_holds_the_searched_sequence_against_the_others(members: analysis.Run) -> None:
    (row,) = analysis.transfer(members).to_dict("records")
    assert (row["supervision"], row["method"], row["searched_n"], row["n"]) == ("sparse", "sinkhorn", R, S - 1)
    assert row["searched"] == pytest.approx(-0.3, abs=0.01)
    tested = members.per_time[members.per_time["role"] == "test"]
    means = tested.groupby(["sequence", "method", "replicate"])["chamfer"].mean().unstack("method").dropna()
    others = (means["sinkhorn"] - means["none"]).groupby("sequence").mean().drop("searched")
    interval = stats.ttest_1samp(others, 0.0).confidence_interval(0.95)
    np.testing.assert_allclose([row["low"], row["high"]], [interval.low, interval.high])
    members.record.pop("searched_sequences")
    assert analysis.transfer(members).empty


def test_the_unit_and_the_transfer_are_said(members: analysis.Run) -> None:
    said = " ".join(analysis.answer(members))
    assert "The intervals are over 5 sequences (bifurcations with a network each), each averaged over its 3" in said
    assert "The search saw searched only: its best settings are transferred" in said
    assert "Pairs of replicate and sequence left out for want of values: sinkhorn (sparse): 1 of 15" in said
    html = re.sub(r"\s+", " ", analysis.render(members, drawings=[]))
    assert "n counts sequences (bifurcations with a network each), each averaged over its 3 replicates" in html
    assert "From the searched sequence to the others" in html
    (row,) = analysis.transfer(members).to_dict("records")
    assert wording.signed(row["searched"]) in html.split("From the searched sequence")[1].split("</table>")[0]


def test_without_a_searched_sequence_no_transfer_is_reported(whole: analysis.Run) -> None:
    assert "From the searched sequence" not in analysis.render(whole, drawings=[])
    assert "n counts replicates (training noise of one sequence (seeds))." in re.sub(
        r"\s+", " ", analysis.render(whole, drawings=[])
    )
