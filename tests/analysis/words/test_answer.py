"""The answer in sentences: what helps, what does not, and how far it goes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import analysis
from analysis.tables.record import metrics
from analysis.testing.runs import change
from analysis.wording import probability
from analysis.words.facts import gather
from analysis.words.limits import limits

Writer = Callable[..., Path]
Opener = Callable[..., analysis.Run]
TWO = {"methods": ("none", "sinkhorn"), "supervisions": ("sparse",)}


def text(run: analysis.Run) -> str:
    return "\n".join(analysis.answer(run))


def test_a_method_that_helps_is_named_with_its_numbers(run_of: Opener) -> None:
    run = run_of(**TWO)
    (row,) = analysis.compare(run.per_time).to_dict("records")
    said = analysis.conclusion(run)
    assert said.startswith("Under sparse supervision sinkhorn helps: mean Chamfer distance on the test times falls")
    assert f"from {row['baseline_mean']:.3f} to {row['method_mean']:.3f}" in said
    assert f"{row['low']:.3f} to".replace("-", "−") in said
    assert "n = 6" in said
    assert said.endswith(".")


def test_the_conclusion_comes_first_and_is_one_line(run_of: Opener) -> None:
    run = run_of()
    lines = analysis.answer(run)
    assert lines[0] == analysis.conclusion(run)
    assert "sparse" in lines[0]
    assert "dense" in lines[0]
    assert all("\n" not in line for line in lines)


def test_a_method_that_does_not_help_is_said_not_to(run_of: Opener) -> None:
    run = run_of(**TWO, level={"none": 0.3, "sinkhorn": 0.3})
    assert "no method is shown to improve on 'none'" in analysis.conclusion(run)
    assert "sinkhorn: not shown to help" in text(run)


def test_a_method_that_makes_it_worse_is_said_to(run_of: Opener) -> None:
    run = run_of(**TWO, level={"none": 0.3, "sinkhorn": 0.6})
    assert "sinkhorn is worse" in analysis.conclusion(run)
    assert "sinkhorn: does not help" in text(run)


def test_the_baselines_dip_is_visible_or_not(run_of: Opener) -> None:
    deep = run_of(**TWO)
    assert "its dip between shown frames is visible" in text(deep)
    assert "deepest at t = 0.5" in text(deep)
    flat = run_of(**TWO, level={"none": 0.0, "sinkhorn": 0.0}, noise=0.0)
    assert "no dip between shown frames is visible" in text(flat)


def test_one_lost_surface_hides_an_effect_in_distances_and_the_answer_looks_at_the_other_metrics(
    write_run: Writer,
) -> None:
    folder = write_run(**TWO)
    file = next((folder / "per_time").glob("confirm*.parquet"))
    rows = pd.read_parquet(file)
    lost = (rows["method"] == "none") & (rows["replicate"] == 0) & (rows["role"] == "test")
    rows.loc[lost, ["chamfer", "hausdorff"]] = 400.0
    rows.to_parquet(file)
    run = analysis.load(folder)
    said = analysis.conclusion(run)
    assert (
        "no method is shown to improve on 'none' in Chamfer distance on the test times, but sinkhorn improves" in said
    )
    assert "sinkhorn improves Dice score from" in said
    assert "its dip between shown frames is visible (not shown in Chamfer distance or Hausdorff distance)" in text(run)
    assert "in Dice score" in text(run)


def test_one_sequence_means_training_noise_only(run_of: Opener) -> None:
    said = text(run_of(**TWO))
    assert "6 replicates of one sequence" in said
    assert "training noise of one sequence (seeds)" in said
    several = text(run_of(**TWO, sequences=("one", "two", "three")))
    assert "6 replicates (training noise of one sequence (seeds)), each averaged over its 3 sequences" in several


def test_floor_and_ceiling_are_stated_and_whether_a_network_passes_them(write_run: Writer, run_of: Opener) -> None:
    said = text(run_of())
    assert "(linear-blend, the floor)" in said
    assert "(barycenter-only, the ceiling)" in said
    assert "no network gets past" not in said
    level = dict.fromkeys(("none", "sinkhorn"), 0.9) | {"linear-blend": 0.4, "barycenter-only": 0.2}
    beaten = analysis.load(write_run(methods=tuple(level), level=level, supervisions=("sparse",)))
    assert "no network gets past linear-blend and barycenter-only" in text(beaten)


def test_methods_are_held_against_the_control_over_these_comparisons_alone(write_run: Writer) -> None:
    level = {"none": 0.6, "sinkhorn": 0.2, "barycenter": 0.6, "temporal-smoothness": 0.6, "linear-blend": 0.1}
    folder = write_run(methods=tuple(level), level=level, supervisions=("sparse",))
    assert "Against the control" not in text(analysis.load(folder))
    change(folder, controls=["temporal-smoothness"])
    run = analysis.load(folder)
    (line,) = [line for line in analysis.answer(run) if line.startswith("Against the control")]
    assert "'temporal-smoothness', in Chamfer distance: sinkhorn better (difference −" in line
    assert "barycenter no difference shown" in line
    assert "none" not in line
    assert "linear-blend" not in line
    trained = run.per_time[run.per_time["method"].isin(["sinkhorn", "barycenter", "temporal-smoothness"])]
    alone = analysis.compare(trained, baseline="temporal-smoothness").set_index("method")
    assert f"p {probability(alone.loc['barycenter', 'p_holm'])} after Holm" in line


def test_the_searchs_best_is_held_against_the_published_etting(write_run: Writer) -> None:
    folder = write_run(**TWO)
    said = text(analysis.load(folder))
    assert "The search's best differs from the published setting in 2 of 2 arms" in said
    trials = analysis.load(folder).trials
    names = [name for name in trials if name.startswith("param.")]
    published = trials[trials["setting"] == "published"].set_index("method")
    for name in names:
        chosen = trials["setting"] == "best"
        trials.loc[chosen, name] = trials.loc[chosen, "method"].map(published[name])
    trials.to_parquet(folder / "trials.parquet")
    assert "The search's best is the published setting in every arm" in text(analysis.load(folder))


def test_one_replicate_cannot_tell(run_of: Opener) -> None:
    run = run_of(**TWO, replicates=1)
    assert "one cannot tell whether a method helps: n = 1 is too few" in analysis.conclusion(run)
    assert " helps " not in text(run).replace("a method helps", "")


def test_below_six_pairs_the_answer_says_how_many_are_needed(run_of: Opener) -> None:
    run = run_of(**TWO, replicates=4)
    assert "n = 4 is too few, at least 6 pairs are needed, and about " in analysis.conclusion(run)
    (row,) = analysis.compare(run.per_time, [metric.name for metric in metrics(run)]).to_dict("records")[:1]
    assert f"about {row['n_needed']} to show a difference as large as that of sinkhorn" in analysis.conclusion(run)


def test_where_no_difference_is_shown_the_pairs_that_would_show_it_are_said(run_of: Opener) -> None:
    said = text(run_of(**TWO, level={"none": 0.3, "sinkhorn": 0.3}))
    assert "pairs would show a difference of this size" in said


def test_a_lost_arm_is_named_with_its_reason(run_of: Opener) -> None:
    said = text(run_of(lost_arms=(("sinkhorn", "sparse"),)))
    assert "Missing from the comparison, because nothing was confirmed on test times: sinkhorn (sparse)." in said
    assert "4 of 50 trials failed: loss 'sinkhorn' is not finite at epoch 80 (4 ×)." in said
    assert "No trial of the search was completed for sinkhorn (sparse)." in said


def test_a_lost_baseline_is_said(run_of: Opener) -> None:
    said = analysis.conclusion(run_of(**TWO, lost_arms=(("none", "sparse"),)))
    assert "under sparse supervision nothing can be compared" in said.lower()


def test_diverged_replicates_are_counted(run_of: Opener) -> None:
    said = text(run_of(**TWO, diverged={"sinkhorn": (0, 1)}))
    assert "fewer than 6 pairs for sinkhorn (sparse): 4" in said


def test_empty_surfaces_are_counted(write_run: Writer) -> None:
    folder = write_run(**TWO)
    path = folder / "per_time" / "confirm.parquet"
    rows = analysis.load(folder).per_time
    rows = rows[rows["phase"] == "confirm"]
    where = (rows["method"] == "none") & (rows["setting"] == "best") & (rows["time_index"] == 10)
    rows.assign(empty=where).to_parquet(path)
    assert "none (sparse): 6 of 54" in text(analysis.load(folder))


@pytest.mark.parametrize(
    ("plan", "sentence"),
    [
        ({"status": "running", "confirmed": False}, "There is no answer yet: the run is running, 8 trials"),
        ({"status": "unfinished"}, "The run is not finished; so far, under sparse"),
        ({"methods": (), "status": "running"}, "There is no answer yet: the run is running, 0 trials"),
        ({"confirmed": False}, "There is no answer: the run is finished, but no trial was confirmed"),
        (
            {"methods": ("none",), "lost_arms": (("none", "sparse"),), "confirmed": False},
            "There is no answer: the run is finished, but all 4 trials failed",
        ),
    ],
)
def test_a_partial_run_says_so(run_of: Opener, plan: dict[str, object], sentence: str) -> None:
    assert analysis.conclusion(run_of(**(TWO | plan))).startswith(sentence)


def test_a_search_that_saw_test_times_is_denounced(write_run: Writer) -> None:
    folder = write_run(**TWO)
    rows = analysis.load(folder).per_time
    searched = rows[rows["phase"] == "search"]
    searched.assign(role="test").to_parquet(folder / "per_time" / "search.parquet")
    assert "the search saw test times too" in text(analysis.load(folder))


def test_a_record_that_says_little_is_enough(write_run: Writer) -> None:
    folder = write_run(**TWO)
    (folder / "study.json").write_text(json.dumps({"status": "finished"}))
    assert "sinkhorn helps: mean chamfer" in analysis.conclusion(analysis.load(folder))


def test_the_constraints_on_the_best_setting_are_said_with_how_many_trials_kept_to_them(run_of: Opener) -> None:
    run = run_of(methods=("none", "sinkhorn"), trials=4)
    assert not [line for line in limits(gather(run)) if "The best setting is" in line]
    run.record["constraints"] = {"empty": 0.0, "seconds": 60.0, "shown": 0.01}
    search = run.trials["phase"] == "search"
    run.trials["empty"], run.trials["seconds"] = 0.0, 50.0
    run.trials["shown"] = 0.005
    run.trials.loc[search & (run.trials["method"] == "sinkhorn") & (run.trials["supervision"] == "dense"), "shown"] = 1
    (said,) = [line for line in limits(gather(run)) if "The best setting is" in line]
    assert said == (
        "The best setting is the best of those with no empty prediction, at most 60 training seconds and a Chamfer "
        "distance of at most 0.01 on shown times: 9 of 12 complete trials; none of sinkhorn (dense), where what breaks "
        "the fewest was taken."
    )
