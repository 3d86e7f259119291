"""Every study of the catalog through the same cases; editing; seeds and roles."""

import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from study import catalog
from study.design import flags
from study.design.arm import Arm
from study.design.ranges import contains
from study.design.study import Comparison
from study.errors import Mistake
from study.running.plan import Options, plan
from study.testing import StudyContract

PRESETS = [(name, preset) for name in catalog.names() for preset in catalog.module(name).PRESETS]
SLOW = {
    ("growth", "laptop"),
    ("growth", "paper"),
    ("population", "laptop"),
    ("population", "paper"),
    ("population", "many"),
}
"""To be checked, their true shapes are made first: 300 volumes of 64³ or 128³ points, 1000 of 28³."""


@pytest.mark.parametrize(
    ("study", "preset"), [pytest.param(*case, marks=[pytest.mark.slow] if case in SLOW else []) for case in PRESETS]
)
class TestEveryStudy(StudyContract):
    pass


def test_a_method_searches_only_what_it_has():
    study = catalog.load("bifurcation", "laptop")
    assert list(study.arm_space(Arm("none", "sparse"))) == ["learning_rate"]
    both = study.arm_space(Arm("sinkhorn+barycenter", "dense"))
    for path in ("alpha", "beta", "epsilon", "grid", "time_samples"):
        assert f"regularizers.sinkhorn.{path}" in both
    for path in ("gamma", "count", "grid"):
        assert f"regularizers.barycenter.{path}" in both
    assert study.arm_space(Arm("linear-blend", "sparse")) == {}


@pytest.mark.parametrize("name", ["bifurcation", "cells"])
def test_the_learning_rates_of_decoders_and_of_advection_are_searched_apart(name):
    study = catalog.load(name, "laptop")
    searched = study.arm_space(Arm("advection", "sparse"))
    assert set(searched) == {
        "autoencoder_weight", "magnitude_weight", "smoothness_weight", "evolution_steps", "training.learning_rate",
    }  # fmt: skip
    assert "training.learning_rate" not in study.arm_space(Arm("sinkhorn", "sparse"))
    before = study.methods["advection"].training.learning_rate
    flags.edit(study, "learning_rate", "0.0004")
    assert study.methods["none"].learning_rate == 0.0004
    assert study.methods["advection"].training.learning_rate == before
    assert study.space["training.learning_rate"].high > before


def test_laptop_keeps_the_published_trengths():
    sinkhorn = catalog.load("bifurcation", "laptop").methods["sinkhorn+barycenter"].regularizers
    assert (sinkhorn["sinkhorn"].alpha, sinkhorn["sinkhorn"].beta, sinkhorn["sinkhorn"].epsilon) == (0.1, 8, 0.05)
    assert (sinkhorn["barycenter"].gamma, sinkhorn["barycenter"].count) == (0.5, 3)


def test_paper_is_the_published_etting():
    study = catalog.load("bifurcation", "paper")
    method = study.methods["sinkhorn"]
    sinkhorn = method.regularizers["sinkhorn"]
    assert (method.epochs, method.decoder.layers, method.decoder.width) == (1000, 10, 124)
    assert (sinkhorn.grid, sinkhorn.time_samples, sinkhorn.warm_up) == (11, 30, 200)


def test_an_edit_reaches_every_method_that_has_the_field():
    study = catalog.load("bifurcation", "laptop")
    flags.edit(study, "regularizers.sinkhorn.alpha", "0.3")
    flags.edit(study, "trials", "9")
    flags.edit(study, "pruning.factor", "3")
    assert study.methods["sinkhorn"].regularizers["sinkhorn"].alpha == 0.3
    assert study.methods["sinkhorn+barycenter"].regularizers["sinkhorn"].alpha == 0.3
    assert (study.trials, study.pruning.factor) == (9, 3)


