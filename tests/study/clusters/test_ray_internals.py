"""What is used of Ray beside its public doors is there, and does what it is used for."""

import os
import subprocess
import sys

import pytest
import yaml

from study.clusters import ray_internals


def test_with_clusters_off_a_loopback_address_stays_and_the_switch_is_put_back(monkeypatch):
    from ray._private import ray_constants
    from ray._private.services import resolve_ip_for_localhost

    name = ray_constants.ENABLE_RAY_CLUSTERS_ENV_VAR
    for value in ("1", None):
        monkeypatch.delenv(name, raising=False) if value is None else monkeypatch.setenv(name, value)
        before = ray_constants.ENABLE_RAY_CLUSTER
        with ray_internals.clusters_off():
            assert os.environ[name] == "0", "for the processes that Ray starts"
            assert resolve_ip_for_localhost("127.0.0.1") == "127.0.0.1"
        assert (os.environ.get(name), ray_constants.ENABLE_RAY_CLUSTER) == (value, before)


def test_the_processes_of_a_ray_that_have_ended_are_told_by_their_kind(monkeypatch):
    from ray._private import ray_constants, worker
    from ray._private.node import Node

    monkeypatch.setattr(worker, "_global_node", None)
    assert ray_internals.ended_processes() == set()
    node = object.__new__(Node)  # the reading of its own list, without a Ray
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()

    class Info:
        def __init__(self, process):
            self.process = process

    node.all_processes = {
        ray_constants.PROCESS_TYPE_RAYLET: [Info(gone)],
        ray_constants.PROCESS_TYPE_GCS_SERVER: [Info(sleeper)],
    }
    monkeypatch.setattr(worker, "_global_node", node)
    try:
        assert ray_internals.ended_processes() == {"raylet"}
    finally:
        node.all_processes = {}
        sleeper.kill()
        sleeper.wait()


def test_nothing_of_what_a_trial_was_asked_is_left_with_tune():
    from ray.tune.experiment import Trial

    asked = "what it was asked" * 9
    trial = Trial("a trainable", stub=True, config={"request": asked}, evaluated_params={"request": asked})
    assert vars(trial)[ray_internals.UNRESOLVED] == {"request": asked}
    ray_internals.forget_configuration(trial)
    assert asked not in str(vars(trial))


def test_a_cluster_is_asked_by_what_ray_has():
    from ray._raylet import InnerGcsClient  # where GcsClient finds its methods

    assert callable(InnerGcsClient.get_all_node_info)


@pytest.mark.slow
def test_a_cluster_that_does_not_answer_is_told_by_ray_itself():
    """After 40 s, most of which Ray does not let anybody shorten."""
    command = [sys.executable, "-c", ray_internals.ASK_CLUSTER, "127.0.0.1:1"]
    asked = subprocess.run(command, capture_output=True, text=True)
    assert asked.returncode != 0
    assert "ray.exceptions.RpcError" in asked.stderr, "and not that a name is not there"


def test_ray_says_what_it_refuses():
    with open("cluster.yaml") as file:
        cluster = yaml.safe_load(file)
    assert ray_internals.refusal(cluster) is None
    before = dict(cluster)
    assert "'many' is not of type 'integer'" in str(ray_internals.refusal(cluster | {"max_workers": "many"}))
    assert cluster == before
