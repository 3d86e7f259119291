"""Bands over time, against numpy on the same numbers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import analysis

Opener = Callable[..., analysis.Run]
COLUMNS = ["method", "supervision", "time", "mean", "median", "q25", "q75", "n"]


@pytest.fixture(scope="module")
def per_time(run_of: Opener) -> pd.DataFrame:
    return run_of(sequences=("one", "two"), replicates=5).per_time


@pytest.mark.parametrize("metric", ["chamfer", "dice"])
def test_bands_are_numpys_mean_median_and_quartiles(per_time: pd.DataFrame, metric: str) -> None:
    bands = analysis.iqr_bands(per_time, metric=metric)
    assert list(bands) == COLUMNS
    chosen = per_time[(per_time["phase"] == "confirm") & (per_time["setting"] == "best")]
    assert len(bands) == 6 * 2 * 21
    for row in bands.to_dict("records"):
        same = (chosen["method"] == row["method"]) & (chosen["supervision"] == row["supervision"])
        values = chosen.loc[same & (chosen["time"] == row["time"]), metric].to_numpy()
        assert row["n"] == len(values) == 10
        expected = [values.mean(), np.median(values), *np.percentile(values, [25, 75])]
        np.testing.assert_allclose([row["mean"], row["median"], row["q25"], row["q75"]], expected, rtol=1e-12)


def test_methods_stand_in_the_published_order_whatever_the_order_of_rows(per_time: pd.DataFrame) -> None:
    shuffled = per_time.sample(frac=1, random_state=0)
    bands = analysis.iqr_bands(shuffled)
    assert list(bands["method"].unique()) == [
        "none",
        "sinkhorn",
        "barycenter",
        "sinkhorn+barycenter",
        "linear-blend",
        "barycenter-only",
    ]
    assert list(bands["supervision"].unique()) == ["sparse", "dense"]
    pd.testing.assert_frame_equal(bands, analysis.iqr_bands(per_time), check_exact=False)


def test_unknown_methods_follow_the_known_ones_by_name(per_time: pd.DataFrame) -> None:
    names = per_time["method"].astype("str").replace({"none": "zeta", "sinkhorn": "alpha"})
    renamed = per_time.assign(method=names)
    assert list(analysis.iqr_bands(renamed)["method"].unique())[-2:] == ["alpha", "zeta"]
    chosen = analysis.iqr_bands(renamed, methods=["zeta", "barycenter"])
    assert list(chosen["method"].unique())[:3] == ["zeta", "barycenter", "alpha"]


def test_setting_phase_and_role_choose_rows(per_time: pd.DataFrame) -> None:
    assert set(analysis.iqr_bands(per_time, setting="published")["method"]) == {
        "none",
        "sinkhorn",
        "barycenter",
        "sinkhorn+barycenter",
    }
    searched = analysis.iqr_bands(per_time, phase="search", setting="search")
    assert len(searched[(searched["method"] == "none") & (searched["supervision"] == "sparse")]) == 12
    assert set(analysis.iqr_bands(per_time, role="train")["time"]) == {0.0, 0.25, 0.5, 0.75, 1.0}


def test_missing_values_are_not_counted(run_of: Opener) -> None:
    per_time = run_of(diverged={"sinkhorn": (0, 3)}).per_time
    bands = analysis.iqr_bands(per_time).set_index("method")
    assert (bands.loc["sinkhorn", "n"] == 4).all()
    assert (bands.loc["none", "n"] == 6).all()
    assert bands["mean"].notna().all()


def test_the_bootstrap_band_is_scipys_of_the_means_of_the_units(run_of: Opener) -> None:
    per_time = run_of(sequences=("one", "two"), replicates=12).per_time
    bands = analysis.iqr_bands(per_time, bootstrap=4000)
    assert list(bands) == [*COLUMNS, "mean_low", "mean_high"]
    pd.testing.assert_frame_equal(bands[COLUMNS], analysis.iqr_bands(per_time))
    arm = (per_time["trial"] == "confirm-sinkhorn-sparse-best") & (per_time["time_index"] == 10)
    units = per_time[arm].groupby("replicate")["chamfer"].mean().to_numpy()
    drawn = stats.bootstrap((units,), np.mean, method="percentile", n_resamples=20000, rng=np.random.default_rng(1))
    row = bands[(bands["method"] == "sinkhorn") & (bands["supervision"] == "sparse") & (bands["time"] == 0.5)].iloc[0]
    interval = drawn.confidence_interval
    width = interval.high - interval.low
    np.testing.assert_allclose([row["mean_low"], row["mean_high"]], list(interval), atol=0.05 * width)
    assert row["mean_low"] < row["mean"] < row["mean_high"]


def test_the_bootstrap_draws_whole_units(run_of: Opener) -> None:
    """Replicates differ, sequences do not: over sequences the mean looks certain, over replicates it is not."""
    per_time = run_of(sequences=("one", "two"), replicates=5).per_time
    trained = {"method": "none", "supervision": "sparse", "time": 0.5}

    def width(unit: str) -> float:
        bands = analysis.iqr_bands(per_time, bootstrap=500, unit=unit)
        row = bands[np.logical_and.reduce([bands[name] == value for name, value in trained.items()])].iloc[0]
        return float(row["mean_high"] - row["mean_low"])

    assert width("replicate") > 0.01
    assert width("sequence") == pytest.approx(0.0, abs=1e-12)


def test_the_bootstrap_is_repeatable_and_one_unit_has_no_band(run_of: Opener) -> None:
    per_time = run_of(diverged={"sinkhorn": (0,)}).per_time
    once = analysis.iqr_bands(per_time, bootstrap=200)
    pd.testing.assert_frame_equal(once, analysis.iqr_bands(per_time, bootstrap=200))
    assert once["mean_low"].notna().all()
    alone = analysis.iqr_bands(run_of(replicates=1).per_time, bootstrap=200)
    assert alone[["mean_low", "mean_high"]].isna().all(axis=None)


@pytest.mark.parametrize("wrong", [{"bootstrap": -1}, {"confidence": 1.5}, {"unit": "seed"}])
def test_wrong_options_get_a_sentence(per_time: pd.DataFrame, wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"the bootstrap takes|the column 'seed' groups no sequences"):
        analysis.iqr_bands(per_time, **wrong)


def test_an_unknown_metric_names_what_exists(per_time: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match=r"unknown metric 'chanfer'.*chamfer, hausdorff, dice"):
        analysis.iqr_bands(per_time, metric="chanfer")


@pytest.mark.parametrize("column", ["replicate", "time", "method", "seed"])
def test_a_rows_address_is_no_metric(per_time: pd.DataFrame, column: str) -> None:
    with pytest.raises(ValueError, match="unknown metric"):
        analysis.iqr_bands(per_time, metric=column)


def test_an_unknown_setting_names_what_exists(per_time: pd.DataFrame) -> None:
    with pytest.raises(analysis.NoRows, match=r"no rows with setting 'worst'.*'best', 'published'.*'confirm'"):
        analysis.iqr_bands(per_time, setting="worst")


def test_a_table_of_another_kind_is_refused(run_of: Opener) -> None:
    trials = run_of().trials
    with pytest.raises(ValueError, match="no per_time table"):
        analysis.iqr_bands(trials)
