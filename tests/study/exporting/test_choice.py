"""Which model and which times are exported."""

import pandas as pd
import pytest

import analysis
from study.errors import Mistake
from study.exporting.choice import choose, times
from tests.analysis.simulated import arm, ensemble, write


def run_of(tmp_path, *arms, models=(), trials=None, ensembles=None):
    """A finished run with the files named in `models`."""
    record = {"objective": {"metric": "chamfer"}}
    folder = write(tmp_path / "results", "bifurcation", list(arms), ensembles=ensembles, **record)
    (folder / "models").mkdir()
    for name in models:
        (folder / "models" / f"{name}.pt").write_bytes(b"")
    if trials is not None:
        pd.DataFrame(trials).to_parquet(folder / "trials.parquet")
    return analysis.load(folder)


def three(tmp_path):
    levels = {"none": 0.3, "sinkhorn": 0.1, "linear-blend": 0.05}
    arms = [arm(method, level, setting="best") for method, level in levels.items()]
    return run_of(tmp_path, *arms, models=["confirm-none-sparse-best", "confirm-sinkhorn-sparse-best"])


def test_the_best_confirmed_model_by_validation_rows_is_taken(tmp_path):
    chosen = choose(three(tmp_path), None, None, "best")
    assert chosen.method == "sinkhorn", "linear-blend is better, but keeps no model"
    assert chosen.model.endswith("models/confirm-sinkhorn-sparse-best.pt")
    assert "on validation times 0.1, the best of 2 confirmed models" in chosen.sentence
    assert "linear-blend, sparse is preferred, but the run keeps no model of it" in chosen.sentence


def test_the_best_ensemble_is_taken_though_its_single_networks_are_worse(tmp_path):
    none, sinkhorn = (arm(method, level, setting="best") for method, level in (("none", 0.1), ("sinkhorn", 0.2)))
    together = [ensemble(none, 0.09), ensemble(sinkhorn, 0.04)]
    models = ["confirm-none-sparse-best", "confirm-sinkhorn-sparse-best"]
    chosen = choose(run_of(tmp_path, none, sinkhorn, models=models, ensembles=together), None, None, "best")
    assert chosen.method == "sinkhorn"
    assert "chamfer of the ensemble on validation times 0.04" in chosen.sentence


def test_what_is_empty_throughout_is_never_the_best(tmp_path):
    nothing = arm("none", 0.0, setting="best").assign(empty=True)
    something = arm("sinkhorn", 0.2, setting="best").assign(empty=False)
    models = ["confirm-none-sparse-best", "confirm-sinkhorn-sparse-best"]
    for folder, together in (("single", None), ("ensemble", [ensemble(nothing, 0.0), ensemble(something, 0.2)])):
        run = run_of(tmp_path / folder, nothing, something, models=models, ensembles=together)
        assert choose(run, None, None, "best").method == "sinkhorn"


def test_only_validation_rows_count(tmp_path):
    good = arm("none", 0.1, setting="best")
    good.loc[good["role"] != "validation", "chamfer"] = 9.0
    models = ["confirm-none-sparse-best", "confirm-sinkhorn-sparse-best"]
    run = run_of(tmp_path, good, arm("sinkhorn", 0.2, setting="best"), models=models)
    assert choose(run, None, None, "best").method == "none"


def test_what_is_named_is_taken(tmp_path):
    assert choose(three(tmp_path), "none", None, "best").method == "none"


def test_in_runs_of_earlier_versions_a_rule_keeps_no_model(tmp_path):
    with pytest.raises(Mistake, match=r"linear-blend keeps no model .* are there of none-sparse, sinkhorn-sparse"):
        choose(three(tmp_path), "linear-blend", "sparse", "best")