def test_a_part_of_a_study_keeps_its_baseline():
    study = catalog.load("bifurcation", "laptop")
    flags.keep(study, ["sinkhorn", "linear-blend"], ["sparse"])
    assert [str(arm) for arm in study.arms()] == ["none-sparse", "sinkhorn-sparse", "linear-blend-sparse"]
    assert study.controls == []
    assert list(study.references) == ["linear-blend"]
    study.check()


@pytest.mark.parametrize(
    ("methods", "supervisions"), [(["magic"], None), ([""], None), (None, ["thick"]), (None, [""])]
)
def test_a_part_that_is_not_there_is_named(methods, supervisions):
    with pytest.raises(Mistake, match=r"choose among (none, sinkhorn|sparse, dense)"):
        flags.keep(catalog.load("bifurcation", "laptop"), methods, supervisions)


def test_what_the_user_fixes_is_no_longer_searched():
    study = catalog.load("bifurcation", "laptop")
    flags.edit(study, "regularizers.sinkhorn.grid", "11")
    study.check()
    arm = Arm("sinkhorn", "sparse")
    assert "regularizers.sinkhorn.grid" not in study.arm_space(arm)
    assert study.configured(arm, study.published_setting(arm), "confirm").regularizers["sinkhorn"].grid == 11
    flags.edit(study, "learning_rate", "0.001")
    assert study.arm_trials(Arm("none", "sparse")) == 1


def test_a_preset_outside_its_search_range_is_named():
    study = catalog.load("bifurcation", "laptop")
    study.put("regularizers.sinkhorn.alpha", 50.0)
    with pytest.raises(Mistake, match=r"regularizers\.sinkhorn\.alpha = 50.* outside its search range \[0\.003, 3\.0"):
        study.check()


@pytest.mark.parametrize(("name", "preset"), PRESETS)
def test_the_search_sees_nothing_beside_what_is_tested(name, preset):
    """Neither another time of a compared sequence that is hidden in the end, nor a compared sequence."""
    study = catalog.load(name, preset)
    for arm in study.arms():
        searched = study.configured(arm, study.published_setting(arm), "search")
        seen, compared = (_scored(c) for c in (searched, study.methods[arm.method]))
        compared -= set(study.search_sequences or [])
        timeline = study.timeline(arm.supervision, "search")
        if study.validation == "left-out":
            assert set(timeline.times) == set(study.supervisions[arm.supervision].train_times)
            assert set(timeline.roles) == {"train", "validation"}
            assert timeline.roles[0] == timeline.roles[-1] == "train"
        else:
            assert study.validation == "other-sequences"
            assert seen
            assert not seen & compared
        shown = len(study.supervisions[arm.supervision].train_times)
        assert len(timeline.train_times) <= shown, "a trial of the search costs no more than before"


def _scored(configuration) -> set[str]:
    unseen = getattr(configuration, "unseen", None)
    return {sequence.label for sequence in unseen} if unseen else set(configuration.labels())


def test_the_search_may_still_choose_between_the_tested_times():
    study = catalog.load("bifurcation", "smoke")
    arm = Arm("none", "sparse")
    assert study.configured(arm, {}, "search").labels() == ["bifurcation-00"]
    flags.edit(study, "validation", "between")
    study.check()
    assert study.configured(arm, {}, "search").labels() == ["bifurcation"]
    assert study.timeline("sparse", "search") == study.supervisions["sparse"]


@pytest.mark.parametrize(
    ("name", "validation", "words"),
    [
        ("bifurcation", "left-out", "sparse shows 2 frames, of which the search can leave out none; at least 3"),
        ("cells", "other-sequences", "study cells names no sequences for the search alone; choose left-out or between"),
        ("bifurcations", "between", "the search of study bifurcations has sequences of its own"),
    ],
)  # fmt: skip
def test_a_validation_that_a_study_cannot_have_is_refused(name, validation, words):
    study = catalog.load(name, "smoke")
    flags.edit(study, "validation", validation)
    with pytest.raises(Mistake, match=words):
        study.check()


