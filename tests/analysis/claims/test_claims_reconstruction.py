"""The ledger of Waibel 2022: what runs on images can test, what they cannot, and how gains of classes are compared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis import claims
from tests.analysis.crossed import images, run
from tests.analysis.simulated import noise

N, SEEDS = 60, 3
BASE = 0.5 + noise((SEEDS, N), 0.05, 0)


def ledger(folder: Path, gain: Any, kinds: tuple[str, ...] = ("flat", "tall"), **others: Any) -> pd.DataFrame:
    """The ledger by claim; ``others`` are further methods and their gain."""
    arms = [images("none", BASE, N, kinds=kinds), images("topology", BASE - gain, N, kinds=kinds)]
    arms += [images(name.replace("_", "-"), BASE - other, N, kinds=kinds) for name, other in others.items()]
    return claims.ledger([run(folder, arms)]).set_index("id")


def test_errors_that_fall_hold_and_errors_that_rise_do_not(tmp_path: Path) -> None:
    better = ledger(tmp_path / "a", 0.1 + noise((SEEDS, N), 0.02, 1))
    worse = ledger(tmp_path / "b", -0.1 + noise((SEEDS, N), 0.02, 1))
    for metric in ("iou_error", "volume_error", "surface_error", "roughness_error"):
        assert better.loc[f"reconstruction-{metric}-falls", "verdict"] == claims.HOLDS
        assert worse.loc[f"reconstruction-{metric}-falls", "verdict"] == claims.FAILS
    row = better.loc["reconstruction-iou_error-falls"]
    assert row["n"] == N
    assert "mean over all test images" in row["note"]


def test_no_effect_is_refuted_by_equivalence(tmp_path: Path) -> None:
    found = ledger(tmp_path, noise((SEEDS, N), 0.002, 1))
    assert found.loc["reconstruction-volume_error-falls", "verdict"] == claims.FAILS


def test_what_this_program_cannot_test_says_why(tmp_path: Path) -> None:
    found = ledger(tmp_path, 0.1)
    for claim, why in {
        "cost": "the load decides",
        "nuclei": "887 nuclei of Waibel 2022 are not in its public sample",
        "iou_error-complex": "the data have no echinocyte, discocyte or stomatocyte, only flat and tall",
        "dimension-2-than-all": "topology-all",
    }.items():
        row = found.loc[f"reconstruction-{claim}"]
        assert row["verdict"] == claims.NOT_TESTED
        assert why in row["note"]


def test_dimensions_are_compared_where_each_is_a_method(tmp_path: Path) -> None:
    found = ledger(tmp_path, 0.1 + noise((SEEDS, N), 0.01, 1), topology_all=0.05, topology_0=0.2, topology_1=0.1)
    assert found.loc["reconstruction-dimension-2-than-all", "verdict"] == claims.HOLDS
    assert not {"reconstruction-dimension-2-than-0", "reconstruction-dimension-2-than-1"} & set(found.index)


KINDS = ("spherocytes", "echinocytes", "discocytes")


def test_a_larger_gain_in_some_classes_is_welchs_test(tmp_path: Path) -> None:
    complex_cell = np.arange(N) % 3 != 0
    gain = np.where(complex_cell, 0.1, 0.02) + noise((SEEDS, N), 0.02, 1)
    row = ledger(tmp_path, gain, KINDS).loc["reconstruction-iou_error-complex"]
    means = gain.mean(0)
    expected = stats.ttest_ind(means[complex_cell], means[~complex_cell], equal_var=False)
    interval = expected.confidence_interval(0.95)
    assert row["effect"] == pytest.approx(means[complex_cell].mean() - means[~complex_cell].mean())
    assert (row["low"], row["high"]) == (pytest.approx(interval.low), pytest.approx(interval.high))
    assert row["p"] == pytest.approx(expected.pvalue)
    assert row["verdict"] == claims.HOLDS
    assert row["n"] == 20, "of the smaller group"
    assert row["unit"] == "cells"


def test_a_smaller_gain_refutes_and_noise_does_not(tmp_path: Path) -> None:
    complex_cell = np.arange(N) % 3 != 0
    smaller = np.where(complex_cell, 0.02, 0.1) + noise((SEEDS, N), 0.02, 1)
    assert ledger(tmp_path / "a", smaller, KINDS).loc["reconstruction-iou_error-complex", "verdict"] == claims.FAILS
    unclear = ledger(tmp_path / "b", noise((SEEDS, N), 0.1, 5), KINDS)
    assert unclear.loc["reconstruction-iou_error-complex", "verdict"] == claims.UNDECIDED


def test_too_few_of_a_class_are_undecided(tmp_path: Path) -> None:
    kinds = ("spherocytes", *["echinocytes"] * (N - 1))
    row = ledger(tmp_path, 0.1 + noise((SEEDS, N), 0.01, 1), kinds).loc["reconstruction-iou_error-complex"]
    assert row["n"] == 1
    assert row["verdict"] == claims.UNDECIDED


def test_equal_gains_everywhere_are_no_difference(tmp_path: Path) -> None:
    row = ledger(tmp_path, 0.125, KINDS).loc["reconstruction-surface_error-complex"]
    assert row["effect"] == pytest.approx(0, abs=1e-12)
    assert row["verdict"] != claims.HOLDS
