"""A RayJob for KubeRay: valid by its schema, guarded, and one that is started again goes on with its run."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from study.cluster import command_line
from study.clusters import kuberay
from study.clusters.going_on import arguments
from study.run import main as run
from study.running.options import of_flags, options
from tests.study import fake_runs

STORE = ["--output", "memory://results", "--gpus", "1", "--nodes", "4", "--cpus", "8"]
CLAIM = ["--output", "/results", "--claim", "shared", "--nodes", "2"]
MORE = ["--tracking-uri", "http://mlflow:5000", "--study-arguments", "--preset smoke --set anchor=moved"]


def job(tmp_path: Path, capsys: Any, *given: str) -> tuple[Path, dict[str, Any]]:
    file = tmp_path / "job.yaml"
    assert command_line(["--kubernetes", "bifurcation", "--image", "registry/studies:1", *given]) == 0
    file.write_text(capsys.readouterr().out)
    return file, yaml.safe_load(file.read_text())


@pytest.mark.parametrize("given", [STORE, [*STORE, *MORE], CLAIM])
def test_it_is_valid_and_nobody_gets_more_than_he_needs(tmp_path, capsys, given):
    file, content = job(tmp_path, capsys, *given)
    assert command_line(["--check", str(file)]) == 0
    spec = content["spec"]
    groups = [spec["rayClusterSpec"]["headGroupSpec"], *spec["rayClusterSpec"]["workerGroupSpecs"]]
    pods = [spec["submitterPodTemplate"]["spec"], *(group["template"]["spec"] for group in groups)]
    for pod in pods:
        assert pod["securityContext"]["runAsNonRoot"]
        for container in pod["containers"]:
            assert container["securityContext"]["readOnlyRootFilesystem"]
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert spec["rayClusterSpec"]["authOptions"] == {"mode": "token"}


def test_with_a_store_workers_come_when_they_are_needed_with_a_volume_they_are_all_there(tmp_path, capsys):
    _, content = job(tmp_path, capsys, *STORE)
    (group,) = content["spec"]["rayClusterSpec"]["workerGroupSpecs"]
    assert (group["minReplicas"], group["maxReplicas"]) == (0, 4)
    (container,) = group["template"]["spec"]["containers"]
    assert container["resources"]["limits"] == {"cpu": "8", "memory": "16Gi", "nvidia.com/gpu": "1"}
    assert {"name": "STUDY_GROWS_TO", "value": "CPU=32,GPU=4"} in container["env"]
    _, content = job(tmp_path, capsys, *CLAIM)
    (group,) = content["spec"]["rayClusterSpec"]["workerGroupSpecs"]
    assert (group["minReplicas"], group["replicas"], group["maxReplicas"]) == (2, 2, 2)
    (container,) = group["template"]["spec"]["containers"]
    assert {"name": "results", "mountPath": "/results"} in container["volumeMounts"]
    assert "STUDY_GROWS_TO" not in str(container["env"])
    assert "enableInTreeAutoscaling" not in content["spec"]["rayClusterSpec"]


def test_the_job_begins_a_run_of_its_name_and_when_started_again_goes_on_with_it(tmp_path, capsys):
    _, content = job(tmp_path, capsys, *STORE, *MORE, "--name", "night")
    words = shlex.split(content["spec"]["entrypoint"])
    assert words[:3] == ["python", "-m", "study.clusters.going_on"]
    words = [str(tmp_path / "results") if word == "memory://results" else word for word in words[3:]]
    begun = arguments(*words)
    given = run.make_context("study.run", list(begun)).params
    asked = options(
        given.pop("study"), of_flags({k: v for k, v in given.items() if k in ("name", "preset", "address")})
    )
    assert (asked.study, asked.name, asked.preset, asked.address) == ("bifurcation", "night", "smoke", "auto")
    assert begun[-2:] == ["--set", "anchor=moved"]
    fake_runs.run(tmp_path / "results", "20260101-120000-night")
    again = arguments(*words)
    assert again[-2:] == ["--resume", "20260101-120000-night"]
    assert "--set" not in again
    run.make_context("study.run", list(again))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda s: s.update(entrypiont="x"), "spec: Additional properties are not allowed ('entrypiont'"),
        (lambda s: s.update(backoffLimit="five"), "spec.backoffLimit: 'five' is not of type 'integer'"),
        (lambda s: s["rayClusterSpec"].pop("headGroupSpec"), "'headGroupSpec' is a required property"),
        (lambda s: s["rayClusterSpec"].pop("authOptions"), "mode is not token"),
        (
            lambda s: s["rayClusterSpec"]["headGroupSpec"]["template"]["spec"].pop("volumes"),
            "there is no volume 'scratch'",
        ),
    ],
)
def test_what_is_wrong_with_a_job_is_said(tmp_path, capsys, change, said):
    _, content = job(tmp_path, capsys, *STORE)
    change(content["spec"])
    assert any(said in problem for problem in kuberay.problems(content))
