"""`ray up` over SSH with the file that `study.cluster --hosts` renders, a study across hosts, one of which dies."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

import analysis
from study import catalog
from tests.study.clusters import hosts
from tests.study.clusters.hosts import PROJECT, Host

pytestmark = [pytest.mark.cluster, hosts.required()]

RAY = str(Path(sys.executable).parent / "ray")
STUDY = "bifurcation --preset smoke --trials 1 --set epochs=30 --set evaluation_grid=16"
COUNT = (
    "import logging, ray; ray.init(address='{}', logging_level=logging.ERROR, log_to_driver=False); "
    "print(sum(n['Alive'] for n in ray.nodes()))"
)
ASK = "import sys; from ray._raylet import GcsClient; GcsClient(address=sys.argv[1]).get_all_node_info(timeout=10)"


def until(condition, seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(1)


def nodes(head: Host, address: str) -> int:
    asked = head.run(f'python -c "{COUNT.format(address)}"')
    return int(asked.stdout.split()[-1]) if asked.returncode == 0 else 0


def test_a_study_across_hosts_survives_the_loss_of_one_and_strangers_are_refused(tmp_path):
    with hosts.network(tmp_path, 3) as ((head, second, third), shared, key):
        address = f"{head.address}:6379"
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("RAY_", "STUDY_"))}
        # Ray keeps what it knows of a cluster of given hosts in its temporary folder.
        environment |= {"RAY_TMPDIR": str(tmp_path / "ray"), "PYTHONPATH": str(PROJECT), "RAY_USAGE_STATS_ENABLED": "0"}
        rendered = subprocess.run(
            [
                *(sys.executable, "-m", "study.cluster"),
                *("--hosts", ",".join(host.address for host in (head, second, third))),
                *("--user", "root", "--key", str(key)),
                *("--ray-arguments", "--num-cpus=1 --object-store-memory=100000000"),
            ],
            capture_output=True,
            text=True,
            env=environment,
        )
        assert rendered.returncode == 0, rendered.stderr
        file = tmp_path / "lab.yaml"
        file.write_text(rendered.stdout)
        up = subprocess.run(
            [RAY, "up", "--yes", "--no-config-cache", str(file)],
            capture_output=True, text=True, env=environment, timeout=600,
        )  # fmt: skip
        assert up.returncode == 0, up.stdout + up.stderr
        until(lambda: nodes(head, address) == 3, 600, "a worker did not join")

        token = head.run("cat ~/.studies/ray-token").stdout
        assert len(token) == 64
        assert head.run("stat -c %a ~/.studies/ray-token").stdout.strip() == "600"
        assert _refused(address, "0" * 64)
        assert not _refused(address, token)

        study = subprocess.Popen(
            head.ssh(f"cd /mnt && python -m study.run {STUDY} --address {address} --output /mnt/results"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            ended = lambda: len(list(shared.glob("results/*/*/trials/search-*.json")))  # noqa: E731
            until(lambda: ended() >= 3 or study.poll() is not None, 600, "no trial ended")
            busy: list[Host] = []
            until(lambda: study.poll() is not None or _busy((second, third), busy), 600, "no worker trains")
            assert study.poll() is None, study.communicate()
            busy[0].kill()
            out, err = study.communicate(timeout=1200)
        finally:
            study.kill()
        assert study.returncode == 0, err
        assert "answer:" in out

        (folder,) = shared.glob("results/bifurcation/2*")
        loaded = analysis.load(str(folder))
        arms = catalog.load("bifurcation", "smoke").arms()
        assert set(loaded.trials.state) == {"complete"}
        assert len(loaded.trials) == 3 * len(arms)
        assert not loaded.per_time.duplicated(["trial", "replicate", "sequence", "time_index"]).any()

        down = subprocess.run(
            [RAY, "down", "--yes", str(file)], capture_output=True, text=True, env=environment, timeout=300
        )
        assert down.returncode == 0, down.stdout + down.stderr
        assert not [line for line in head.processes() if "raylet" in line or "gcs_server" in line]


def _busy(workers: tuple[Host, ...], found: list[Host]) -> bool:
    found.extend(h for h in workers if any(line.startswith("ray::ResourceTrainable") for line in h.processes()))
    return bool(found)


def _refused(address: str, token: str) -> bool:
    environment = os.environ | {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": token}
    asked = subprocess.run([sys.executable, "-c", ASK, address], capture_output=True, text=True, env=environment)
    assert asked.returncode == 0 or "authentic" in asked.stderr.lower(), asked.stderr
    return asked.returncode != 0
