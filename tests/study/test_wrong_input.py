"""Wrong input: exit status 2, exactly one line that names the culprit, nothing left behind, nothing slow imported."""

import http.server
import json
import socket
import subprocess
import sys
import threading
import time

import pytest

from study.run import command_line
from study.run_folder import RunFolder
from trainables.files import write_atomically


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("RAY_ADDRESS", "STUDY_RESULTS"):
        monkeypatch.delenv(name, raising=False)


def closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


CASES = {
    "no study": ([], "no study is named"),
    "unknown study": (["bifurcatoin"], "there is no study 'bifurcatoin'; choose among"),
    "unknown option": (["bifurcation", "--tirals", "3"], "--tirals"),
    "surplus argument": (["bifurcation", "again"], "again"),
    "unknown preset": (["bifurcation", "--preset", "huge"], "no preset 'huge'"),
    "unknown key": (["bifurcation", "--set", "decoder.widht=1"], "there is no 'decoder.widht'"),
    "no value": (["bifurcation", "--set", "epochs"], "not of the form key=value"),
    "wrong type": (["bifurcation", "--set", "epochs=many"], "--set epochs=many: input should be a valid integer"),
    "negative weight": (["bifurcation", "--set", "regularizers.sinkhorn.alpha=-1"], "greater than or equal to 0"),
    "negative gamma": (["bifurcation", "--set", "regularizers.barycenter.gamma=-0.5"], "greater than or equal to 0"),
    "grid of one": (["bifurcation", "--set", "regularizers.sinkhorn.grid=1"], "greater than or equal to 2"),
    "no list of sequences": (["bifurcation", "--set", "sequences=5"], "not a list of shape sequences"),
    "no mapping": (["bifurcation", "--set", "regularizers=5"], "not a mapping from regularizer"),
    "output where nobody may write": (["bifurcation", "--output", "/proc/nowhere"], "/proc cannot be written to"),
    "client address": (["bifurcation", "--address", "ray://127.0.0.1:10001"], "write HOST:PORT"),
    "nan": (["bifurcation", "--set", "learning_rate=NaN"], "--set learning_rate=NaN"),
    "no trials": (["bifurcation", "--trials", "0"], "--trials"),
    "trials in words": (["bifurcation", "--trials", "four"], "--trials"),
    "no replicates": (["bifurcation", "--replicates", "0"], "--replicates"),
    "negative seed": (["bifurcation", "--seed", "-1"], "--seed"),
    "epochs within the warm-up": (["bifurcation", "--set", "epochs=50"], "end before its regularizers begin"),
    "output in a file": (["bifurcation", "--output", "a-file/results"], "a-file is a file"),
    "output of unknown protocol": (["bifurcation", "--output", "nowhere://x"], "--output nowhere://x"),
    "nothing to resume": (["bifurcation", "--resume", "last"], "there is no run of bifurcation"),
    "unknown run": (["bifurcation", "--resume", "20200101-000000-dead"], "there is no such run"),
    "absent data": (["bifurcation", "--data", "cells.h5"], "there is no such file"),
    "data that is not taken": (["bifurcation", "--data", "a-file"], "makes its own data"),
    "time limit": (["bifurcation", "--time-limit", "soon"], "not a time"),
    "zero time limit": (["bifurcation", "--time-limit", "0h"], "not a time"),
    "address without port": (["bifurcation", "--address", "somewhere"], "write HOST:PORT"),
    "unknown tracking scheme": (["bifurcation", "--tracking-uri", "ftp://x"], "ftp"),
    "tracks where there are none": (["spheres", "--tracks", "1"], "--tracks 1: study spheres makes its own data"),
    "voxel where there is none": (["spheres", "--voxel", "1,1,1"], "--voxel 1,1,1: study spheres makes its own data"),
    "nothing to skip": (["bifurcation", "--skip-bad"], "--skip-bad: study bifurcation makes its own data"),
    "absent recording": (["cells", "--data", "nowhere"], "--data nowhere: there is no such file or folder"),
    "no recording": (["cells", "--data", "a-file"], "not a recording that can be read; give one of"),
    "tracks in words": (["cells", "--tracks", "first"], "--tracks first: not track numbers"),
    "a track that is not there": (["cells", "--tracks", "4711"], "4711"),
    "two voxel sizes": (["cells", "--voxel", "1,2"], "--voxel 1,2: not three sizes"),
    "a voxel of no size": (["cells", "--voxel", "0,1,1"], "--voxel 0,1,1: the three sizes must be positive"),
    "unknown norm": (
        ["bifurcation", "--set", "regularizers.temporal-smoothness.norm=cubic"],
        "should be 'squared' or 'total-variation'",
    ),
    "negative strength": (
        ["spheres", "--set", "regularizers.temporal-smoothness.strength=-1"],
        "temporal-smoothness.strength=-1: input should be greater than or equal to 0",
    ),
    "difference of a whole sequence": (
        ["spheres", "--set", "regularizers.temporal-smoothness.step=1"],
        "temporal-smoothness.step=1: input should be less than or equal to 0.1",
    ),
    "a fourth dimension": (
        ["bifurcation", "--set", "regularizers.topology.dimensions=[0,3]"],
        "topology.dimensions=[0,3]: choose one or more of 0, 1 and 2, each once",
    ),
    "shared in words": (["bifurcations", "--set", "shared=maybe"], "--set shared=maybe: input should be a valid bool"),
    "the searched member left out": (
        ["bifurcations", "--set", 'sequences=[{"name":"bifurcation","member":5}]'],
        "the search is to see 'bifurcation-00', which is not among bifurcation-05",
    ),
    "one sequence twice": (
        ["spheres", "--set", 'sequences=[{"name":"sphere","z1":1,"z2":0},{"name":"sphere","z1":1,"z2":0}]'],
        "'sphere z1=+1 z2=+0' is there twice",
    ),
    "unseen and in training": (
        ["latent-generalization", "--set", 'unseen=[{"name":"sphere","z1":1,"z2":0.5}]'],
        "'sphere z1=+1 z2=+0.5' is there twice",
    ),
    "nothing unseen": (["latent-generalization", "--set", "unseen=[]"], "--set unseen=[]: list should have at least 1"),
    "a sphere outside": (
        ["latent-generalization", "--set", 'unseen=[{"name":"sphere","z1":4,"z2":0}]'],
        "the sphere with z1 = 4.0, z2 = 0.0 leaves the domain",
    ),
    "a radius of zero": (
        ["spheres", "--set", 'sequences=[{"name":"sphere","z1":1,"z2":-1}]'],
        "input should be greater than -1",
    ),
    "unknown sequence": (["spheres", "--set", 'sequences=[{"name":"cube"}]'], "there is no shape sequence 'cube'"),
    "a long direction": (
        ["bifurcation", "--set", 'sequences=[{"name":"bifurcation","direction":[2,0,0]}]'],
        "a direction has length 1, not 2",
    ),
    "no code epochs": (["latent-generalization", "--set", "code_epochs=0"], "code_epochs=0: input should be greater"),
    "one fitting time": (
        ["latent-generalization", "--set", "code_fitting_times=1"],
        "code_fitting_times=1: input should be greater than or equal to 2",
    ),
    "more fitting points than candidates": (
        ["latent-generalization", "--set", "code_fitting_points=5000"],
        "code_fitting_points=5000: input should be less than or equal to 1024",
    ),
    "fitting rate in words": (
        ["latent-generalization", "--set", "code_fitting_rate=fast"],
        "code_fitting_rate=fast: input should be a valid number",
    ),
    "tracking into a folder": (["bifurcation", "--tracking-uri", "sqlite:///."], "is a folder"),
}


