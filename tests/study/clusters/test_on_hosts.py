"""`ray up` over SSH with the file that `study.cluster --hosts` renders, a study across hosts, one of which dies."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

import analysis
from study import catalog
from study.design import flags
from study.design.arm import Arm
from tests.study.clusters import hosts
from tests.study.clusters.hosts import PROJECT, Host

pytestmark = [pytest.mark.cluster, hosts.required()]

RAY = str(Path(sys.executable).parent / "ray")
FEW = "--methods sinkhorn"
"""And the baseline: twelve trials, of which one is lost."""
STUDY = "bifurcation --preset smoke --trials 1 --replicates 1 --set epochs=30 --set evaluation_grid=16"
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


def usual_arms() -> list[Arm]:
    """Of a run that names no methods."""
    study = catalog.load("bifurcation", "smoke")
    flags.keep(study, flags.wanted_methods(study, None), flags.wanted_supervisions(study, None))
    return study.arms()


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
        assert _refused(address, RAY_AUTH_MODE="disabled")
        assert _refused(address, RAY_AUTH_MODE="token", RAY_AUTH_TOKEN="0" * 64)
        assert not _refused(address, RAY_AUTH_MODE="token", RAY_AUTH_TOKEN=token)

        study = subprocess.Popen(
            head.ssh(f"cd /mnt && python -m study.run {STUDY} {FEW} --address {address} --output /mnt/results"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            ended = lambda: len(list(shared.glob("results/*/*/trials/search-*.json")))  # noqa: E731
            until(lambda: ended() >= 1 or study.poll() is not None, 600, "no trial ended")
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
        assert set(loaded.trials.state) == {"complete"}
        assert len(loaded.trials) == 3 * len(loaded.record["methods"]) * len(loaded.record["supervisions"]) == 12
        assert not loaded.per_time.duplicated(["trial", "replicate", "sequence", "time_index"]).any()

        down = subprocess.run(
            [RAY, "down", "--yes", str(file)], capture_output=True, text=True, env=environment, timeout=300
        )
        assert down.returncode == 0, down.stdout + down.stderr
        alive = [head, *({second, third} - {busy[0]})]
        # `ray down` stops the head; workers notice by themselves that it is gone.
        until(lambda: not any(_runs_ray(host) for host in alive), 300, "Ray still runs after `ray down`")
    until(lambda: not hosts.left(tmp_path), 60, f"left: {hosts.left(tmp_path)}")


@pytest.mark.slow
def test_two_users_of_one_host_without_network_do_not_meet(tmp_path):
    """Two studies at once, with Ray's and our defaults: scratch, sockets, ports and tokens are each user's own."""
    users = (4001, 4002)
    with hosts.network(tmp_path, 1) as ((host,), shared, _):
        assert "unreachable" in host.run("ping -c 1 8.8.8.8 || bash -c 'echo > /dev/tcp/8.8.8.8/53'").stderr.lower()
        for user in users:
            (shared / str(user)).mkdir()
            os.chown(shared / str(user), user, user)
        alone = "tests.study.run_sleeping sleeping --preset short --trials 1 --replicates 1 --set seconds=1"
        command = (
            f"cd /mnt/{{0}}; unset STUDY_CACHE; HOME=/mnt/{{0}} SLEEPING_TRACE=/mnt/{{0}}/trace USER=u{{0}} "
            f"exec setpriv --reuid {{0}} --regid {{0}} --clear-groups {sys.executable} -m {alone}"
        )
        studies = {
            user: subprocess.Popen(
                host.ssh(command.format(user)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
            for user in users
        }
        try:
            traces = [shared / str(user) / "trace" for user in users]
            over = lambda: any(study.poll() is not None for study in studies.values())  # noqa: E731
            until(lambda: all(trace.exists() for trace in traces) or over(), 600, "no trial began")
            assert not over(), [study.communicate() for study in studies.values()]
            listed = host.run("cat /proc/net/tcp /proc/net/tcp6").stdout.splitlines()
            owners = {}  # of sockets that listen: port → user, where the address is all but loopback's
            for fields in (line.split() for line in listed if line.split()[3] == "0A"):
                (ip, port), user = fields[1].split(":"), int(fields[7])
                if user in users:
                    assert ip.endswith("0100007F"), f"{ip}:{port} of user {user} is not 127.0.0.1"
                    owners[port] = user
            assert set(owners.values()) == set(users)
            folders = host.run("stat -c '%u %a' /tmp/study-*").stdout.split("\n")
            assert {f"{user} 700" for user in users} <= set(folders)
            ended = {user: study.communicate(timeout=900) for user, study in studies.items()}
        finally:
            for study in studies.values():
                study.kill()
        for user, (out, err) in ended.items():
            assert studies[user].returncode == 0, err
            assert "answer:" in out
            assert list((shared / str(user)).glob("results/sleeping/*/report.html"))
        left = host.run("find /tmp /dev/shm -mindepth 1 \\( -uid 4001 -o -uid 4002 \\) -not -name 'study-400?'").stdout
        assert left == ""


SRUN = """#!/usr/bin/env bash
# srun as far as the script sees it: the command on every node, with this environment; the highest exit status.
variables=$(export -p | grep -E ' (PATH=|(RAY|STUDY|MLFLOW|SLURM)_)')
for node in {nodes}; do
    ssh -i /mnt/key -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR root@$node \
        ". ~/.bashrc; $variables
        cd /mnt; $(printf '%q ' "$@")" &
    steps+=($!)