def test_a_rule_without_a_network_is_chosen_where_it_is_the_best_of_all(tmp_path):
    none, blend = arm("none", 0.1, setting="best"), arm("linear-blend", 0.05, setting="best")
    models = ["confirm-none-sparse-best", "confirm-linear-blend-sparse-best"]

    def chosen(folder, level):
        together = [ensemble(none, level), ensemble(blend, 0.05, draws=0).assign(replicates=1)]
        return choose(run_of(tmp_path / folder, none, blend, models=models, ensembles=together), None, None, "best")

    rule, network, alike = chosen("worse", 0.06), chosen("better", 0.04), chosen("alike", 0.048)
    assert (rule.method, rule.deterministic) == ("linear-blend", True)
    assert (network.method, network.deterministic) == ("none", False)
    assert alike.method == "linear-blend"
    assert "0.05, and nothing to train; none, sparse has 0.048, which is not enough for its training" in alike.sentence


@pytest.mark.parametrize(("same", "found"), [(True, True), (False, False)])
def test_one_model_serves_both_settings_only_where_they_are_the_same(tmp_path, same, found):
    names = ["confirm-none-sparse-best", "confirm-none-sparse-published"]
    trials = {"trial": names, "phase": "confirm", "param.a": [0.5, 0.5 if same else 0.7], "param.b": [None, None]}
    run = run_of(tmp_path, arm("none", 0.3, setting="published"), models=names[:1], trials=trials)
    if found:
        assert choose(run, None, None, "published").model.endswith("confirm-none-sparse-best.pt")
    else:
        with pytest.raises(Mistake, match="keeps a model"):
            choose(run, None, None, "published")


def test_a_replicate_without_any_surface_has_diverged(tmp_path):
    rows = arm("none", 0.3, setting="best", replicates=3)
    rows["empty"] = (rows["replicate"] == 1) | (rows["time"] == 0.5)
    chosen = choose(run_of(tmp_path, rows, models=["confirm-none-sparse-best"]), None, None, "best")
    assert chosen.diverged("one") == [1]
    assert chosen.replicates == 3


SHOWN = {
    "two": ([0, 1], 21),
    "five": ([0, 0.25, 0.5, 0.75, 1], 21),
    "every fourth of twenty frames and the last": ([0, 4 / 19, 8 / 19, 12 / 19, 16 / 19, 1], 39),
    "every fourth of ninety-two": ([i / 91 for i in range(0, 91, 4)] + [1], 183),
    "times that no even spacing hits": ([0, (5**0.5 - 1) / 2, 1], 21),
}


@pytest.mark.parametrize("name", SHOWN)
def test_unless_told_every_shown_time_is_hit(name):
    shown, count = SHOWN[name]
    found = times(None, None, shown)
    assert len(found) == count
    assert found[0] == 0
    assert found[-1] == 1
    if "no even" not in name:
        assert all(min(abs(time - t) for t in found) < 1e-9 for time in shown)


def test_times_are_even_or_as_listed():
    assert times(5, None, [0, 1]) == [0, 0.25, 0.5, 0.75, 1]
    assert times(None, "1, 0.5,0", [0, 1]) == [0, 0.5, 1]
    for at in ("0,nan", "-0.1", "", "0.5,0.50000001"):
        with pytest.raises(Mistake, match="--at"):
            times(None, at, [0, 1])


def test_of_models_that_saw_every_frame_the_search_says_which_is_best(tmp_path):
    arms = [
        arm(method, 0.2, setting="best").assign(role="train", supervision="all", trial=f"confirm-{method}-all-best")
        for method in ("none", "moved-blend")
    ]
    trials = [
        {"trial": f"search-{method}-all-0000", "phase": "search", "setting": "search", "method": method,
         "supervision": "all", "state": "complete", "objective": objective, "empty": 0.0, "reason": ""}
        for method, objective in (("none", 0.3), ("moved-blend", 0.1))
    ]  # fmt: skip
    models = ["confirm-none-all-best", "confirm-moved-blend-all-best"]
    run = run_of(tmp_path, *arms, models=models, trials=trials)
    chosen = choose(run, None, None, "best")
    assert chosen.model.endswith("models/confirm-moved-blend-all-best.pt")
    assert (
        "every frame is shown; on those that its search left out chamfer 0.1, the best of 2 methods" in chosen.sentence
    )
    said = " ".join(analysis.answer(run))
    assert "under all supervision every frame is shown" in said
    assert "moved-blend is the best" in said