@pytest.mark.parametrize("case", CASES)
def test_wrong_input_is_one_sentence_and_leaves_nothing(case, tmp_path, capfd):
    arguments, culprit = CASES[case]
    (tmp_path / "a-file").write_text("not a folder")
    began = time.monotonic()
    assert command_line(arguments) == 2
    assert time.monotonic() - began < 10
    out, err = capfd.readouterr()
    assert out == ""
    lines = err.splitlines()
    assert len(lines) == 1, err
    assert lines[0].startswith("error: ")
    assert culprit in lines[0]
    assert [p.name for p in tmp_path.iterdir()] == ["a-file"]


@pytest.mark.parametrize(
    ("option", "value"), [("--address", "127.0.0.1:{port}"), ("--tracking-uri", "http://127.0.0.1:{port}")]
)
def test_an_unreachable_server_is_one_sentence(option, value, tmp_path, capfd):
    began = time.monotonic()
    assert command_line(["bifurcation", option, value.format(port=closed_port())]) == 2
    assert time.monotonic() - began < 10
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("error: ")
    assert list(tmp_path.iterdir()) == []


def test_an_unreachable_address_in_the_environment_is_named(capfd, monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", f"127.0.0.1:{closed_port()}")
    assert command_line(["bifurcation"]) == 2
    assert capfd.readouterr().err.startswith("error: $RAY_ADDRESS 127.0.0.1:")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"study": ', "study.json is not JSON"),
        ("[]", "study.json holds no object"),
        ("{}", "study.json is not that of a run of bifurcation"),
        ('{"study": "other", "choices": {}, "configuration": {}}', "is not that of a run of bifurcation"),
    ],
)
def test_a_damaged_record_is_named(content, said, tmp_path, capfd):
    record = tmp_path / "results" / "bifurcation" / "20200101-000000-dead" / "study.json"
    record.parent.mkdir(parents=True)
    record.write_text(content)
    assert command_line(["bifurcation", "--resume", "last"]) == 2
    assert said in capfd.readouterr().err


