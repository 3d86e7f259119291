"""Probabilities of being the best, and better than others: against the t test, by hand, and in simulated studies.

S = studies, M = methods, n = units of replication
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import analysis
from analysis.statistics.chances import probabilities
from analysis.statistics.expected import Expected, expected
from tests.analysis import crossed
from tests.analysis.simulated import arm, ensemble, noise, write

RECORD = {"objective": {"metric": "chamfer"}, "supervisions": ["sparse"], "unit": "sequence"}
NAMES = ("none", "sinkhorn", "barycenter", "linear-blend")


def run_of(tmp_path: Path, arms: dict[str, np.ndarray], ensembles=None, **record: object) -> analysis.Run:
    """A run over eight sequences, or what ``record`` says, of these Chamfer distances."""
    tables = {name: arm(name, values, setting="best", **shape(values)) for name, values in arms.items()}
    found = [ensemble(tables[name], **how) for name, how in (ensembles or {}).items()]
    known = RECORD | {"methods": list(arms)} | record
    return analysis.load(write(tmp_path / "results", "s", list(tables.values()), ensembles=found, **known))


def shape(values: np.ndarray) -> dict[str, object]:
    return {"replicates": values.shape[0], "sequences": tuple(f"s{i}" for i in range(values.shape[1]))}


def sequences(seed: int = 0, **levels: float) -> dict[str, np.ndarray]:
    """Errors ``[1, 8, 1]`` of methods on sequences that are hard or easy for all of them."""
    hard = np.abs(noise((1, 8, 1), 0.05, 99))
    return {name: level + hard + noise((1, 8, 1), 0.02, seed + i) for i, (name, level) in enumerate(levels.items())}


def test_what_differs_clearly_has_the_probability_of_the_t_test(tmp_path: Path) -> None:
    values = sequences(none=0.5, sinkhorn=0.49, barycenter=0.1)
    run = run_of(tmp_path, values)
    table, tests = analysis.chances(run).set_index("method"), analysis.compare_run(run, ["chamfer"]).set_index("method")
    assert table.loc["barycenter", "best"] > 0.999
    for name in ("sinkhorn", "barycenter"):
        one_sided = 1 - tests.loc[name, "p"] / 2 if tests.loc[name, "difference"] < 0 else tests.loc[name, "p"] / 2
        assert table.loc[name, "beats_baseline"] == pytest.approx(one_sided, abs=0.02)
    assert np.isnan(table.loc["none", "beats_baseline"])
    assert table["best"].sum() == pytest.approx(1)
    mean = values["sinkhorn"].mean()
    assert table.loc["sinkhorn", "expected"] == pytest.approx(mean)
    half = 2.3646 * values["sinkhorn"].std(ddof=1) / np.sqrt(8)
    assert table.loc["sinkhorn", ["low", "high"]].tolist() == pytest.approx([mean - half, mean + half], abs=1e-5)


def test_methods_that_are_alike_share_the_probability(tmp_path: Path) -> None:
    values = sequences(none=0.5, sinkhorn=0.1)
    table = analysis.chances(run_of(tmp_path, values | {"barycenter": values["sinkhorn"]})).set_index("method")
    assert table.loc["sinkhorn", "best"] == table.loc["barycenter", "best"] == pytest.approx(0.5, abs=0.01)


def test_more_is_better_where_the_metric_says_so(tmp_path: Path) -> None:
    run = run_of(tmp_path, sequences(none=0.5, sinkhorn=0.1))
    table = analysis.chances(run, "dice").set_index("method")
    assert table.loc["sinkhorn", "expected"] > table.loc["none", "expected"]
    assert table.loc["sinkhorn", "best"] > 0.999


def test_controls_and_rules_are_beaten_all_at_once(tmp_path: Path) -> None:
    values = sequences(none=0.5, sinkhorn=0.2, barycenter=0.3, **{"linear-blend": 0.1, "barycenter-only": 0.4})
    run = run_of(tmp_path, values, controls=["barycenter"], references={"linear-blend": "floor", "barycenter-only": ""})
    table = analysis.chances(run).set_index("method")
    assert table.loc["sinkhorn", "beats_controls"] > 0.99
    assert table.loc["sinkhorn", "beats_rules"] < 0.01, "one of the two is better"
    assert table.loc["linear-blend", "beats_rules"] > 0.99
    assert np.isnan(table.loc["barycenter", "beats_controls"])


def test_a_single_replicate_has_an_expected_error_and_no_probability(tmp_path: Path) -> None:
    one = {
        name: np.full((1, 1, 1), level) for name, level in (("none", 0.2), ("sinkhorn", 0.1), ("linear-blend", 0.05))
    }
    table = analysis.chances(run_of(tmp_path, one, unit="replicate"))
    assert table["expected"].tolist() == pytest.approx([0.2, 0.1, 0.05])
    assert table[["best", "beats_baseline", "beats_rules"]].isna().all(axis=None)


def test_over_replicates_an_ensemble_varies_as_its_draws_do_and_a_rule_not_at_all(tmp_path: Path) -> None:
    arms = {name: np.full((6, 1, 1), 0.2) + noise((6, 1, 1), 0.01, i) for i, name in enumerate(("none", "sinkhorn"))}
    arms["linear-blend"] = np.full((6, 1, 1), 0.05)
    drawn = {"none": {"chamfer": 0.09, "deviation": 0.01}, "sinkhorn": {"chamfer": 0.04, "deviation": 0.01}}
    run = run_of(tmp_path, arms, drawn | {"linear-blend": {"chamfer": 0.05, "draws": 0}}, unit="replicate")
    table, lines = analysis.chances(run).set_index("method"), analysis.league(run).set_index("method")
    for name in ("none", "sinkhorn"):
        np.testing.assert_allclose(table.loc[name, ["low", "high"]].tolist(), lines.loc[name, ["low", "high"]].tolist())
    assert table.loc["linear-blend", "low"] == table.loc["linear-blend", "high"] == pytest.approx(0.05)
    assert 0.6 < table.loc["sinkhorn", "best"] < 0.9
    assert table.loc["sinkhorn", "beats_baseline"] > 0.95


def test_methods_may_have_different_numbers_of_replicates(tmp_path: Path) -> None:
    arms = {"none": 0.5 + noise((16, 1, 1), 0.05, 1), "sinkhorn": 0.1 + noise((4, 1, 1), 0.01, 2)}
    run = run_of(tmp_path, arms, unit="replicate")
    found = expected(run, "chamfer", "sparse")
    assert found.freedom.tolist() == [15, 3]
    variances = [arms[name].var(ddof=1) / len(arms[name]) for name in found.methods]
    np.testing.assert_allclose((found.deviations**2).sum(axis=0), variances)
    assert analysis.chances(run).set_index("method").loc["sinkhorn", "best"] > 0.99


def test_groups_of_sequences_are_the_units_where_the_study_says_so(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    arms = [
        crossed.images(name, level + 0.02 * random.normal(size=(3, 40))) for name, level in (("none", 0.4), ("t", 0.3))
    ]
    table = analysis.chances(crossed.run(tmp_path, arms, unit="fold")).set_index("method")
    assert table["n"].tolist() == [5, 5]
    assert table.loc["t", "best"] > 0.99


def test_a_method_of_few_units_is_left_out_and_a_unit_that_one_lacks_is_no_unit(tmp_path: Path) -> None:
    values = sequences(none=0.5, sinkhorn=0.1, barycenter=0.3)
    values["sinkhorn"][0, 7] = np.nan
    values["barycenter"][0, :6] = np.nan
    table = analysis.chances(run_of(tmp_path, values)).set_index("method")
    assert list(table.index) == ["none", "sinkhorn"]
    assert table["n"].tolist() == [7, 7]


def test_what_is_empty_throughout_is_never_the_best(tmp_path: Path) -> None:
    values = sequences(none=0.5, sinkhorn=0.1)
    rows = [arm(name, v, setting="best", **shape(v)).assign(empty=name == "sinkhorn") for name, v in values.items()]
    run = analysis.load(write(tmp_path, "s", rows, methods=list(values), **RECORD))
    assert analysis.chances(run).set_index("method")["best"].to_dict() == {"none": 1.0, "sinkhorn": 0.0}


def test_every_line_of_the_standing_says_what_a_method_is_and_costs(whole: analysis.Run) -> None:
    table = analysis.standing(whole)
    assert set(table["supervision"]) == {"sparse", "dense"}
    for _, rows in table.groupby("supervision"):
        assert rows["expected"].is_monotonic_increasing
        assert rows["chosen"].sum() == 1
    kinds = table.drop_duplicates("method").set_index("method")
    assert kinds.loc["linear-blend", ["kind", "part"]].tolist() == ["rule", "floor"]
    assert kinds.loc["none", ["kind", "part"]].tolist() == ["network", "baseline"]
    assert kinds.loc["none", "relative_seconds"] == 1
    assert {"hausdorff", "dice"} <= set(table)
    np.testing.assert_allclose(
        table.sort_values(["supervision", "method"])["expected"],
        analysis.chances(whole).sort_values(["supervision", "method"])["expected"],
    )


def test_the_standing_of_a_run_without_confirmed_rows_is_empty(run_of: Callable[..., analysis.Run]) -> None:
    assert analysis.standing(run_of(confirmed=False)).empty


# calibration

SIZES, COUNTS, SPREADS = (3, 6, 8, 16), (2, 4, 8, 16), (0.1, 0.3, 1.0, 3.0)


def simulated(studies: int, seed: int, draws: int) -> pd.DataFrame:
    """``probability, hit`` of every method of studies whose true errors are drawn with SPREADS of the units' noise,
    from normal and heavy-tailed distributions; units are harder or easier for all, methods are noisy to different
    degrees and correlated."""
    random, found = np.random.default_rng(seed), []
    for number in range(studies):
        n, count, spread = (random.choice(of) for of in (SIZES, COUNTS, SPREADS))
        levels = random.normal(size=count) if number % 2 else random.standard_t(2, size=count)
        common = random.normal(size=(n, 2)) @ (0.7 * random.normal(size=(2, count)))
        sizes = np.exp(random.normal(0, 0.4, count))
        errors = sizes * (common + random.normal(size=(n, count))) / np.sqrt(1.98) + 2 * random.normal(size=(n, 1))
        values = spread * levels + errors
        mean = values.mean(axis=0)
        estimated = Expected(
            [str(i) for i in range(count)], mean, (values - mean) / np.sqrt(n * (n - 1)), np.full(count, n - 1.0),
            np.full(count, float(n)),
        )  # fmt: skip
        best = probabilities(estimated, True, "0", [], [], draws=draws)["best"]
        found.append(pd.DataFrame({"probability": best.to_numpy(), "hit": np.arange(count) == levels.argmin(), "n": n}))
    return pd.concat(found, ignore_index=True)


def calibration(table: pd.DataFrame) -> pd.DataFrame:
    """Mean probability and share of hits by bins of the probability."""
    bins = pd.cut(table["probability"], [0, 0.2, 0.4, 0.6, 0.8, 0.9, 1.0])
    return table.groupby(bins, observed=True)[["probability", "hit"]].agg(["mean", "size"])


def test_of_methods_said_to_be_the_best_as_many_are() -> None:
    table = simulated(600, seed=0, draws=400)
    likely = table[(table["probability"] >= 0.7) & (table["probability"] < 0.95)]
    assert len(likely) > 100
    assert likely["hit"].mean() == pytest.approx(likely["probability"].mean(), abs=0.08)


@pytest.mark.slow
def test_among_methods_said_to_be_the_best_with_80_to_90_percent_80_to_90_percent_are() -> None:
    table = simulated(4_000, seed=1, draws=1_000)
    likely = table[(table["probability"] >= 0.8) & (table["probability"] < 0.9)]
    assert len(likely) > 300
    assert 0.8 <= likely["hit"].mean() <= 0.9
    found = calibration(table)
    np.testing.assert_allclose(found["hit", "mean"], found["probability", "mean"], atol=0.05)
