"""What to do with the answer: the lowest expected error, how sure that is, and what a test says beside it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import analysis
from analysis.testing.runs import change
from analysis.wording import chance, number
from analysis.words.facts import gather
from analysis.words.recommendation import reasons, recommendations
from tests.analysis.simulated import arm, ensemble, write

Opener = Callable[..., analysis.Run]
METHODS = ("none", "sinkhorn", "linear-blend")


def said(run: analysis.Run) -> str:
    """The advice, and what stands behind it."""
    facts = gather(run)
    return " ".join(filter(None, [*recommendations(facts), *(reasons(facts, name) for name in facts.supervisions)]))


def test_the_best_method_is_named_with_its_strength_its_error_and_its_cost(write_run: Callable[..., Path]) -> None:
    folder = write_run(methods=("none", "sinkhorn"), supervisions=("sparse",))
    trials = pd.read_parquet(folder / "trials.parquet")
    trials.loc[trials["method"] == "sinkhorn", "seconds"] = 25.0
    trials.to_parquet(folder / "trials.parquet")
    run = analysis.load(folder)
    text = said(run)
    assert text.startswith("Use sinkhorn: expected ")
    assert any(line.startswith("sinkhorn is best with alpha 0.") for line in analysis.answer(run))
    line = analysis.standing(run).set_index("method").loc["sinkhorn"]
    assert f"expected Chamfer distance {line['expected']:.3f} ({number(line['low'])} to {number(line['high'])})" in text
    assert f"better than 'none' with probability {chance(line['beats_baseline'])}" in text
    assert "sinkhorn is the best of 2 methods with probability > 0.99" in text
    assert ", at 2.0 × the time of 'none'. sinkhorn is the best of 2 methods" in text
    assert "test against" not in text
    page = analysis.render(run, drawings=[]).replace("&#39;", "'").replace("&gt;", ">").replace("\u00a0", " ")
    assert all(part in page for part in text.split(". "))


def test_of_a_network_that_is_added_to_an_interpolant_that_is_named(write_run: Callable[..., Path]) -> None:
    folder = write_run(methods=("none", "sinkhorn"), supervisions=("sparse",))
    trials = pd.read_parquet(folder / "trials.parquet")
    trials["param.anchor"] = ["moved+volume" if method == "sinkhorn" else None for method in trials["method"]]
    trials.to_parquet(folder / "trials.parquet")
    assert said(analysis.load(folder)).startswith("Use sinkhorn (moved+volume): expected ")


def test_a_method_without_network_is_recommended_where_it_is_the_best(run_of: Opener) -> None:
    level = {"none": 0.3, "sinkhorn": 0.15, "linear-blend": 0.02}
    text = said(run_of(methods=METHODS, level=level, supervisions=("sparse",)))
    assert text.startswith("Use linear-blend, without any network: expected Chamfer distance 0.0")
    assert "the best that is trained is sinkhorn, Chamfer distance 0." in text
    worse = said(run_of(methods=METHODS, level=level | {"linear-blend": 0.5}, supervisions=("sparse",)))
    assert worse.startswith("Use sinkhorn: expected ")
    assert "better than 'none' with probability > 0.99" in worse
    assert "sinkhorn is better than every rule without a network with probability > 0.99, and the best of 3" in worse


def chosen_among(tmp_path: Path, ensembles: dict[str, float], deviation: float = 0.001) -> str:
    """What is said of single networks that are all alike, with these ensembles; sinkhorn's are not shown better."""
    random = np.random.default_rng(0)
    arms = {name: arm(name, random.normal(0.2, 0.01, (6, 1, 1)), setting="best") for name in ("none", "sinkhorn")}
    arms["linear-blend"] = arm("linear-blend", 0.05, setting="best")
    together = [ensemble(arms[name], v, deviation * (i + 1)) for i, (name, v) in enumerate(ensembles.items())]
    together.append(ensemble(arms["linear-blend"], 0.05, draws=0).assign(replicates=1))
    record = {"objective": {"metric": "chamfer"}, "supervisions": ["sparse"], "methods": list(arms)}
    return said(analysis.load(write(tmp_path / "results", "s", list(arms.values()), ensembles=together, **record)))


