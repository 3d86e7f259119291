"""Ray on this machine, or the cluster that is joined: what it is, what it carries, and which folders it sees."""

from __future__ import annotations

import contextlib
import gc
import logging
import math
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from study.clusters import ray_internals
from study.design.study import Resources
from study.errors import Interrupted, Mistake, first_line
from study.running.environment import grows_to
from study.running.own_ray import alone

# Seconds in which a cluster must answer.
_PATIENCE = 6


@contextlib.contextmanager
def cluster(address: str | None, scratch: Path, cpus: int | None) -> Iterator[None]:
    """Ray on this machine, or the running cluster at `address`; Mistake if that cannot be reached.

    On this machine: with `cpus` processors, no dashboard, sockets and logs under `scratch`, loopback only.
    """
    own = contextlib.ExitStack()
    logging.getLogger("ray").setLevel(logging.ERROR)
    quiet: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False, "configure_logging": False}
    try:
        if address in (None, "local"):
            own.enter_context(alone())
            scratch.mkdir(parents=True, exist_ok=True)
            ray.init(
                address="local",
                num_cpus=cpus,
                include_dashboard=False,
                object_store_memory=150 * 2**20,
                _temp_dir=str(scratch),
                **quiet,
            )
        else:
            _check_cluster(str(address))
            ray.init(address=address, **quiet)
    except (ConnectionError, ValueError, RuntimeError) as error:
        own.close()
        where = f"at --address {address}" if address else "on this machine"
        raise Mistake(
            f"Ray cannot be used {where}: {first_line(error)}; check that it runs and its version is ours"
        ) from None
    except SystemExit:  # Ray's own answer to a termination, until ours is set again
        own.close()
        raise Interrupted(128 + signal.SIGTERM, "terminated while Ray started") from None
    logging.getLogger("ray").setLevel(logging.ERROR)
    logging.getLogger("ray.tune").setLevel(logging.CRITICAL)  # what failed is in the tables, with its reason
    try:
        yield
    finally:
        # Tune leaves handles of its actors in cycles; one that is freed after Ray is gone, in whatever thread the
        # collector runs then, ends the process (seen once, between the confirmation and the report).
        gc.collect()
        ray.shutdown()
        own.close()


def nodes() -> int:
    """How many nodes of the cluster are alive."""
    return sum(bool(node["Alive"]) for node in ray.nodes())


def gpus() -> float:
    """How many GPUs the cluster has, or may grow to."""
    return max(ray.cluster_resources().get("GPU", 0), grows_to().get("GPU", 0))


def _check_cluster(address: str) -> None:
    """Mistake unless a Ray cluster answers at host:port; asked in a process of its own, since Ray waits for minutes."""
    if address == "auto":
        return
    try:
        asked = subprocess.run(
            [sys.executable, "-c", ray_internals.ASK_CLUSTER, address], capture_output=True, timeout=_PATIENCE
        )
        answered = asked.returncode == 0
    except subprocess.TimeoutExpired:
        answered = False
    if not answered:
        raise Mistake(
            f"--address {address}: what listens there does not answer as a Ray {ray.__version__} cluster; give the "
            "address that `ray start` printed (port 6379, not the dashboard's), and its token"
        )


def seen_by_all_nodes(folder: str) -> bool:
    """Whether a local path is one and the same folder on every node: a file made here must be visible there.

    The folder is made; what was made is removed if it is not.
    """
    missing = [parent for parent in [Path(folder), *Path(folder).parents] if not parent.exists()]
    os.makedirs(folder, exist_ok=True)
    exists = ray.remote(num_cpus=0)(os.path.exists)
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".seen-") as marker:
        alive = [node["NodeID"] for node in ray.nodes() if node["Alive"]]
        here = [NodeAffinitySchedulingStrategy(node_id=node, soft=False) for node in alive]
        seen = all(ray.get([exists.options(scheduling_strategy=node).remote(marker.name) for node in here]))
    with contextlib.suppress(OSError):  # not empty: another process uses it by now
        for parent in missing if not seen else []:
            parent.rmdir()
    return seen


def trials_at_once(resources: Resources) -> tuple[int, dict[str, float]]:
    """How many trials the cluster carries at its largest, and what one takes: a GPU share only where there are GPUs.

    A cluster that grows on demand must be asked for all it may become: more than it carries now waits for new nodes.
    """
    available = ray.cluster_resources()
    for name, most in grows_to().items():
        available[name] = max(available.get(name, 0), most)
    wanted: dict[str, float] = {"cpu": resources.cpus}
    by_cpu = math.floor(available.get("CPU", 1) / resources.cpus)
    if resources.gpus and available.get("GPU", 0):
        wanted["gpu"] = resources.gpus
        return max(1, min(by_cpu, math.floor(available["GPU"] / resources.gpus))), wanted
    return max(1, by_cpu), wanted
