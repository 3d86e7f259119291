"""What a study will take, before it is run: processor or GPU hours, disk and, at a cluster file's prices, money.

Hours are the operations of the trainings (`TrainableConfiguration.operations`) over a speed. The speed is that of the
study's newest finished run under the output, where there is one: it then holds all that the operations leave out. Else
it is what a server's core has done (50 to 250 Gflop/s over the trials of four `laptop` runs), and for a GPU an
assumption.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from study.design.arm import Arm
from study.design.study import Phase, Study
from study.errors import Mistake
from study.exit_status import warnings_as_notes

CORE, GPU = 130e9, 1e12
"""Operations of a trial in a second: on a core, measured; on a GPU, assumed: a thirtieth of what an A10G could do."""
_MESHES, _REST = 0.6e6, 10e6
"""Bytes: the surfaces of an arm; figures, tables and the report."""


@dataclass(frozen=True)
class Estimate:
    """What a study takes."""

    search_trials: int
    confirmations: int
    core_hours: float
    """On processors alone."""
    gpu_hours: float
    """On GPUs; 0 where trials want none."""
    cores_beside_a_gpu: float
    speed: str
    """Where the hours come from, in words."""
    bytes: float
    """Of the run folder, and of what MLflow keeps of it."""


def operations(study: Study) -> float:
    """Floating-point operations of all trainings of a study."""
    return sum(_search(study, arm) + _finals(study, arm) + _confirmation(study, arm) for arm in study.arms())


def of_trial(study: Study, arm: Arm, phase: Phase) -> float:
    """Floating-point operations of one trial of an arm; what is not training counts as a second of them a replicate."""
    configuration, replicates = study.configured(arm, {}, phase), len(study.seeds(phase))
    return replicates * (configuration.operations(_shown(study, arm, phase)) + CORE)


def estimate(study: Study, output: str) -> Estimate:
    """What `study` takes, judged by its newest finished run under `output` if there is one."""
    arms, work, resources = study.arms(), operations(study), study.resources
    core, core_said = _earlier(study.name, output, False) or (CORE, "a server's core, 0.13 Tflop/s")
    gpu, gpu_said = _earlier(study.name, output, True) or (GPU, "1 Tflop/s a trial, assumed and not measured")
    confirmations = {arm: _settings(study, arm) for arm in arms}
    models = sum(
        times * study.methods[arm.method].stored_bytes(_shown(study, arm), study.replicates)
        for arm, times in confirmations.items()
    )
    return Estimate(
        search_trials=sum(study.arm_trials(arm) for arm in arms),
        confirmations=sum(confirmations.values()),
        core_hours=work / core / 3600,
        gpu_hours=work / gpu / 3600 * resources.gpus,
        cores_beside_a_gpu=resources.cpus / resources.gpus if resources.gpus else 0,
        speed=core_said + (f"; GPU: {gpu_said}" if resources.gpus else ""),
        bytes=2 * (models + _MESHES * len(arms) + _REST),
    )


def sentences(found: Estimate) -> Iterator[str]:
    """An estimate, as it is printed."""
    gpu = f", or {_short(found.gpu_hours)} GPU-hours" if found.gpu_hours else ""
    yield f"about {_short(found.core_hours)} core-hours{gpu} ({found.speed})"
    yield f"about {_short(found.bytes / 1e6)} MB of disk for results and MLflow"


def costs(found: Estimate, file: str) -> Iterator[str]:
    """What nodes of a cluster file cost, by the prices that the user has filled in; raises Mistake."""
    from study.clusters.checks import read

    cluster = read(file, "--prices")
    types: dict[str, Any] = cluster.get("available_node_types") or {}
    metadata = cluster.get("metadata")
    prices = metadata.get("price_per_hour") if isinstance(metadata, dict) else None
    if not types or not isinstance(prices, dict):
        raise Mistake(
            f"--prices {file}: it has no node types with a metadata.price_per_hour; name a file like cluster.yaml"
        )
    most, head = int(cluster.get("max_workers", 0)) or 1, cluster.get("head_node_type")
    longest = 0.0
    for name in sorted(types, key=lambda name: name == head):  # the head last: it runs as long as the workers
        node, price = types[name], prices.get(name)
        if price is not None and not (isinstance(price, int | float) and price >= 0):
            raise Mistake(f"--prices {file}: metadata.price_per_hour.{name} is {price!r}; write a number, or nothing")
        hours = _node_hours(found, node.get("resources") or {}) if name != head else longest
        longest = max(longest, hours / most)
        instance = (node.get("node_config") or {}).get("InstanceType", name)
        cost = f"fill in metadata.price_per_hour.{name} in {file}" if price is None else f"{_short(hours * price)}"
        place, at = "plus" if name == head else "all on", "____" if price is None else price
        yield f"  {place} {name} ({instance}): {_short(hours)} node-hours × {at} = {cost}"


def _node_hours(found: Estimate, resources: dict[str, float]) -> float:
    cpus = resources.get("CPU") or 1
    if found.gpu_hours and resources.get("GPU"):
        return max(found.gpu_hours / resources["GPU"], found.gpu_hours * found.cores_beside_a_gpu / cpus)
    return found.core_hours / cpus


def _search(study: Study, arm: Arm) -> float:
    configuration = study.configured(arm, {}, "search")
    whole = configuration.operations(_shown(study, arm, "search")) * study.search_replicates
    return whole * study.arm_trials(arm) * _share(study, configuration.epochs, study.rungs(configuration))


def _finals(study: Study, arm: Arm) -> float:
    whole = study.configured(arm, {}, "final").operations(_shown(study, arm, "final"))
    return whole * study.finalists_of(arm) * study.finalist_replicates


def _share(study: Study, epochs: int, rungs: list[int]) -> float:
    """How much of its epochs a trial trains on average, where each rung lets one in `factor` pass."""
    ends, done, left = [*rungs, epochs], 0.0, 1.0
    for begin, end in zip([0, *rungs], ends, strict=True):
        done, left = done + left * (end - begin), left / study.pruning.factor
    return done / epochs if epochs else 1.0


def _confirmation(study: Study, arm: Arm) -> float:
    replicates = sum(study.confirmed_replicates(arm, best) for best in (True, False)[: _settings(study, arm)])
    return replicates * study.methods[arm.method].operations(_shown(study, arm))


def _settings(study: Study, arm: Arm) -> int:
    """Confirmed ones, at most: the best and the published one, which is the first that is tried."""
    return min(2, study.arm_trials(arm))


def _shown(study: Study, arm: Arm, phase: Phase = "confirm") -> int:
    return len(study.timeline(arm.supervision, phase).train_times)


def _earlier(study: str, output: str, on_gpu: bool) -> tuple[float, str] | None:
    """Operations in a second (of a core, or of a trial on a GPU) of the study's newest finished run, and its name."""
    from analysis.tables.load import runs

    with warnings_as_notes():
        known = runs(output)
    for run in reversed(known):
        planned, gpus = run.record.get("operations"), run.record.get("gpus")
        if run.study == study and run.finished and planned and bool(gpus) == on_gpu:
            try:
                cores = 1 if on_gpu else run.record["configuration"]["resources"]["cpus"]
                return planned / (cores * float(run.trials["seconds"].sum())), f"as fast as run {run.name}"
            except (OSError, ValueError, KeyError, TypeError, ZeroDivisionError):  # a damaged run tells nothing
                continue
    return None


def _short(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.2g}"