def test_the_ensemble_decides_and_a_test_of_single_networks_that_did_not_pass_is_said(tmp_path: Path) -> None:
    text = chosen_among(tmp_path / "far", {"none": 0.09, "sinkhorn": 0.02})
    assert text.startswith("Use sinkhorn: expected chamfer 0.0200 (0.0")
    assert ", the mean of 6 networks), better than 'none'" in text
    assert "better than every rule without a network with probability > 0.99" in text
    assert "the test of single networks against 'none' did not pass (p = " in text
    text = chosen_among(tmp_path / "rule", {"none": 0.09, "sinkhorn": 0.06})
    assert text.startswith("Use linear-blend, without any network: expected chamfer 0.0500, better than 'none'")


def test_what_trains_nothing_is_recommended_where_training_gains_less_than_the_margin(tmp_path: Path) -> None:
    text = chosen_among(tmp_path / "within", {"none": 0.09, "sinkhorn": 0.048})
    assert text.startswith("Use linear-blend, without any network: expected chamfer 0.0500")
    assert "the best that is trained is sinkhorn, chamfer 0.0480" in text
    assert "on validation times sinkhorn was 4.0 % better, less than 5 %" in text
    text = chosen_among(tmp_path / "beyond", {"none": 0.09, "sinkhorn": 0.047})
    assert text.startswith("Use sinkhorn: expected chamfer 0.0470")


def test_the_lowest_error_is_recommended_however_unsure_and_that_is_said(tmp_path: Path) -> None:
    text = chosen_among(tmp_path, {"none": 0.021, "sinkhorn": 0.02}, deviation=0.01)
    assert text.startswith("Use sinkhorn: expected chamfer 0.0200")
    share = float(re.findall(r"better than 'none' with probability (0\.\d+)", text)[0])
    assert 0.4 < share < 0.7
    text = chosen_among(tmp_path / "other", {"none": 0.02, "sinkhorn": 0.021}, deviation=0.01)
    assert text.startswith("Stay with 'none': expected chamfer 0.0200")


def test_where_more_is_better_the_best_is_the_highest(write_run: Callable[..., Path]) -> None:
    level = {"none": 0.3, "sinkhorn": 0.1, "barycenter": 0.2}
    folder = write_run(methods=tuple(level), level=level, supervisions=("sparse",))
    change(folder, objective={"metric": "dice", "direction": "maximize", "role": "validation"})
    text = said(analysis.load(folder))
    assert text.startswith("Use sinkhorn")
    assert "better than 'none' with probability > 0.99" in text


def test_few_replicates_have_probabilities_and_no_test(run_of: Opener) -> None:
    run = run_of(methods=("none", "sinkhorn"), supervisions=("sparse",), replicates=4)
    assert "for a test against 'none' n = 4 is too few, at least 6 are needed" in said(run)
    assert analysis.conclusion(run).startswith("Under sparse supervision sinkhorn came closest (Chamfer distance 0.0")
    assert ", but one cannot tell whether a method helps: n = 4 is too few" in analysis.conclusion(run)


def test_a_run_with_one_trial_an_arm_says_that_nothing_was_searched(write_run: Callable[..., Path]) -> None:
    run = analysis.load(write_run(methods=("none", "sinkhorn"), supervisions=("sparse",), trials=1))
    (line,) = [line for line in analysis.answer(run) if "Nothing was searched" in line]
    assert "one trial per arm, so that methods are compared as they are set, not at their best" in line
    assert not any("at its own best of" in line for line in analysis.answer(run))


@pytest.mark.parametrize(
    "plan",
    [
        {"replicates": 1},
        {"replicates": 2},
        {"status": "running"},
        {"confirmed": False},
        {"methods": ("none",)},
    ],
)
def test_nothing_is_recommended_where_nothing_is_known(run_of: Opener, plan: dict[str, object]) -> None:
    assert said(run_of(**({"methods": METHODS, "supervisions": ("sparse",)} | plan))) == ""


@pytest.mark.parametrize(("share", "text"), [(0.999, "> 0.99"), (0.001, "< 0.01"), (0.5, "0.50"), (0.986, "0.99")])
def test_a_share_of_draws_is_never_certain(share: float, text: str) -> None:
    assert chance(share) == text
