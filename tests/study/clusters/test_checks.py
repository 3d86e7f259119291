"""A cluster file that would not work, or not safely, is refused with a sentence; the ones that we have pass."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from study.clusters import checks, ray_internals, rendering
from study.storage import written_files

PROJECT = Path(__file__).parents[3]


@pytest.fixture
def aws() -> dict[str, Any]:
    return dict(written_files.values(str(PROJECT / "cluster.yaml"), "it"))


@pytest.fixture
def local() -> dict[str, Any]:
    options = {"user": "me", "key": "~/.ssh/lab", "name": "lab", "port": 6379, "ray_arguments": "", "file": "lab.yaml"}
    return yaml.safe_load(
        rendering.on_premises("10.0.0.1,10.0.0.2,10.0.0.3", python="/opt/studies/bin/python", **options)
    )


def test_ours_pass(aws, local):
    assert checks.problems(aws) == []
    assert checks.problems(local) == []


def starts(cluster: dict[str, Any], kind: str, change: Callable[[str], str]) -> None:
    cluster[f"{kind}_start_ray_commands"] = [change(command) for command in cluster[f"{kind}_start_ray_commands"]]


def instance(name: str, type_: str) -> Callable[[dict[str, Any]], None]:
    return lambda c: c["available_node_types"][name]["node_config"].update(InstanceType=type_)


WRONG_ON_AWS: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "an unknown key": (lambda c: c.update(wrokers=1), "wrokers"),
    "top-level min_workers": (lambda c: c.update(min_workers=2), "it belongs into a node type"),
    "a misspelt family": (instance("gpu-spot", "g5x.large"), "g5x.large is no instance type"),
    "a misspelt size": (instance("head", "m7i.xxlarge"), "m7i.xxlarge is no instance type"),
    "a worker without a GPU": (instance("gpu-spot", "m7i.xlarge"), "do not agree"),
    "no token on the workers": (
        lambda c: starts(c, "worker", lambda s: s.replace("RAY_AUTH_MODE=token ", "")),
        "worker_start_ray_commands: `ray start` needs RAY_AUTH_MODE=token",
    ),
    "no token on the head": (
        lambda c: starts(c, "head", lambda s: s.replace("RAY_AUTH_TOKEN_PATH", "OTHER")),
        "head_start_ray_commands: `ray start` needs",
    ),
    "Ray's own start commands": (lambda c: c.pop("worker_start_ray_commands"), "no `ray start`"),
    "a token that stays on the head": (
        lambda c: starts(c, "head", lambda s: s.replace("/home/ray/project/.cluster", "/home/ray/.ray")),
        "does not reach the workers",
    ),
    "a token in the file": (lambda c: c["setup_commands"].append("export RAY_AUTH_TOKEN=abc"), "holds a token"),
    "an image without version": (lambda c: c["docker"].update(worker_image="rayproject/ray:latest"), "not pinned"),
    "an image of another Ray": (lambda c: c["docker"].update(head_image="rayproject/ray:2.58.0-py311"), "not pinned"),
    "an image that has ended": (lambda c: c["docker"].update(worker_image="rayproject/ray-ml:2.50.0"), "has ended"),
    "no image for workers": (lambda c: c["docker"].pop("worker_image"), "names no image"),
    "an open dashboard": (
        lambda c: starts(c, "head", lambda s: s.replace("127.0.0.1", "0.0.0.0")),
        "the dashboard needs",
    ),
    "a default dashboard": (
        lambda c: starts(c, "head", lambda s: s.replace("--dashboard-host=127.0.0.1", "")),
        "the dashboard needs",
    ),
    "MLflow on every network": (
        lambda c: c["head_start_ray_commands"].append("mlflow server --app-name basic-auth --host 0.0.0.0"),
        "listens on every network",
    ),
    "MLflow without a password": (
        lambda c: c["head_start_ray_commands"].append("mlflow server --host 10.0.0.1"),
        "without a password",
    ),
    "a password in a command": (
        lambda c: c["head_setup_commands"].append("export MLFLOW_TRACKING_URI=http://me:secret@10.0.0.1"),
        "holds a password",
    ),
    "spot alone": (lambda c: c["available_node_types"].pop("gpu-on-demand"), "no worker type is on demand"),
    "a spot head": (
        lambda c: c["available_node_types"]["head"]["node_config"].update(InstanceMarketOptions={"MarketType": "spot"}),
        "the head is a spot instance",
    ),
    "on demand first": (lambda c: c["available_node_types"]["gpu-on-demand"].update(priority=2), "are preferred"),
    "a package without version": (lambda c: c["setup_commands"].append("pip install -c c.txt s3fs"), "s3fs is not pin"),
    "pip without constraints": (lambda c: c["setup_commands"].append("pip install s3fs==1"), "without constraints"),
    "nodes that idle forever": (lambda c: c.update(idle_timeout_minutes=100000), "idle nodes cost"),
    "a growth that is not": (lambda c: c.update(max_workers=8), "STUDY_GROWS_TO says CPU=16"),
    "no autoscaling": (
        lambda c: starts(c, "head", lambda s: s.replace("--autoscaling-config=", "--x=")),
        "no worker is ever started",
    ),
    "what Ray refuses": (lambda c: c.update(head_node_type="boss"), "Ray refuses it"),
}


@pytest.mark.parametrize("wrong", WRONG_ON_AWS)
def test_what_is_wrong_on_aws_is_said(aws, wrong):
    change, sentence = WRONG_ON_AWS[wrong]
    cluster = deepcopy(aws)
    change(cluster)
    assert any(sentence in problem for problem in checks.problems(cluster)), checks.problems(cluster)


WRONG_HERE: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "one worker too few": (lambda c: c.update(min_workers=1), "min_workers is 1, but there are 2"),
    "version 2": (lambda c: starts(c, "head", lambda s: s.replace("RAY_enable_autoscaler_v2=0", "")), "version 2"),
    "a host twice": (lambda c: c["provider"].update(worker_ips=["10.0.0.2", "10.0.0.2"]), "named twice"),
    "a token that stays": (lambda c: c.pop("cluster_synced_files"), "does not reach the workers"),
}


@pytest.mark.parametrize("wrong", WRONG_HERE)
def test_what_is_wrong_on_given_hosts_is_said(local, wrong):
    change, sentence = WRONG_HERE[wrong]
    change(local)
    assert any(sentence in problem for problem in checks.problems(local)), checks.problems(local)


def test_ray_alone_lets_these_pass(aws):
    """Why there are checks of our own; when this fails, Ray has become stricter."""
    aws["min_workers"] = 2
    aws["available_node_types"]["gpu-spot"]["node_config"]["InstanceType"] = "g5x.large"
    aws["docker"]["worker_image"] = "rayproject/ray:latest"
    assert ray_internals.refusal(aws) is None


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cannot be read"),
        ("a: [", "not plain YAML"),
        ("a: 1", "it has no provider"),
        ("provider: {type: aws}\ncluster_name: x\nmin_workers: 1", "top-level min_workers has no effect"),
    ],
)
def test_the_command_says_it_in_one_line(tmp_path, content, sentence):
    file = tmp_path / "cluster.yaml"
    if content is not None:
        file.write_text(content)
    done = subprocess.run(
        [sys.executable, "-m", "study.cluster", "--check", str(file)], cwd=PROJECT, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: ")
    assert sentence in line
