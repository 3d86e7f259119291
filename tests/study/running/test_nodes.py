"""A cluster that loses nodes: a trial goes on elsewhere from its checkpoint, as often as it must."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import ray
from ray.cluster_utils import Cluster
from ray.exceptions import ActorDiedError, ActorUnavailableError, RayActorError, RayTaskError

from study.running.lost_workers import NODES_IN_A_ROW, RETRIES, Loss, Losses
from tests.study.sleeping_runs import PATIENCE, ROOT, finish, start, tables, trace, until, with_database


@pytest.fixture
def cluster(tmp_path, monkeypatch) -> Iterator[Cluster]:
    """A head without processors for trials; nodes are added by the test."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("SLEEPING_TRACE", str(tmp_path / "trace"))
    found = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    yield found
    found.shutdown()


def wait_for_epoch(process: subprocess.Popen[str], folder: Path, node: Any, epoch: int) -> None:
    """Until a search trial on `node` has trained that epoch."""

    def reached() -> bool:
        return any(line["node"] == node.node_id and line["epoch"] >= epoch for line in trace(folder))

    until(process, reached)


SIZE = ["--preset", "short", "--trials", "1", "--replicates", "1", "--set", "epochs=12"]


@pytest.mark.parametrize("announced", [1, pytest.param(RETRIES + 1, marks=pytest.mark.slow)])
def test_a_trial_goes_on_from_its_checkpoint_however_often_its_node_goes_away(
    announced, cluster, tmp_path, monkeypatch
):
    """More often than a trial is retried; the last node is killed outright, so that it cannot say that it goes."""
    held = [*announced * [5], 9]
    monkeypatch.setenv("SLEEPING_HOLDS", " ".join(map(str, held)))
    node = cluster.add_node(num_cpus=1)
    process = start(with_database(tmp_path), *SIZE, "--address", cluster.address)
    lost = []
    for epoch in held:
        wait_for_epoch(process, tmp_path, node, epoch)
        lost.append(node.node_id)
        cluster.remove_node(node, allow_graceful=len(lost) < len(held))
        node = cluster.add_node(num_cpus=1)
    _, err = finish(process)
    assert "Traceback" not in err
    assert set(tables(tmp_path)["trials"].state) == {"complete"}
    first = [line for line in trace(tmp_path) if line["seed"] == trace(tmp_path)[0]["seed"] and line["offset"] == 0]
    begun = {node: next(line["epoch"] for line in first if line["node"] == node) for node in lost}
    after = [line["epoch"] for line in first if line["node"] not in lost]
    # Checkpoints are written after epochs 2, 4 and 8.
    assert [*begun.values(), after[0]] == [1, *announced * [5], 9]
    assert after == [9, 10, 11, 12]


PROCESS = "The actor is dead because its worker process has died. Worker exit detail: End of file."
NODE = "The actor died because its node has died. Node Id: 5"


def died(sentence: str) -> ActorDiedError:
    error = ActorDiedError()
    error.error_msg += f"\n\tpid: 7\n{sentence}"
    return error


def test_what_ray_raises_tells_processes_nodes_and_disks_apart():
    assert Loss.of(died(f"{PROCESS} Some common causes include: (1) many"), "") == Loss(PROCESS)
    assert Loss.of(died(f"{NODE}\n\tthe actor's node was terminated"), "") == Loss(NODE, of_node=True)
    assert Loss.of(ActorUnavailableError("Socket closed", None), "").of_node
    assert Loss.of(RayActorError(error_msg="drained", preempted=True), "").of_node
    full = RayTaskError("step", "Traceback\nOSError: No space left on device", OSError(28, "No space left on device"))
    assert Loss.of(full, "").of_disk
    assert "No space left" in Loss.of(full, "").reason
    assert Loss.of(None, "what was kept\nof it") == Loss("of it")


@pytest.mark.parametrize("of_node", [False, True])
def test_losses_are_counted_for_each_trial_and_those_of_nodes_apart(of_node):
    job, other = SimpleNamespace(trial="a"), SimpleNamespace(trial="b")
    process, node = Loss("a process"), Loss("a node", of_node=True)
    loss, most, another = (node, NODES_IN_A_ROW, process) if of_node else (process, RETRIES, node)
    losses = Losses()
    assert [losses.again(job, loss) for _ in range(most + 1)] == [True] * most + [False]
    assert losses.sentence(job, loss).startswith(f"the worker was lost {most + 1} times")
    assert losses.again(job, another)
    assert losses.again(other, loss)


def test_progress_between_losses_of_nodes_clears_the_trial_of_suspicion():
    job, losses, node, process = SimpleNamespace(trial="a"), Losses(), Loss("", of_node=True), Loss("")
    for epoch in range(1, 4):
        losses.progress(job, epoch)
        assert all(losses.again(job, node) for _ in range(NODES_IN_A_ROW))
        losses.progress(job, epoch)  # the checkpoint's own result, reported again
        assert not losses.again(job, node)
    assert [losses.again(job, process) for _ in range(RETRIES + 1)] == [True] * RETRIES + [False]


@pytest.fixture
def node_with_a_disk_of_its_own(cluster, tmp_path) -> Iterator[str]:
    """The folder that a second node sees otherwise than this one: there, a mount that only its processes have."""
    own = ["unshare", "--mount", "--map-root-user", "sh", "-c"]
    if shutil.which("unshare") is None or subprocess.run([*own, "true"], capture_output=True).returncode:
        pytest.skip("this system gives users no mounts of their own")
    output = tmp_path / "results"
    output.mkdir()
    joining = f"start --address={cluster.address} --num-cpus=1 --block"
    script = f"mount -t tmpfs none {output} && exec {sys.executable} -m ray.scripts.scripts {joining}"
    node = subprocess.Popen([*own, script], start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    yield str(output)
    os.killpg(node.pid, signal.SIGTERM)
    node.communicate(timeout=120)


def test_an_output_that_not_all_nodes_share_is_refused_at_the_start(cluster, node_with_a_disk_of_its_own, tmp_path):
    output = node_with_a_disk_of_its_own
    cluster.connect(namespace="looking")
    deadline = time.monotonic() + PATIENCE
    while sum(node["Alive"] for node in ray.nodes()) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    ray.shutdown()
    _, err = finish(start(tmp_path, "--address", cluster.address, "--output", output), 2)
    assert err.splitlines() == [
        f"error: --output {output} is not the same folder on all 2 nodes of the cluster: name a shared folder or an "
        "object store"
    ]
    assert not list((tmp_path / "results").iterdir())
    assert not (tmp_path / "mlflow.db").exists()


def test_an_output_on_the_head_alone_is_refused_where_nodes_will_join(tmp_path):
    _, err = finish(start(tmp_path, *SIZE, STUDY_GROWS_TO="CPU=16,GPU=4"), 2)
    (line,) = err.splitlines()
    assert line.startswith("error: --output results is on this node, and others will join it ($STUDY_GROWS_TO)")
    assert not (tmp_path / "results").exists()