done
highest=0
for step in "${{steps[@]}}"; do wait "$step"; status=$?; [ "$status" -gt "$highest" ] && highest=$status; done
exit "$highest"
"""


@pytest.mark.slow
def test_a_slurm_job_over_two_hosts_stops_at_its_limit_and_its_next_start_finishes_the_study(tmp_path):
    with hosts.network(tmp_path, 2) as ((head, second), shared, key):
        programs = shared / "bin"
        programs.mkdir()
        names = f"{head.address} {second.address}"
        (programs / "srun").write_text(SRUN.format(nodes=names))
        (programs / "scontrol").write_text(
            f"#!/bin/sh\n[ $1 = show ] && printf '%s\\n' {names} || echo $2 >> /mnt/requeued\n"
        )
        for program in programs.iterdir():
            program.chmod(0o755)
        shutil.copy(key, shared / "key")
        (shared / "key").chmod(0o600)
        rendered = subprocess.run(
            [
                *(sys.executable, "-m", "study.cluster", "--slurm", "bifurcation", "--nodes", "2", "--cpus", "1"),
                *("--output", "/mnt/results", "--study-arguments", STUDY.partition(" ")[2]),
            ],
            capture_output=True,
            text=True,
            env=os.environ | {"PYTHONPATH": str(PROJECT)},
        )
        assert rendered.returncode == 0, rendered.stderr
        (shared / "study.sh").write_text(rendered.stdout)

        def start() -> subprocess.Popen[str]:
            """The batch step, on the first node."""
            job = "SLURM_JOB_ID=4711 SLURM_JOB_NODELIST=all SLURM_SUBMIT_DIR=/mnt"
            command = f"cd /mnt; echo $$ > batch; PATH=/mnt/bin:$PATH {job} exec bash study.sh"
            return subprocess.Popen(
                head.ssh(command), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
            )  # fmt: skip

        ended = lambda: len(list(shared.glob("results/*/*/trials/search-*.json")))  # noqa: E731
        first = start()
        try:
            until(lambda: first.poll() is not None or ended() >= 3, 600, "no trial ended")
            assert first.poll() is None, first.communicate()
            head.run("kill -TERM $(cat /mnt/batch)")
            out, _ = first.communicate(timeout=240)
        finally:
            first.kill()
        assert first.returncode == 0, out
        assert (shared / "requeued").read_text() == "4711\n"
        (folder,) = shared.glob("results/bifurcation/2*")
        assert analysis.load(str(folder)).record["status"] == "unfinished"
        before = ended()
        assert not [line for line in second.processes() if "raylet" in line]

        again = start()
        try:
            out, _ = again.communicate(timeout=1200)
        finally:
            again.kill()
        assert again.returncode == 0, out
        assert "answer:" in out
        assert (shared / "requeued").read_text() == "4711\n"
        assert list(shared.glob("results/bifurcation/2*")) == [folder]
        loaded = analysis.load(str(folder))
        arms = usual_arms()
        assert 3 <= before < len(arms)
        assert len(loaded.trials) == 3 * len(arms)
        assert set(loaded.trials.state) == {"complete"}
        assert len(loaded.record["sessions"]) == 2


def _busy(workers: tuple[Host, ...], found: list[Host]) -> bool:
    found.extend(h for h in workers if any(line.startswith("ray::ResourceTrainable") for line in h.processes()))
    return bool(found)


def _runs_ray(host: Host) -> bool:
    return any("raylet" in line or "gcs_server" in line for line in host.processes())


def _refused(address: str, **credentials: str) -> bool:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("RAY_")} | credentials
    asked = subprocess.run([sys.executable, "-c", ASK, address], capture_output=True, text=True, env=environment)
    assert asked.returncode == 0 or "authentic" in asked.stderr.lower(), asked.stderr
    return asked.returncode != 0
