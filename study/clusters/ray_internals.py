"""What this room uses of Ray beside its public doors, all in one place: each has a contract test, which a Ray that has
changed it does not pass.

Nothing of Ray is imported before it is used: options are checked without it.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

ASK_CLUSTER = (
    "import sys; from ray._raylet import GcsClient; GcsClient(address=sys.argv[1]).get_all_node_info(timeout=3)"
)
"""A program that ends with status 0 if a Ray cluster answers at its argument, host:port. `ray.init` waits for minutes,
and `ray status` does not say which it is."""


@contextmanager
def clusters_off() -> Iterator[None]:
    """A Ray started inside binds 127.0.0.1, and not the address at which others could reach this machine.

    Ray replaces a loopback address by a reachable one, unless clusters are off: the switch it has for laptops.
    """
    from ray._private import ray_constants

    name = ray_constants.ENABLE_RAY_CLUSTERS_ENV_VAR
    before = os.environ.get(name), ray_constants.ENABLE_RAY_CLUSTER
    os.environ[name] = "0"
    ray_constants.ENABLE_RAY_CLUSTER = False
    try:
        yield
    finally:
        ray_constants.ENABLE_RAY_CLUSTER = before[1]
        if before[0] is None:
            del os.environ[name]
        else:
            os.environ[name] = before[0]


def ended_processes() -> set[str]:
    """Kinds of the processes of the Ray that was started here which have ended unasked, `raylet` for one; none where no
    Ray was started here."""
    from ray._private import worker

    node = worker._global_node
    return set() if node is None else {str(kind) for kind, _ in node.dead_processes()}


def kill_processes() -> None:
    """End what the Ray that was started here consists of, without asking it."""
    from ray._private import worker

    if worker._global_node is not None:
        worker._global_node.kill_all_processes(check_alive=False)


def forget_configuration(trial: Any) -> None:
    """Drop all that Tune keeps of what a trial that has ended was asked to do."""
    trial.config, trial.evaluated_params = {}, {}
    setattr(trial, UNRESOLVED, {})


UNRESOLVED = "_Trial__unresolved_config"
"""The attribute of Tune's trials that holds their configuration a second time."""


def refusal(cluster: Mapping[str, Any]) -> str | None:
    """Why `ray up` refuses the content of a cluster file; None if it does not."""
    from ray.autoscaler._private.cli_logger import cli_logger
    from ray.autoscaler._private.util import prepare_config, validate_config

    logging.getLogger("ray").setLevel(logging.ERROR)
    cli_logger.configure(log_style="record", verbosity=0)
    try:
        validate_config(prepare_config(deepcopy(dict(cluster))))
    except Exception as error:  # its kinds are many: JSON schema, ValueError, AssertionError, click's
        return str(getattr(error, "message", None) or str(error).strip() or type(error).__name__)
    return None
