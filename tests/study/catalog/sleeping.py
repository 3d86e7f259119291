"""Does sleeping deeper help? A study of `tests.study.sleeping`, for what happens around the training."""

from __future__ import annotations

from optuna.distributions import FloatDistribution, IntDistribution

from study.design.study import Metric, Objective, Pruning, Study
from tests.study.sleeping import Fault, Sleeping
from trainables.shapes.timeline import Timeline


def study() -> Study:
    """Two methods, of which `none` has its best depth from the beginning: one training confirms both settings."""
    return Study(
        name="sleeping",
        question="Does sleeping deeper help?",
        replication_unit="nights",
        methods={
            "none": Sleeping(),
            "pillow": Sleeping(offset=-0.2, best_depth=0.1),
        },
        validation="between",
        baseline="none",
        supervisions={"sparse": Timeline.shown({0, 8}, 8), "dense": Timeline.shown({0, 4, 8}, 8)},
        space={"depth": FloatDistribution(0.05, 1.0, log=True), "pillows": IntDistribution(1, 4)},
        metrics=[Metric(name="tiredness", label="Tiredness"), Metric(name="calm", label="Calm", better="higher")],
        objective=Objective(metric="tiredness"),
        trials=3,
        replicates=3,
        pruning=Pruning(first_epoch=2, factor=2, least_trials=1),
    )


def whole(study: Study) -> None:
    """As it is."""


def short(study: Study) -> None:
    """One supervision."""
    study.supervisions = {"sparse": study.supervisions["sparse"]}


def faults(study: Study) -> None:
    """A method for every way to fail."""
    short(study)
    study.trials, study.replicates = 2, 2
    kinds: list[Fault] = ["exception", "memory", "gpu memory", "divergence", "killed", "killed once"]
    for number, fault in enumerate(kinds):
        study.methods[fault.replace(" ", "-")] = Sleeping(offset=0.1 * (number + 2), fault=fault)
    study.methods["sometimes"] = Sleeping(depth=1.0, fault="exception", fault_depth=1.0)


def baseline_fails(study: Study) -> None:
    short(study)
    study.methods["none"].fault = "exception"  # type: ignore[attr-defined]


def all_fail(study: Study) -> None:
    short(study)
    for method in study.methods.values():
        method.fault = "exception"  # type: ignore[attr-defined]


def many(study: Study) -> None:
    """As many trials as asked for, in two arms, of 32 rows with six metrics in the search."""
    study.supervisions = {"sparse": Timeline.shown({0, 60}, 60)}
    study.metrics += [Metric(name=f"metric{i}", label=f"Metric {i}") for i in range(4)]
    study.put("extra_metrics", 4)
    study.put("epochs", 4)


PRESETS = {
    "laptop": whole,
    "short": short,
    "faults": faults,
    "baseline-fails": baseline_fails,
    "all-fail": all_fail,
    "many": many,
}