@pytest.mark.parametrize("name", ["bifurcation", "cells", "red-blood-cells", "sliding-sand"])
@pytest.mark.parametrize("preset", ["laptop", "paper"])
def test_no_method_gets_more_full_looks_than_another(name, preset):
    """`advection` is trained for fewer epochs, and had no rung at all."""
    study = catalog.load(name, preset)
    trained = [method for method in study.methods.values() if method.epochs]
    looks = {len(study.rungs(method)) for method in trained}
    assert len(looks) == 1
    study.trials = study.pruning.least_trials
    parts = [study.rungs(method)[0] / method.epochs for method in trained]
    assert max(parts) == pytest.approx(min(parts), abs=0.02)
    study.trials -= 1
    assert [study.rungs(method) for method in trained] == [[]] * len(trained)


def test_a_trial_is_not_stopped_by_what_the_search_does_not_rank_on():
    study = catalog.load("latent-generalization", "paper")
    assert study.trials >= study.pruning.least_trials
    assert {len(study.rungs(method)) for method in study.methods.values()} == {0}


def test_pruning_within_the_warm_up_is_refused():
    study = catalog.load("bifurcation", "laptop")
    flags.edit(study, "pruning.first_epoch", "60")
    with pytest.raises(Mistake, match="within the warm-up"):
        study.check()


def test_seeds_depend_on_the_study_seed_and_do_not_change():
    study = catalog.load("bifurcation", "laptop")
    before = study.seeds("confirm")
    assert len(set(before)) == study.replicates
    assert study.seeds("confirm") == before
    flags.edit(study, "seed", "1")
    assert not set(study.seeds("confirm")) & set(before)


@pytest.mark.parametrize(
    ("distribution", "inside", "outside"),
    [
        (FloatDistribution(0.1, 1.0, log=True), 0.1, 0.09),
        (IntDistribution(2, 6), 6, 7),
        (IntDistribution(3, 11, step=2), 11, 6),
        (IntDistribution(2, 6), 2.0, 2.5),
        (FloatDistribution(0.0, 0.6, step=0.1), 0.1 + 0.2, 0.25),
        (FloatDistribution(0.0, 1.0), 1, float("nan")),
        (CategoricalDistribution([7, 9]), 9, 8),
    ],
)
def test_contains(distribution, inside, outside):
    assert contains(distribution, inside)
    assert not contains(distribution, outside)


def test_the_search_sees_only_the_sequences_it_is_given_and_the_confirmation_all():
    study = catalog.load("bifurcations", "laptop")
    for method in ("none", "linear-blend"):
        arm = Arm(method, "sparse")
        searched, confirmed = (study.configured(arm, {}, phase).sequences for phase in ("search", "confirm"))
        assert [s.label for s in searched] == study.search_sequences == ["bifurcation-00"]
        assert len(confirmed) == 9
        assert searched[0] == confirmed[0]


@pytest.mark.parametrize("preset", ["laptop", "smoke", "paper"])
def test_growth_is_searched_on_other_cells_than_it_is_tested_on(preset):
    study = catalog.load("growth", preset)
    cells = study.methods["none"].sequences
    assert study.search_sequences == [cell.label for cell in cells[: len(study.search_sequences)]]
    assert len(cells) - len(study.search_sequences) >= 2
    assert all(cell.seed < 1000 for cell in cells), "higher seeds are kept for independent tests"
    assert not study.methods["none"].shared
    shown = {name: [round(29 * time) for time in line.train_times] for name, line in study.supervisions.items()}
    expected = {"ends": [0, 29], "every-10th": [0, 10, 20, 29], "every-4th": [0, 4, 8, 12, 16, 20, 24, 28, 29]}
    assert shown == {name: expected[name] for name in shown}
    assert {len(line.times) for line in study.supervisions.values()} == {30}


def test_a_sequence_that_is_not_there_cannot_be_searched_on():
    study = catalog.load("bifurcations", "smoke")
    study.search_sequences = ["bifurcation-77"]
    with pytest.raises(ValueError, match="there is no sequence bifurcation-77"):
        study.configured(Arm("none", "sparse"), {}, "search")