def test_something_else_at_the_address_is_named(tmp_path, capfd):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    began = time.monotonic()
    code = "import sys; from study.run import command_line; sys.exit(command_line(sys.argv[1:]))"
    arguments = ["bifurcation", "--address", f"127.0.0.1:{server.server_port}"]
    command = [sys.executable, "-c", code, *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    server.shutdown()
    assert ran.returncode == 2
    assert ran.stderr.startswith(f"error: --address 127.0.0.1:{server.server_port}: what listens there")
    assert len(ran.stderr.splitlines()) == 1
    assert time.monotonic() - began < 30, "10 s on a machine that has nothing else to do"
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_is_being_written_is_refused_at_once(tmp_path, capfd):
    folder = RunFolder(str(tmp_path / "results" / "bifurcation" / "20200101-000000-cafe"))
    folder.write_record({"study": "bifurcation"})
    other = {"host": "elsewhere", "process": 1, "token": "x", "heartbeat": time.time()}
    write_atomically(folder.file("lock.json"), json.dumps(other).encode())
    assert command_line(["bifurcation", "--resume", "last"]) == 2
    assert "is being written by process 1 on elsewhere" in capfd.readouterr().err
    assert folder.exists("lock.json")


def test_arguments_are_checked_before_anything_slow_is_imported(tmp_path):
    code = (
        "import sys; from study.run import command_line; status = command_line(sys.argv[1:]); "
        "print(status, sorted({'torch', 'ray', 'mlflow', 'matplotlib'} & set(sys.modules)))"
    )
    for arguments in ("bifurcation --preset huge", "bifurcation --set epochs=0", "bifurcation --dry-run", "--help"):
        command = [sys.executable, "-c", code, *arguments.split()]
        ran = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=True)
        assert ran.stdout.endswith("[]\n"), ran.stdout


def test_a_dry_run_checks_describes_and_leaves_nothing(tmp_path, capfd):
    assert command_line(["bifurcation", "--dry-run"]) == 0
    assert "sinkhorn, sparse: 6 search trials" in capfd.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_the_list_names_every_study(capfd):
    from study import catalog

    assert command_line(["--list"]) == 0
    listed = capfd.readouterr().out
    assert all(name in listed for name in catalog.names())


def test_help_shows_examples(capfd):
    assert command_line(["--help"]) == 0
    assert "--resume last" in capfd.readouterr().out
