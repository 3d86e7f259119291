"""The ledger of claims: every verdict is reached, for the reason it should be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import analysis
from analysis import claims
from analysis.claims.evidence import EARLY, LATE, MIDDLE
from analysis.statistics.inference import holm
from analysis.tables.metric import MARGINS
from tests.analysis.simulated import TIMES, arm, noise, role, write

FOUR = ("a", "b", "c", "d")
R = 6
BUMP = np.sin(np.pi * TIMES) ** 2


class Ledger:
    """Rows of a ledger by claim."""

    def __init__(self, table: pd.DataFrame) -> None:
        self.table = table
        self.rows = table.set_index("id")

    def verdict(self, claim: str) -> str:
        return str(self.rows.loc[claim, "verdict"])

    def __getitem__(self, claim: str) -> pd.Series:
        return self.rows.loc[claim]


def bifurcation(folder: Path, record: dict[str, Any] | None = None, **gain: Any) -> analysis.Run:
    """Sparse: none at 0.4, sinkhorn and barycenter lower by ``gain``, ``[R, 1, T]``."""
    arms = [arm("none", 0.4 + noise((R, 1, 1), 0.01, 0), asymmetry=0.2, bifurcation_delay=-0.2)]
    for seed, method in enumerate(("sinkhorn", "barycenter"), start=1):
        values = 0.4 - gain.get(method, 0.0) + noise((R, 1, 1), 0.01, seed)
        split = {"asymmetry": 0.2, "bifurcation_delay": gain.get("delay", -0.1)}
        arms.append(arm(method, values, **split, **({"hausdorff": gain["hausdorff"]} if "hausdorff" in gain else {})))
    return analysis.load(write(folder, "bifurcation", arms, **(record or {})))


def spheres(folder: Path, none: Any, sinkhorn: Any, barycenter: Any, study: str = "spheres", **record: Any) -> Ledger:
    values = {"none": none, "sinkhorn": sinkhorn, "barycenter": barycenter}
    arms = [
        arm(method, value, supervision, sequences=FOUR, replicates=R)
        for supervision in ("sparse", "dense")
        for method, value in values.items()
    ]
    return Ledger(claims.ledger([analysis.load(write(folder, study, arms, **record))]))


def test_claims_are_unique_and_each_study_has_some() -> None:
    known = claims.claims()
    assert len({claim.id for claim in known}) == len(known)
    assert len({claim.statement for claim in known}) == len(known)
    assert set(claims.studies()) == {
        "spheres", "bifurcation", "bifurcations", "cells", "latent-generalization", "red-blood-cells",
            "known-motion", "sliding-sand", "sea-ice",
    }  # fmt: skip


def test_a_difference_holds_does_not_or_is_undecided(tmp_path: Path) -> None:
    # sinkhorn: better in the middle; barycenter: worse there
    found = Ledger(claims.ledger([bifurcation(tmp_path, sinkhorn=0.2 * BUMP, barycenter=-0.2 * BUMP)]))
    assert found.verdict("bifurcation-sparse-sinkhorn-chamfer-middle") == "holds"
    assert "larger than the margin 0.02" in found["bifurcation-sparse-sinkhorn-chamfer-middle"]["note"]
    assert found.verdict("bifurcation-sparse-barycenter-chamfer-middle") == "does not hold"
    assert "the opposite is shown" in found["bifurcation-sparse-barycenter-chamfer-middle"]["note"]
    assert found.verdict("bifurcation-sparse-sinkhorn-dice-middle") == "holds"  # higher is better
    assert found.verdict("bifurcation-sparse-barycenter-dice-middle") == "does not hold"


def test_a_difference_is_refuted_by_equivalence_and_open_without_evidence(tmp_path: Path) -> None:
    found = Ledger(claims.ledger([bifurcation(tmp_path, barycenter=noise((R, 1, 1), 0.3, 7))]))
    equal = found["bifurcation-sparse-sinkhorn-chamfer-middle"]
    assert equal["low"] < 0 < equal["high"]
    assert equal["verdict"] == "does not hold"
    assert "smaller than the margin 0.02" in equal["note"]
    unclear = found["bifurcation-sparse-barycenter-chamfer-middle"]
    assert unclear["verdict"] == "undecided"
    assert "not settled against the margin 0.02" in unclear["note"]


def test_a_shown_difference_within_the_margin_holds_and_says_so(tmp_path: Path) -> None:
    small = 0.01 + noise((R, 1, 1), 0.0005, 5) - noise((R, 1, 1), 0.01, 0) + noise((R, 1, 1), 0.01, 1)
    row = Ledger(claims.ledger([bifurcation(tmp_path, sinkhorn=small)]))["bifurcation-sparse-sinkhorn-chamfer-middle"]
    assert row["effect"] == pytest.approx(-0.01, abs=0.001)
    assert row["verdict"] == "holds"
    assert "smaller than the margin 0.02" in row["note"]


def test_unchanged_holds_does_not_or_is_undecided(tmp_path: Path) -> None:
    claim = "bifurcation-sparse-sinkhorn-hausdorff-middle"
    verdicts = {}
    for name, change in {"same": 0.0, "other": 0.4, "unclear": noise((R, 1, 1), 0.4, 3)}.items():
        base = 1.2 + 3 * noise((R, 1, 1), 0.01, 0)
        run = bifurcation(tmp_path / name, hausdorff=base + change + noise((R, 1, 1), 0.02, 9))
        row = Ledger(claims.ledger([run]))[claim]
        verdicts[name] = row["verdict"]
        rows = run.per_time[(run.per_time["time"].between(0.34, 0.66)) & (run.per_time["role"] == "test")]
        means = rows.groupby(["method", "replicate"])["hausdorff"].mean()
        interval = stats.ttest_rel(means["sinkhorn"], means["none"]).confidence_interval(0.90)
        np.testing.assert_allclose([row["low"], row["high"]], [interval.low, interval.high])
        assert "90 % interval, margin 0.1" in row["note"]
    assert verdicts == {"same": "holds", "other": "does not hold", "unclear": "undecided"}


def test_a_gain_refutes_no_gain_and_its_direction_is_said(tmp_path: Path) -> None:
    level = 0.3 + noise((R, 4, 1), 0.005, 0)
    worse = level + 0.1 + noise((R, 4, 1), 0.005, 1)
    better = level - 0.1 + noise((R, 4, 1), 0.005, 2)
    found = spheres(tmp_path, level, worse, better, study="latent-generalization")
    for method, word in (("sinkhorn", "worse"), ("barycenter", "better")):
        row = found[f"latent-sparse-{method}-dice-no-gain"]
        assert row["verdict"] == "does not hold"
        assert f"{method} is {word} beyond the margin" in row["note"]


def test_windows_are_respected_and_only_test_times_count(tmp_path: Path) -> None:
    used = np.array([role("sparse", index) == "test" for index in range(21)])
    for name, window, claim in (
        ("middle", MIDDLE, "bifurcation-sparse-sinkhorn-chamfer-middle"),
        ("early", EARLY, "bifurcation-sparse-barycenter-chamfer-early"),
        ("late", LATE, "bifurcation-sparse-barycenter-chamfer-late"),
    ):
        inside = {"middle": (TIMES > 0.34) & (TIMES < 0.66), "early": TIMES < 0.499, "late": TIMES > 0.501}[name]
        clean = bifurcation(tmp_path / name, sinkhorn=0.1, barycenter=0.2)
        row = Ledger(claims.ledger([clean]))[claim]
        assert window.words in row["note"]
        elsewhere = np.where(inside & used, 0.0, 5.0)  # nonsense at other times and in other roles
        spoiled = bifurcation(tmp_path / f"{name}-2", sinkhorn=0.1 + elsewhere, barycenter=0.2)
        assert Ledger(claims.ledger([spoiled]))[claim]["effect"] == pytest.approx(row["effect"])
        touched = bifurcation(tmp_path / f"{name}-3", sinkhorn=0.1 + np.where(inside & used, 5.0, 0.0), barycenter=0.2)
        assert abs(Ledger(claims.ledger([touched]))[claim]["effect"] - row["effect"]) > 4.9


def test_search_rows_and_the_other_setting_do_not_count(tmp_path: Path) -> None:
    run = bifurcation(tmp_path, sinkhorn=0.2, barycenter=0.2)
    before = claims.ledger([run])
    names = run.per_time["trial"].astype("str")
    more = [run.per_time, run.per_time.assign(phase="search", trial="a" + names, chamfer=9.0)]
    more.append(run.per_time.assign(setting="best", trial="b" + names, chamfer=8.0))
    pd.concat(more).to_parquet(Path(run.location) / "per_time" / "confirm.parquet")
    again = analysis.load(run.location)
    pd.testing.assert_frame_equal(claims.ledger([again]), before)
    best = Ledger(claims.ledger([again], setting="best"))["bifurcation-sparse-sinkhorn-chamfer-middle"]
    assert (best["setting"], best["effect"]) == ("best", 0.0)
    with pytest.raises(ValueError, match="setting must be 'published' or 'best', not 'search'"):
        claims.ledger([again], setting="search")


def test_earlier_is_about_the_sign_of_the_delay(tmp_path: Path) -> None:
    for name, delay, verdict in (
        ("early", -0.2 + noise((R, 1, 1), 0.02, 1), "holds"),
        ("late", 0.2 + noise((R, 1, 1), 0.02, 1), "does not hold"),
        ("either", np.array([-0.2, 0.2, -0.1, 0.1, -0.3, 0.3]).reshape(R, 1, 1), "undecided"),
    ):
        found = Ledger(claims.ledger([bifurcation(tmp_path / name, delay=delay)]))
        row = found["bifurcation-sparse-sinkhorn-splits-early"]
        assert row["verdict"] == verdict
        assert row["n"] == R
        assert row["p"] == pytest.approx(stats.ttest_1samp(np.broadcast_to(delay, (R, 1, 1)).ravel(), 0.0).pvalue)


def test_narrower_is_the_interquartile_range_over_sequences(tmp_path: Path) -> None:
    place = np.array([-1.5, -0.5, 0.5, 1.5]).reshape(1, 4, 1)
    none = 0.5 + 0.1 * place + noise((R, 4, 1), 0.005, 0)
    narrow = 0.5 + 0.03 * place + noise((R, 4, 1), 0.005, 1)
    wide = 0.5 + 0.2 * place + noise((R, 4, 1), 0.005, 2)
    found = spheres(tmp_path, none, narrow, wide)
    row = found["spheres-sparse-sinkhorn-chamfer-narrower"]
    assert row["verdict"] == "holds"
    expected = [stats.iqr(narrow[r, :, 0]) - stats.iqr(none[r, :, 0]) for r in range(R)]
    assert row["effect"] == pytest.approx(np.mean(expected))
    assert row["p"] == pytest.approx(stats.ttest_1samp(expected, 0.0).pvalue)
    assert found.verdict("spheres-sparse-barycenter-chamfer-narrower") == "does not hold"
    assert found.verdict("spheres-sparse-sinkhorn-chamfer-unchanged") == "holds"
    blurred = 0.5 + place * (0.1 + noise((R, 1, 1), 0.1, 3))
    unclear = spheres(tmp_path / "unclear", none, blurred, wide)
    assert unclear.verdict("spheres-sparse-sinkhorn-chamfer-narrower") == "undecided"


def test_slightly_worse_says_whether_it_is_beyond_the_margin(tmp_path: Path) -> None:
    level = 0.3 + noise((R, 4, 1), 0.005, 0)
    worse = level + 0.1 + noise((R, 4, 1), 0.002, 1)  # Hausdorff is three times that
    found = spheres(tmp_path, level, worse, level - 0.1)
    row = found["spheres-sparse-sinkhorn-hausdorff-worse"]
    assert row["verdict"] == "holds"
    assert f"larger than the margin {MARGINS['hausdorff']:g}" in row["note"]
    slight = spheres(tmp_path / "slight", level, level + 0.01 + noise((R, 4, 1), 0.001, 1), level - 0.1)
    row = slight["spheres-sparse-sinkhorn-hausdorff-worse"]
    assert row["verdict"] == "holds"
    assert "smaller than the margin" in row["note"]


def test_the_best_of_two_is_compared_with_the_other(tmp_path: Path) -> None:
    level = 0.5 + noise((R, 4, 1), 0.005, 0)
    found = spheres(tmp_path, level, level - 0.2 + noise((R, 4, 1), 0.005, 1), level - 0.1)
    row = found["spheres-dense-sinkhorn-chamfer-better-than-barycenter"]
    assert row["effect"] == pytest.approx(-0.1, abs=0.01)
    assert row["verdict"] == "holds"
    assert found.verdict("spheres-dense-barycenter-dice-better") == "holds"


def test_growth_compares_late_with_early_times_of_one_method(tmp_path: Path) -> None:
    ramp = 0.2 + 0.2 * TIMES + noise((R, 1, 1), 0.1, 0) + noise((R, 4, 1), 0.02, 4)
    flat = 0.2 + noise((R, 4, 1), 0.02, 1) + noise((R, 1, 21), 0.002, 6)
    shrinking = 0.4 - 0.2 * TIMES + noise((R, 4, 21), 0.002, 2)
    found = spheres(tmp_path, ramp, flat, shrinking, study="latent-generalization")
    assert found.verdict("latent-sparse-none-grows-late") == "holds"
    assert found["latent-sparse-none-grows-late"]["effect"] == pytest.approx(0.2 * 0.5, abs=0.01)
    assert found.verdict("latent-sparse-sinkhorn-grows-late") == "does not hold"
    assert "smaller than the margin" in found["latent-sparse-sinkhorn-grows-late"]["note"]
    assert found.verdict("latent-sparse-barycenter-grows-late") == "does not hold"
    assert "the opposite is shown" in found["latent-sparse-barycenter-grows-late"]["note"]


def test_a_drop_at_the_division_is_looked_for_where_each_sequence_divides(tmp_path: Path) -> None:
    divides = np.array([0.3, 0.6, np.nan, 0.8])[:, None]  # the third never does
    dip = 0.1 * (np.abs(TIMES - divides) < 0.075) + 0.2 + noise((R, 4, 1), 0.01, 3)
    dip[:, 2] = 0.9  # far from anything: a sequence that does not divide must not count
    arms = [
        arm("none", values, supervision, sequences=FOUR, replicates=R, division_time=divides)
        for supervision, values in (("sparse", dip), ("dense", 0.5 - dip))
    ]
    found = Ledger(claims.ledger([analysis.load(write(tmp_path, "cells", arms))]))
    assert found.verdict("cells-sparse-none-chamfer-division") == "holds"
    assert found["cells-sparse-none-chamfer-division"]["effect"] == pytest.approx(0.1)
    assert found.verdict("cells-sparse-none-dice-division") == "holds"  # higher is better: it drops
    assert found.verdict("cells-dense-none-chamfer-division") == "does not hold"
    assert "the opposite is shown" in found["cells-dense-none-chamfer-division"]["note"]


def test_without_a_division_nothing_is_said_of_one(tmp_path: Path) -> None:
    found = spheres(tmp_path, 0.2, 0.2, 0.2, study="cells")
    assert found.verdict("cells-sparse-none-chamfer-division") == "not tested"
    assert "none of the sequences divides" in found["cells-sparse-none-chamfer-division"]["note"]


def test_p_is_corrected_over_the_claims_of_one_run(tmp_path: Path) -> None:
    runs = [bifurcation(tmp_path / "1", sinkhorn=0.2 * BUMP), bifurcation(tmp_path / "2", barycenter=0.05)]
    together = claims.ledger(runs)
    alone = [claims.ledger([run]) for run in runs]
    pd.testing.assert_frame_equal(together, pd.concat(alone, ignore_index=True))
    for table in alone:
        np.testing.assert_allclose(table["p_holm"], holm(table["p"].to_numpy(dtype=float)))
        assert (table["p_holm"].dropna() > table["p"].dropna()).any()


def test_a_claim_that_only_holds_uncorrected_is_undecided(tmp_path: Path) -> None:
    differences = np.array([0.10, 0.01, 0.09, 0.03, 0.12, 0.02]).reshape(R, 1, 1)
    gain = differences - noise((R, 1, 1), 0.01, 0) + noise((R, 1, 1), 0.01, 1)
    row = Ledger(claims.ledger([bifurcation(tmp_path, sinkhorn=gain)]))["bifurcation-sparse-sinkhorn-chamfer-middle"]
    assert row["high"] < 0
    assert row["p"] < 0.05 < row["p_holm"]
    assert row["verdict"] == "undecided"


def test_what_a_run_lacks_is_not_tested_with_the_reason(tmp_path: Path) -> None:
    arms = [arm("none", 0.4 + noise((R, 1, 1), 0.01, 0)), arm("sinkhorn", 0.3 + noise((R, 1, 1), 0.01, 1))]
    found = Ledger(claims.ledger([analysis.load(write(tmp_path, "bifurcation", arms))]))
    reasons = {
        "bifurcation-sparse-barycenter-chamfer-middle": "method 'barycenter' was not confirmed",
        "bifurcation-sparse-sinkhorn-symmetric": "there are no values of asymmetry for method 'sinkhorn'",
        "bifurcation-sparse-sinkhorn-splits-early": "there are no values of bifurcation_delay",
        "bifurcation-dense-sinkhorn-chamfer-no-gain": "at setting 'published' under dense supervision",
    }
    for claim, reason in reasons.items():
        assert found.verdict(claim) == "not tested"
        assert reason in found[claim]["note"]
        assert found[claim]["n"] == 0
        assert np.isnan(found[claim]["p_holm"])
    assert found.verdict("bifurcation-sparse-sinkhorn-chamfer-middle") == "holds"
    assert set(claims.ledger([analysis.load(tmp_path / "bifurcation" / "20260101-120000")], "best")["verdict"]) == {
        "not tested"
    }


def test_one_sequence_has_no_spread_and_a_missing_window_is_named(tmp_path: Path) -> None:
    arms = [arm(name, 0.4 + noise((R, 1, 1), 0.01, seed)) for seed, name in enumerate(("none", "sinkhorn"))]
    found = Ledger(claims.ledger([analysis.load(write(tmp_path, "spheres", arms))]))
    assert "one sequence has no spread" in found["spheres-sparse-sinkhorn-chamfer-narrower"]["note"]
    early = [rows[rows["time"] < 0.3] for rows in arms]
    found = Ledger(claims.ledger([analysis.load(write(tmp_path, "bifurcation", early))]))
    assert "there are no test times 0.35 ≤ t ≤ 0.65" in found["bifurcation-sparse-sinkhorn-chamfer-middle"]["note"]


def test_two_replicates_decide_nothing(tmp_path: Path) -> None:
    arms = [arm("none", 0.4, replicates=2), arm("sinkhorn", 0.2 + noise((2, 1, 1), 1e-6, 1), replicates=2)]
    row = Ledger(claims.ledger([analysis.load(write(tmp_path, "bifurcation", arms))]))
    row = row["bifurcation-sparse-sinkhorn-chamfer-middle"]
    assert row["p"] < 0.05
    assert row["verdict"] == "undecided"
    assert "n = 2 is too few, at least 3 are needed" in row["note"]


def test_sequences_that_share_networks_give_no_false_certainty(tmp_path: Path) -> None:
    shared = np.array([-0.22, 0.05, -0.13, 0.08, -0.10, -0.02]).reshape(R, 1, 1)  # t = −1.3 over six networks
    change = shared + noise((R, 4, 1), 0.001, 1)
    found = spheres(tmp_path, 0.5, 0.5, 0.5 + change)
    row = found["spheres-sparse-barycenter-chamfer-better"]
    assert (row["n"], row["verdict"]) == (R, "undecided")
    assert stats.ttest_1samp(change.ravel(), 0.0).pvalue < 0.05  # what 24 pairs would have said


def test_the_same_claims_are_tested_over_sequences_without_the_searched_one(tmp_path: Path) -> None:
    members = ("searched", "b", "c", "d", "e")
    gain = np.array([9.0, 0.2, 0.2, 0.2, 0.2]).reshape(1, 5, 1) + noise((R, 5, 1), 0.01, 1)
    arms = [arm("none", 10.0, sequences=members), arm("sinkhorn", 10.0 - gain, sequences=members)]
    record = {"unit": "sequence", "replication_unit": "bifurcations", "searched_sequences": ["searched"]}
    found = Ledger(claims.ledger([analysis.load(write(tmp_path, "bifurcations", arms, **record))]))
    row = found["bifurcation-sparse-sinkhorn-chamfer-middle"]
    assert (row["study"], row["n"], row["unit"], row["verdict"]) == ("bifurcations", 4, "bifurcations", "holds")
    assert row["effect"] == pytest.approx(-0.2, abs=0.01)


def test_a_replicate_that_diverged_is_no_unit(tmp_path: Path) -> None:
    hole = np.zeros((R, 1, 1))
    hole[2] = np.nan
    found = Ledger(claims.ledger([bifurcation(tmp_path, sinkhorn=0.2 + hole)]))
    assert found["bifurcation-sparse-sinkhorn-chamfer-middle"]["n"] == R - 1


def test_the_columns_are_those_that_scripts_rely_on(tmp_path: Path) -> None:
    columns = ["id", "claim", "section", "study", "run", "supervision", "setting", "n", "unit", "effect", "low", "high"]
    columns += ["p", "p_holm", "verdict", "note"]
    table = claims.ledger([bifurcation(tmp_path)])
    assert list(table) == columns
    assert list(claims.ledger([])) == columns
    assert set(table["section"]) == {"Martens 2025, 4.1.2"}
    other = write(tmp_path, "another-study", [arm("none", 0.1)])
    assert claims.ledger([analysis.load(other)]).empty


def test_the_report_shows_the_claims_that_were_tested(whole: analysis.Run) -> None:
    html = analysis.render(whole, drawings=[])
    table = claims.ledger([whole])
    assert f"{(table['verdict'] != 'not tested').sum()} claims tested" in html
    assert "Sparse bifurcation: near the middle, Sinkhorn is better in Chamfer distance" in html
    assert "the shape is more symmetric" not in html