def test_a_method_that_is_named_twice_runs_twice_with_other_seeds_and_is_not_searched():
    study = catalog.load("bifurcation", "smoke")
    flags.keep(study, ["none", "none", "linear-blend"], None)
    study.check()
    assert list(study.methods) == ["none", "linear-blend", "none-again"]
    assert study.methods["none-again"] == study.methods["none"]
    assert {study.arm_trials(arm) for arm in study.arms()} == {1}
    for phase in ("search", "confirm"):
        assert not set(study.seeds(phase, "none")) & set(study.seeds(phase, "none-again"))
        assert study.seeds(phase, "none") == study.seeds(phase) == catalog.load("bifurcation", "smoke").seeds(phase)


@pytest.mark.parametrize(("name", "table"), [("sea-ice", 2), ("known-motion", 3), ("sliding-sand", 4)])
def test_a_study_of_images_has_the_table_of_the_example_that_it_follows(name, table):
    """Han 2023, tables 2 to 4: N, stride, λ_AE, λ_magnitude, λ_smooth, α, γ, layers of the encoder."""
    expected = {
        2: (10, 1, 1.0, 0.01, 0.01, 1e-4, 0.8, 7),
        3: (8, 10, 1.0, 0.001, 0.06, 1e-4, 0.9, 6),
        4: (10, 10, 1.0, 0.01, 0.01, 1e-4, 0.8, 6),
    }[table]
    method = catalog.load(name, "paper").methods["latent-advection"]
    found = (
        *(method.evolution_steps, method.stride, method.autoencoder_weight, method.magnitude_weight),
        *(method.smoothness_weight, method.learning_rate, method.decay, len(method.networks.encoder)),
    )
    assert found == expected
    assert method.patch == min(256, min(method.size) // 16 * 16)


def test_a_run_that_names_no_methods_has_the_usual_ones_and_all_names_every_one():
    def methods(named):
        return list(plan(Options(study="bifurcation", preset="laptop", methods=named)).study.methods)

    usual, every = methods(None), methods("all")
    assert set(usual) < set(every)
    assert "none" in usual
    assert "advection" not in usual
    assert methods("advection") == ["none", "advection"], "those that are not usual can be named"


def test_a_primary_comparison_names_what_the_study_has_and_goes_with_what_is_left_out():
    study = catalog.load("bifurcation", "smoke")
    flags.keep(study, ["sinkhorn", "anchored"], ["sparse"])
    assert [(pair.method, pair.baseline) for pair in study.primary] == [("sinkhorn", "none")]
    study = catalog.load("bifurcation", "smoke")
    flags.keep(study, None, ["dense"])
    assert study.primary == [], "all are about two frames"
    study.primary = [Comparison(method="sinkhron", baseline="none", supervision="dense")]
    with pytest.raises(Mistake, match=r"names 'sinkhron', which study bifurcation does not have; .*sinkhorn"):
        study.check()


def test_of_an_interpolant_to_which_nothing_is_added_only_the_interpolant_is_searched():
    study = catalog.load("bifurcation", "laptop")
    bare, added = Arm("anchored", "sparse"), Arm("anchored+sinkhorn", "sparse")
    assert list(study.arm_space(bare)) == ["anchor"]
    assert study.arm_trials(bare) == len(study.space["anchor"].choices)
    assert {"anchor", "learning_rate", "regularizers.sinkhorn.alpha"} <= set(study.arm_space(added))


def test_what_no_primary_comparison_looks_at_has_fewer_replicates():
    study = catalog.load("bifurcation", "laptop")
    few, many = study.fewer_replicates, study.replicates
    assert few < many
    assert [study.confirmed_replicates(Arm("none", "sparse"), best) for best in (True, False)] == [many, few]
    assert [study.confirmed_replicates(Arm("none", "dense"), best) for best in (True, False)] == [few, few]
    study.replicates = few - 1
    assert study.confirmed_replicates(Arm("none", "dense"), True) == few - 1
    study.fewer_replicates = None
    assert study.confirmed_replicates(Arm("none", "dense"), False) == study.replicates
