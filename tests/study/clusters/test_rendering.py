"""The files that `python -m study.cluster` writes, and what it refuses to write."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from study.clusters import rendering
from study.errors import Mistake

PROJECT = Path(__file__).parents[3]
CLUSTERS = PROJECT / "study" / "clusters"


def cluster(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "study.cluster", *arguments], cwd=PROJECT, capture_output=True, text=True
    )


def test_every_host_but_the_head_is_a_worker(tmp_path):
    done = cluster(
        "--hosts", "10.0.0.1, 10.0.0.2,10.0.0.3", "--user", "me", "--key", "~/.ssh/lab", "--python", "/opt/x/bin/python"
    )
    assert done.returncode == 0, done.stderr
    rendered = yaml.safe_load(done.stdout)
    assert rendered["provider"] == {"type": "local", "head_ip": "10.0.0.1", "worker_ips": ["10.0.0.2", "10.0.0.3"]}
    assert rendered["min_workers"] == rendered["max_workers"] == 2
    assert rendered["auth"] == {"ssh_user": "me", "ssh_private_key": "~/.ssh/lab"}
    assert all("RAY_AUTH_MODE=token" in rendered[f"{kind}_start_ray_commands"][1] for kind in ("head", "worker"))
    file = tmp_path / "lab.yaml"
    file.write_text(done.stdout)
    assert cluster("--check", str(file)).returncode == 0


def test_names_become_addresses_and_the_usual_key_is_given_to_the_head(tmp_path, monkeypatch):
    known = {"lab1": "10.0.0.1", "lab2": "10.0.0.2", "lab3": "127.0.1.1"}

    def look_up(name: str) -> str:
        if name not in known:
            raise OSError("unknown")
        return known[name]

    monkeypatch.setattr(rendering.socket, "gethostbyname", look_up)
    monkeypatch.setenv("HOME", str(tmp_path))
    options = {
        "user": "me",
        "name": "lab",
        "port": 6379,
        "ray_arguments": "",
        "file": "lab.yaml",
        "python": "/x/python",
    }
    with pytest.raises(Mistake, match="no private key"):
        rendering.on_premises("lab1,lab2", key=None, **options)
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "id_rsa").touch()
    rendered = yaml.safe_load(rendering.on_premises("lab1,lab2", key=None, **options))
    assert rendered["provider"] == {"type": "local", "head_ip": "10.0.0.1", "worker_ips": ["10.0.0.2"]}
    assert "--node-ip-address=10.0.0.1 " in rendered["head_start_ray_commands"][1]
    assert rendered["auth"]["ssh_private_key"] == "~/.ssh/id_rsa"
    for hosts, sentence in (("lab1,lab4", "no host of this name"), ("lab1,lab3", "cannot reach")):
        with pytest.raises(Mistake, match=sentence):
            rendering.on_premises(hosts, key=None, **options)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "give one of"),
        (["--check", "x", "--hosts", "a,b"], "give one of"),
        (["--hosts", "a"], "two or more different hosts"),
        (["--hosts", "a,b,a"], "two or more different hosts"),
        (["--hosts", "a,b;reboot"], "not a host's name"),
        (["--hosts", "a,b", "--user", "$(id)"], "not the name of a user"),
        (["--hosts", "a,b", "--python", "/with space/python"], "--python"),
        (["--slurm", "nothing"], "nothing"),
        (["--slurm", "bifurcation", "--time", "soon"], "not a time of Slurm"),
        (["--slurm", "bifurcation", "--partition", "a\nb"], "--partition"),
        (["--slurm", "bifurcation", "--study-arguments", "--output x"], "the script gives --output itself"),
        (["--slurm", "bifurcation", "--study-arguments", "'"], "quote it as in a shell"),
    ],
)
def test_wrong_input_is_one_line(arguments, sentence):
    done = cluster(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: ")
    assert sentence in line


def test_the_token_is_made_once_and_is_for_its_owner(tmp_path):
    file = tmp_path / "folder" / "token"
    script = ["bash", str(CLUSTERS / "token.sh"), str(file)]
    subprocess.run(script, check=True)
    first = file.read_text()
    subprocess.run(script, check=True)
    assert file.read_text() == first
    assert len(bytes.fromhex(first)) == 32
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_the_heads_login_shell_knows_where_everything_is(tmp_path):
    """The command of cluster.yaml that writes it, with stand-ins for python and the folders of the image."""
    (tmp_path / "python").write_text("#!/bin/sh\ncase $2 in *boto3*) echo 123456789012 ;; esac\n")
    (tmp_path / "python").chmod(0o755)
    (tmp_path / "project" / ".cluster").mkdir(parents=True)
    commands = yaml.safe_load((PROJECT / "cluster.yaml").read_text())["head_setup_commands"]
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": str(tmp_path)}
    for command in (c.replace("/home/ray/project", f"{tmp_path}/project") for c in commands if "login.sh" in c):
        subprocess.run(["bash", "-euc", command], env=environment, check=True)
        subprocess.run(["bash", "-euc", command], env=environment, check=True)
    for mlflow in ("", "http://10.0.0.1:5000"):
        shown = subprocess.run(
            ["bash", "-euc", f". {tmp_path}/.bashrc || :; env"],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        assert not shown.stderr
        found = dict(line.split("=", 1) for line in shown.stdout.splitlines())
        assert found["RAY_ADDRESS"] == "auto"
        assert found["RAY_AUTH_MODE"] == "token"
        assert found["RAY_AUTH_TOKEN_PATH"] == f"{tmp_path}/project/.cluster/ray-token"
        assert found["STUDY_RESULTS"] == "s3://shape-sequence-studies-123456789012-us-west-2/results"
        assert found["STUDY_GROWS_TO"] == "CPU=16,GPU=4"
        assert found.get("MLFLOW_TRACKING_URI", "") == mlflow
        (tmp_path / "mlflow").mkdir(exist_ok=True)
        (tmp_path / "mlflow" / "login.sh").write_text("export MLFLOW_TRACKING_URI=http://10.0.0.1:5000\n")
    assert (tmp_path / ".bashrc").read_text().count("login.sh") == 1


def test_what_amazon_is_asked_for_once_is_valid(tmp_path):
    """Against a stand-in for `aws` that writes down its arguments."""
    import json

    stand_in = tmp_path / "aws"
    stand_in.write_text(
        '#!/bin/sh\n[ "$1" = sts ] && echo 123456789012\n'
        f'for word in "$@"; do printf "%s\\0" "$word"; done >> {tmp_path}/said\n'
    )
    stand_in.chmod(0o755)
    done = subprocess.run(
        ["sh", str(CLUSTERS / "aws-once.sh"), "us-west-2"],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "s3://shape-sequence-studies-123456789012-us-west-2/results" in done.stdout
    said = (tmp_path / "said").read_text().split("\0")
    policies = [json.loads(word) for word in said if word.startswith("{")]
    assert len(policies) == 4
    granted = {action for p in policies for s in p["Statement"] for action in [s["Action"]] if isinstance(action, str)}
    assert granted == {"sts:AssumeRole", "iam:PassRole"}
    file = (PROJECT / "cluster.yaml").read_text()
    profiles = {
        node["node_config"]["IamInstanceProfile"]["Name"]
        for node in yaml.safe_load(file)["available_node_types"].values()
    }
    assert profiles <= set(said)
    assert "s3://shape-sequence-studies-$(" in file


def test_a_user_without_a_name_is_asked_for_one_where_it_is_needed(monkeypatch, capsys, tmp_path):
    """As in a container that is run with a number of its own, `docker run -u 54321`."""
    from study.cluster import command_line

    def unknown() -> str:
        raise KeyError("getpwuid(): uid not found: 54321")

    monkeypatch.setattr("getpass.getuser", unknown)
    (tmp_path / "list.yaml").write_text("- a\n")
    assert command_line(["--check", str(tmp_path / "list.yaml")]) == 2
    assert "not a cluster file" in capsys.readouterr().err
    assert command_line(["--hosts", "a,b"]) == 2
    assert "has no name here; give the one that logs in with --user" in capsys.readouterr().err
    assert command_line(["--hosts", "127.0.0.1,127.0.0.2", "--user", "me"]) == 2
    assert "--hosts 127.0.0.1: is 127.0.0.1 here" in capsys.readouterr().err
