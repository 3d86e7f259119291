"""Whether the fields of a study, each of them valid, fit together; what does not is one sentence."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from study.design.arm import Arm
from study.design.ranges import contains, describe
from study.errors import Mistake
from trainables.configuration import suggestion
from trainables.metrics.scoring import Scored

if TYPE_CHECKING:
    from study.design.study import Phase, Study

FEWEST_SHOWN = 3
"""Frames of which one can be left out."""


def check(study: Study) -> None:
    """Raise Mistake where fields that are each valid do not fit together."""
    _check_validation(study)
    _check_primary(study)
    if study.constraints.shown is not None and study.subject is not None:
        raise Mistake(f"constraints.shown: study {study.name} has no time axis, and shows no frames; leave it out")
    _check_dimension(study)
    for name, method in study.methods.items():
        _check_sequences(study, name, method.labels())
        _check_replicates(study, name)
        if fault := method.unfit():
            raise Mistake(f"method {name}: {fault}")
        _check_truths(study, name)
    for arm in study.arms():
        setting = study.published_setting(arm)
        for path, distribution in study.arm_space(arm).items():
            if not contains(distribution, setting[path]):
                raise Mistake(
                    f"{path} = {setting[path]} of method {arm.method} lies outside its search range "
                    f"{describe(distribution)}: choose a value inside it"
                )
        configuration = study.methods[arm.method]
        if configuration.epochs and configuration.warm_up_epochs() >= configuration.epochs:
            raise Mistake(
                f"epochs = {configuration.epochs} of method {arm.method} end before its regularizers begin, "
                f"at epoch {configuration.warm_up_epochs()}: raise epochs or lower warm_up"
            )
        if configuration.epochs and configuration.warm_up_epochs() >= study.pruning.first_epoch:
            raise Mistake(
                f"pruning.first_epoch = {study.pruning.first_epoch} lies within the warm-up of method {arm.method}, "
                f"{configuration.warm_up_epochs()} epochs: raise it"
            )


def _check_dimension(study: Study) -> None:
    """That all shapes are in the plane, or in space."""
    of_methods = {name: m.dimension for name, m in study.methods.items() if isinstance(m, Scored)}
    apart = [*(study.search_on or []), *(study.final_on or [])]
    found = of_methods | {f"the search ({s.label})": s.dimension for s in apart}
    if len(set(found.values())) > 1:
        first, *others = found
        other = next(name for name in others if found[name] != found[first])
        raise Mistake(
            f"study {study.name}: the shapes of {first} have dimension {found[first]}, those of {other} "
            f"{found[other]}; give all of them one"
        )


def _check_primary(study: Study) -> None:
    for pair in study.primary:
        named: dict[str, Iterable[str]] = dict.fromkeys((pair.method, pair.baseline), study.methods)
        named[pair.supervision] = study.supervisions
        for name, known in named.items():
            if name not in known:
                raise Mistake(
                    f"the primary comparison of {pair.method} with {pair.baseline} ({pair.supervision}) names "
                    f"{name!r}, which study {study.name} does not have; {suggestion(name, known)}"
                )


def _check_validation(study: Study) -> None:
    apart = study.search_on is not None or study.search_sequences is not None
    if study.validation == "other-sequences" and not apart:
        raise Mistake(
            f"validation = other-sequences: study {study.name} names no sequences for the search alone; choose "
            "left-out or between"
        )
    if study.validation != "other-sequences" and study.search_sequences is not None:
        raise Mistake(
            f"validation = {study.validation}: the search of study {study.name} has sequences of its own, which no "
            "comparison sees; leave it at other-sequences"
        )
    for name, timeline in study.supervisions.items() if study.validation == "left-out" else ():
        if (shown := len(timeline.train_times)) < FEWEST_SHOWN:
            others = "; or with --set validation=other-sequences" if apart else ""
            raise Mistake(
                f"validation = left-out: supervision {name} shows {shown} frames, of which the search can leave "
                f"out none; at least {FEWEST_SHOWN} must be shown: take longer recordings, leave {name} out with "
                f"--supervisions, or choose on hidden frames beside the tested ones with --set validation=between"
                f"{others}"
            )


def _check_replicates(study: Study, method: str) -> None:
    fields: list[tuple[Phase, str]] = [
        ("search", "search_replicates"),
        ("confirm", "replicates"),
        ("confirm", "fewer_replicates"),
    ]
    if study.finalists > 1:
        fields.append(("final", "finalist_replicates"))
    for phase, field in fields:
        count = getattr(study, field) or 0
        folds = study.configured(Arm(method, ""), {}, phase).folds()
        if count % folds:
            raise Mistake(
                f"{field} = {count} of method {method}: a replicate holds out one of {folds} folds, so that some "
                f"would be held out more often than others; choose a multiple of {folds}"
            )


def _check_truths(study: Study, method: str) -> None:
    """That whatever a method's trials are scored against is there, in both phases."""
    for supervision in study.supervisions:
        for phase in ("confirm", "search"):
            configuration = study.configured(Arm(method, supervision), {}, phase)
            if fault := configuration.unscorable(study.timeline(supervision, phase)):
                raise Mistake(f"method {method}: {fault}")


def _check_sequences(study: Study, method: str, labels: list[str]) -> None:
    twice = sorted({label for label in labels if labels.count(label) > 1})
    if twice:
        raise Mistake(
            f"sequences of method {method}: {twice[0]!r} is there twice, so that their rows could not be told "
            "apart; leave one out, or give members of a family numbers of their own"
        )
    missing = sorted(set(study.search_sequences or []) - set(labels))
    if missing:
        raise Mistake(
            f"sequences of method {method}: the search is to see {missing[0]!r}, which is not among "
            f"{', '.join(labels)}; keep it in"
        )
