"""What a search found: Optuna's study of an arm, importances, and what is within one standard error of the best."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pandas as pd
import pytest

import analysis
from analysis import figures
from analysis.drawing.coordinates import Coordinate
from analysis.statistics import search
from tests.analysis.simulated import arm, write

SPACE = {
    "learning_rate": {
        "name": "FloatDistribution",
        "attributes": {"step": None, "low": 1e-4, "high": 1e-2, "log": True},
    },
    "regularizers.sinkhorn.alpha": {
        "name": "FloatDistribution",
        "attributes": {"step": None, "low": 0.01, "high": 10.0, "log": True},
    },
    "regularizers.sinkhorn.grid": {"name": "CategoricalDistribution", "attributes": {"choices": [7, 9]}},
    "regularizers.sinkhorn.time_samples": {
        "name": "IntDistribution",
        "attributes": {"log": False, "step": 1, "low": 4, "high": 6},
    },
}
VALIDATION_NOISE = 0.02


def searched(results: Path, trials: pd.DataFrame, **record: object) -> analysis.Run:
    """A run of which ``trials`` are the search of (sinkhorn, sparse), and whose confirmed replicates differ by
    ``VALIDATION_NOISE``."""
    spread = VALIDATION_NOISE * np.array([-1.0, 0.0, 1.0]).reshape(3, 1, 1)
    rows = [arm("sinkhorn", 0.5 + spread, replicates=3, setting="best"), arm("none", 0.6, replicates=3, setting="best")]
    objective = {"metric": "chamfer", "direction": "minimize", "role": "validation"}
    known = {"objective": objective, "configuration": {"space": SPACE}} | record
    folder = write(results, "bifurcation", rows, **known)
    address = {"study": "bifurcation", "run": folder.name, "phase": "search", "setting": "search", "method": "sinkhorn"}
    address |= {"supervision": "sparse", "reason": "", "epochs": 300, "replicates": 1, "started": ""}
    names = [f"search-sinkhorn-sparse-{number:04d}" for number in range(len(trials))]
    trials.assign(**address, trial=names, number=range(len(trials))).to_parquet(folder / "trials.parquet")
    return analysis.load(folder)


def grid(objectives: list[float], alphas: list[float], **columns: object) -> pd.DataFrame:
    plain = {"state": "complete", "seconds": 10.0, "objective": objectives, "param.learning_rate": 1e-3}
    more = {"param.regularizers.sinkhorn.grid": 9.0, "param.regularizers.sinkhorn.time_samples": 5.0}
    return pd.DataFrame(plain | more | {"param.regularizers.sinkhorn.alpha": alphas} | columns)


def sentence(run: analysis.Run, parameter: str) -> str:
    table = analysis.one_standard_error(run).set_index("parameter")
    return str(table.loc[parameter, "sentence"])


ALPHA = "regularizers.sinkhorn.alpha"


def test_alpha_within_one_standard_error_of_the_best(tmp_path: Path) -> None:
    """The noise of one trial is 0.02, so what is below 0.12 is as good as 0.10, but not beyond an α that is not."""
    run = searched(tmp_path, grid([0.119, 0.13, 0.115, 0.10, 0.118, 0.2], [0.01, 0.1, 0.3, 1.0, 3.0, 10.0]))
    assert search.standard_error(run, "sinkhorn", "sparse") == pytest.approx(VALIDATION_NOISE)
    assert sentence(run, ALPHA) == (
        "sinkhorn (sparse): sinkhorn α between 0.3 and 3 is within one standard error (0.020) of the best "
        "(3 of 6 complete trials)."
    )
    row = analysis.one_standard_error(run).set_index("parameter").loc[ALPHA]
    assert (row["low"], row["best"], row["high"], row["best_objective"]) == (0.3, 1.0, 3.0, 0.10)


def test_of_equal_trials_the_first_is_the_best_as_it_is_for_the_search(tmp_path: Path) -> None:
    run = searched(tmp_path, grid([0.3, 0.1, 0.1, 0.1], [0.01, 3.0, 1.0, 5.0]))
    table = analysis.one_standard_error(run).set_index("parameter")
    assert table.loc["regularizers.sinkhorn.alpha", "best"] == 3.0
    assert search.ranked(run, "sinkhorn", "sparse").set_index("rank").loc[1.0, "param.regularizers.sinkhorn.alpha"] == 3


def test_with_more_replicates_a_trial_the_error_is_smaller(tmp_path: Path) -> None:
    run = searched(tmp_path, grid([0.10, 0.112], [0.1, 1.0]))
    run.trials["replicates"] = 4
    assert search.standard_error(run, "sinkhorn", "sparse") == pytest.approx(VALIDATION_NOISE / 2)
    assert "sinkhorn α = 0.1 is within" in sentence(run, ALPHA)


def test_a_maximized_objective_turns_the_rule_round(tmp_path: Path) -> None:
    objective = {"metric": "chamfer", "direction": "maximize", "role": "validation"}
    run = searched(tmp_path, grid([0.5, 0.59, 0.6], [0.1, 1.0, 3.0]), objective=objective)
    assert "sinkhorn α between 1 and 3 is within" in sentence(run, ALPHA)
    assert analysis.optuna_study(run, "sinkhorn", "sparse").best_value == 0.6


def test_too_little_to_tell_is_said(tmp_path: Path) -> None:
    one = searched(tmp_path / "one", grid([0.1, 0.1], [0.1, 1.0], state=["complete", "pruned"]))
    assert "one trial alone is complete, so that nothing is known beside sinkhorn α = 0.1" in sentence(one, ALPHA)
    few = searched(tmp_path / "few", grid([0.1, 0.2], [0.1, 1.0]))
    file = next(Path(few.location).glob("per_time/*.parquet"))
    rows = pd.read_parquet(file)
    rows[rows["replicate"] > 0].to_parquet(file)
    assert "fewer than 3 replicates of the best are confirmed" in sentence(few, ALPHA)
    assert len(search.sentences(few)) == 1


def test_an_arms_parameters_stand_in_one_sentence(tmp_path: Path) -> None:
    run = searched(tmp_path, grid([0.10, 0.11, 0.2], [0.1, 1.0, 3.0]))
    (said,) = search.sentences(run, "sinkhorn")
    assert "sinkhorn α between 0.1 and 1" in said
    assert "learning rate = 0.001" in said
    assert "are, each on its own, within one standard error (0.020) of the best (2 of 3 complete trials)" in said
    assert search.sentences(run, "none") == []


def test_the_study_is_optunas_own_with_the_spaces_of_the_record(tmp_path: Path) -> None:
    verbosity = optuna.logging.get_verbosity()
    states = ["complete", "pruned", "failed", "complete"]
    values = [0.3, 0.4, np.nan, 0.2]
    trials = grid(values, [0.1, 0.2, 0.3, 20.0], state=states, seconds=[4.0, 1.0, 1.0, 9.0])
    study = analysis.optuna_study(searched(tmp_path, trials), "sinkhorn", "sparse")
    kinds = [trial.state.name for trial in study.trials]
    assert kinds == ["COMPLETE", "PRUNED", "FAIL", "COMPLETE"]
    assert study.best_value == 0.2
    params = study.best_trial.params
    assert params[ALPHA] == 20.0
    assert (params["regularizers.sinkhorn.grid"], type(params["regularizers.sinkhorn.time_samples"])) == (9, int)
    kind = study.best_trial.distributions[ALPHA]
    assert isinstance(kind, optuna.distributions.FloatDistribution)
    assert (kind.low, kind.high, kind.log) == (0.01, 20.0, True)  # widened to the setting that was tried beyond it
    assert study.best_trial.user_attrs["seconds"] == 9.0
    assert optuna.logging.get_verbosity() == verbosity


def test_the_front_is_of_accuracy_against_seconds(tmp_path: Path) -> None:
    trials = grid([0.3, 0.25, 0.26, 0.2], [0.1, 0.2, 0.3, 1.0], seconds=[1.0, 2.0, 3.0, 4.0])
    study = analysis.optuna_study(searched(tmp_path, trials), "sinkhorn", "sparse", seconds=True)
    assert [trial.values for trial in study.best_trials] == [[1.0, 0.3], [2.0, 0.25], [4.0, 0.2]]


def test_importances_are_optunas_and_find_what_matters(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    alphas = 10 ** random.uniform(-2, 1, 60)
    rates = 10 ** random.uniform(-4, -2, 60)
    run = searched(tmp_path, grid(list(np.log10(alphas) ** 2), list(alphas), **{"param.learning_rate": rates}))
    table = search.importances(run).set_index("parameter")
    assert table.index[0] == ALPHA
    assert table["importance"].sum() == pytest.approx(1.0)
    assert set(table["complete"]) == {60}
    study = analysis.optuna_study(run, "sinkhorn", "sparse")
    evaluator = optuna.importance.PedAnovaImportanceEvaluator(target_quantile=0.1)
    expected = optuna.importance.get_param_importances(study, evaluator=evaluator)
    assert table["importance"].to_dict() == pytest.approx(expected)
    few = searched(tmp_path / "few", grid([0.1, 0.2, 0.3], [0.1, 1.0, 3.0]))
    assert search.importances(few)["importance"].isna().all()


def test_an_arm_that_was_not_searched_names_those_that_were(tmp_path: Path) -> None:
    run = searched(tmp_path, grid([0.1, 0.2], [0.1, 1.0]))
    with pytest.raises(analysis.NoRows, match=r"no search trials of method 'none' .*: the run has sinkhorn \(sparse\)"):
        analysis.optuna_study(run, "none", "sparse")
    run = searched(tmp_path / "ten", grid([0.1 + 0.01 * k for k in range(10)], [0.1 * (k + 1) for k in range(10)]))
    with pytest.raises(ValueError, match="no search of method 'none' can be drawn: name one of sinkhorn"):
        figures.draw("search_methods", run, "none")


def test_without_a_space_in_the_record_ranges_are_those_that_were_tried(tmp_path: Path) -> None:
    norms = ["squared", "total-variation", "squared"]
    trials = grid([0.1, 0.2, 0.3], [0.1, 1.0, 3.0], **{"param.norm": norms})
    run = searched(tmp_path, trials, configuration={})
    kinds = analysis.optuna_study(run, "sinkhorn", "sparse").best_trial.distributions
    assert kinds["norm"] == optuna.distributions.CategoricalDistribution(["squared", "total-variation"])
    assert kinds[ALPHA] == optuna.distributions.FloatDistribution(0.1, 3.0, log=True)
    assert "norm = squared is within one standard error" in sentence(run, "norm")


def test_the_search_of_a_method_is_drawn_on_the_axes_of_its_space_with_the_trials_that_were_stopped(
    tmp_path: Path,
) -> None:
    alphas = [0.1, 1.0, 3.0, 0.3, 0.2, 0.05, 5.0, 0.7, 8.0, 0.02]
    objectives = [0.1, 0.2, 0.15, 0.11, 0.12, 0.3, 0.25, 0.18, 0.4, 0.5]
    rates = [1e-4 * (k + 1) for k in range(10)]
    states = ["complete"] * 6 + ["pruned"] * 4
    run = searched(tmp_path, grid(objectives, alphas, state=states, **{"param.learning_rate": rates}))
    (drawing,) = figures.drawings(run, only=["search_methods"], scale=0.5)
    assert drawing.name == "search_methods-sinkhorn"
    assert "sinkhorn α = 0.1" in drawing.caption
    assert "Importances, sparse:" in drawing.alternative
    figure = figures.draw("search_methods", run)
    bars, lines, *slices = figure.axes
    assert sum(bar.get_width() for bar in bars.patches) == pytest.approx(1)
    assert len([line for line in lines.lines if len(line.get_xdata()) > 2]) == 10, "a line a trial"
    (over_alpha,) = (axis for axis in slices if axis.get_xlabel() == "α")
    kind = search.distributions(run, "sinkhorn", "sparse")[ALPHA]
    assert isinstance(kind, optuna.distributions.FloatDistribution)
    place = np.log(np.array(alphas) / kind.low) / np.log(kind.high / kind.low)
    stopped, complete, best = over_alpha.lines
    np.testing.assert_allclose(stopped.get_xdata(), place[6:])
    assert stopped.get_markerfacecolor() == "white"
    np.testing.assert_allclose(sorted(complete.get_xdata()), sorted(place[1:6]))
    np.testing.assert_allclose(best.get_xdata(), place[:1])


def test_of_one_parameter_only_the_slice_is_drawn(tmp_path: Path) -> None:
    trials = grid([0.1 + 0.01 * k for k in range(10)], [0.1 * (k + 1) for k in range(10)])
    others = [name for name in trials if name.startswith("param.") and name != f"param.{ALPHA}"]
    run = searched(tmp_path, trials.assign(**dict.fromkeys(others, np.nan)))
    assert [axis.get_xlabel() for axis in figures.draw("search_methods", run).axes] == ["α", "training\nseconds"]


@pytest.mark.parametrize(
    ("coordinate", "values", "places", "ticks"),
    [
        (Coordinate(label="", low=0.01, high=1.0, log=True), [0.01, 0.1, np.nan], [0, 0.5, np.nan], "0.01 0.1 1"),
        (Coordinate(label="", low=4, high=6, whole=True), [4, 6], [0, 1], "4 5 6"),
        (Coordinate(label="", low=1, high=9, whole=True), [3], [0.25], "1 5 9"),
        (Coordinate(label="", choices=("a", "b", "c")), ["c", None], [1, np.nan], "a b c"),
        (Coordinate(label="", low=2, high=2), [2, np.nan], [0.5, np.nan], "2"),
    ],
)
def test_a_coordinate_goes_from_0_to_1(
    coordinate: Coordinate, values: list[Any], places: list[float], ticks: str
) -> None:
    np.testing.assert_allclose(coordinate.places(values), places)
    assert " ".join(coordinate.ticks()[1]) == ticks


def test_a_search_of_fewer_than_ten_trials_is_in_the_table_only(tmp_path: Path) -> None:
    run = searched(tmp_path, grid([0.1 + 0.01 * k for k in range(9)], [0.1 * (k + 1) for k in range(9)]))
    (drawing,) = figures.drawings(run, only=["search_methods"])
    assert drawing.png == b""
    assert drawing.caption.startswith("Not drawn: no method has 10 trials")


def test_labels_are_short() -> None:
    assert search.label("regularizers.sinkhorn.alpha") == "sinkhorn α"
    assert search.label("regularizers.sinkhorn.time_samples") == "sinkhorn time samples"
    assert search.label("learning_rate") == "learning rate"


def test_a_run_whose_search_goes_on_has_nothing_to_say_yet(write_run: Callable[..., Path]) -> None:
    run = analysis.load(write_run(methods=(), status="running"))
    assert search.arms(run) == []
    assert analysis.one_standard_error(run).empty
    assert search.importances(run).empty
    (drawing,) = figures.drawings(run, only=["search_methods"])
    assert drawing.caption.startswith("Not drawn: no method has 10 trials")
