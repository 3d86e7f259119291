"""The script for `sbatch`, run by bash with stand-ins for Slurm, Ray and Python: limit, requeue, resumption, failure.

The stand-ins do what these programs do as far as the script sees it: `srun` runs its arguments, `scontrol` names the
hosts and notes a requeue, `ray symmetric-run` runs what follows `--`, and python notes its arguments and obeys TERM.
"""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[3]

STAND_INS = {
    "slurm/srun": 'exec "$@"',
    "slurm/scontrol": """
case $1 in
    show) printf 'node1\\nnode2\\n' ;;
    requeue) echo "$2" >> "$WORLD/requeued" ;;
esac""",
    "environment/bin/ray": """
[ "$0" -ef "$(command -v ray)" ] || { echo "ray: the real one calls itself by name" >&2; exit 9; }
echo "$@" >> "$WORLD/ray"
while [ "$1" != -- ]; do shift; done
shift
"$@"
exit $?""",
    "environment/bin/python": """
printf '%s ' "$@" >> "$WORLD/studies"; echo "token=$(wc -c < "$RAY_AUTH_TOKEN_PATH")" >> "$WORLD/studies"
[ -e "$WORLD/fails" ] && { echo "error: something" >&2; exit 2; }
echo "run $WORLD/results/bifurcation/the-run" >&2
[ -e "$WORLD/quick" ] && exit 0
trap 'echo checkpoint >> "$WORLD/checkpoints"; exit 143' TERM
touch "$WORLD/running"
while :; do sleep 0.1; done""",
}


class Slurm:
    """A world in which the script is started as `sbatch` would start it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name, text in STAND_INS.items():
            program = folder / name
            program.parent.mkdir(parents=True, exist_ok=True)
            program.write_text(f"#!/usr/bin/env bash\n{text}\n")
            program.chmod(0o755)
        rendered = subprocess.run(
            [
                *(sys.executable, "-m", "study.cluster", "--slurm", "bifurcation", "--nodes", "2", "--gpus", "1"),
                *("--cpus", "4", "--time", "00:30:00", "--python", str(folder / "environment" / "bin" / "python")),
                *("--output", str(folder / "results"), "--study-arguments", "--preset paper --set 'a b=c'"),
            ],
            cwd=PROJECT,
            capture_output=True,
            text=True,
        )
        assert rendered.returncode == 0, rendered.stderr
        self.script = folder / "study.sh"
        self.script.write_text(rendered.stdout)
        self.environment = os.environ | {
            "PATH": f"{folder}/slurm:{os.environ['PATH']}",
            "WORLD": str(folder),
            "RAY_TMPDIR": str(folder / "scratch"),
            "SLURM_JOB_ID": "4711",
            "SLURM_JOB_NODELIST": "node[1-2]",
            "SLURM_SUBMIT_DIR": str(folder),
        }

    def start(self) -> subprocess.Popen[str]:
        """The batch step."""
        (self.folder / "running").unlink(missing_ok=True)
        return subprocess.Popen(
            ["bash", str(self.script)],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def reach_limit(self, job: subprocess.Popen[str]) -> str:
        """Slurm's TERM to the script alone, once the study runs; returns what the job printed."""
        deadline = time.monotonic() + 60
        while not (self.folder / "running").exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        os.kill(job.pid, signal.SIGTERM)
        out, _ = job.communicate(timeout=60)
        return out

    def lines(self, name: str) -> list[str]:
        """What a stand-in has noted."""
        file = self.folder / name
        return file.read_text().splitlines() if file.exists() else []


@pytest.fixture
def slurm(tmp_path) -> Slurm:
    return Slurm(tmp_path)


def test_the_script_asks_slurm_for_what_it_needs(slurm):
    asked = [line for line in slurm.script.read_text().splitlines() if line.startswith("#SBATCH")]
    for option in ("--nodes=2", "--gpus-per-node=1", "--cpus-per-task=4", "--time=00:30:00", "--requeue"):
        assert f"#SBATCH {option}" in asked
    assert "#SBATCH --signal=B:TERM@120" in asked
    assert subprocess.run(["bash", "-n", str(slurm.script)]).returncode == 0


def test_at_its_limit_the_study_stops_the_job_is_requeued_and_the_next_start_resumes(slurm):
    job = slurm.start()
    out = slurm.reach_limit(job)
    assert job.returncode == 0, out
    assert slurm.lines("checkpoints") == ["checkpoint"]
    assert stat.S_IMODE((slurm.folder / "scratch").stat().st_mode) == 0o700
    assert slurm.lines("requeued") == ["4711"]
    job = slurm.start()
    slurm.reach_limit(job)
    assert slurm.lines("requeued") == ["4711", "4711"]
    (slurm.folder / "quick").touch()
    job = slurm.start()
    job.communicate(timeout=60)
    assert job.returncode == 0
    assert slurm.lines("requeued") == ["4711", "4711"]  # a study that has ended is not started again

    first, second, third = slurm.lines("studies")
    begun = "-m study.run bifurcation --preset paper --set a b=c --address node1:24711 --output"
    assert first.startswith(begun)
    assert first.endswith("token=64")
    resumed = f"-m study.run bifurcation --resume {slurm.folder}/results/bifurcation/the-run --address node1:24711"
    assert second.startswith(resumed)
    assert third == second
    assert slurm.lines("ray")[0].startswith(
        "symmetric-run --address node1:24711 --min-nodes 2 --num-cpus=4 --num-gpus=1"
    )


def test_a_study_that_fails_is_not_requeued(slurm):
    (slurm.folder / "fails").touch()
    job = slurm.start()
    out, _ = job.communicate(timeout=60)
    assert job.returncode == 2
    assert "error: something" in out
    assert slurm.lines("requeued") == []


def test_two_jobs_do_not_meet(slurm):
    (slurm.folder / "quick").touch()
    slurm.start().communicate(timeout=60)
    slurm.environment["SLURM_JOB_ID"] = "4712"
    slurm.start().communicate(timeout=60)
    first, second = slurm.lines("studies")
    assert "--resume" not in second
    assert "node1:24711" in first
    assert "node1:24712" in second
    tokens = [(slurm.folder / ".study-jobs" / job / "ray-token") for job in ("4711", "4712")]
    assert tokens[0].read_text() != tokens[1].read_text()
    assert all(stat.S_IMODE(token.stat().st_mode) == 0o600 for token in tokens)
    assert all(stat.S_IMODE(token.parent.stat().st_mode) == 0o700 for token in tokens)
