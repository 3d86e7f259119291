"""Wrong input of every kind, in the folder that `world.make` fills: arguments, and what the sentence must name."""

from __future__ import annotations

from tests.study.wrong_input.world import DAMAGED, GOOD

Cases = dict[str, tuple[list[str], str]]

LONG = "x" * 300
OF = "results/bifurcation/"
BAD = f"damaged/bifurcation/{DAMAGED}"

RUN: Cases = {
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
    "nothing to resume": (
        ["bifurcation", "--output", "a-folder", "--resume", "last"],
        "there is no run of bifurcation",
    ),
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
    "empty value": (["bifurcation", "--output", ""], "--output is empty"),
    "empty value after =": (["bifurcation", "--tracking-uri="], "--tracking-uri is empty"),
    "no key": (["bifurcation", "--set", "=5"], "--set =5: not of the form key=value"),
    "infinite": (["bifurcation", "--set", "learning_rate=Infinity"], "--set learning_rate=Infinity"),
    "more processors than there are": (
        ["bifurcation", "--set", "resources.cpus=4096"],
        "resources.cpus = 4096: this",
    ),
    "judged within the warm-up": (["bifurcation", "--set", "pruning.first_epoch=10"], "pruning.first_epoch = 10 lies"),
    "seed with a fraction": (["bifurcation", "--seed", "1.5"], "--seed"),
    "negative time limit": (["bifurcation", "--time-limit=-3h"], "--time-limit -3h: not a time"),
    "a very long output": (["bifurcation", "--output", LONG], f"--output {LONG}"),
    "a very long run": (["bifurcation", "--resume", LONG], f"--resume {LONG}"),
    "a very long recording": (["cells", "--data", LONG], f"--data {LONG}"),
    "output on a web page": (
        ["bifurcation", "--output", "http://127.0.0.1:1/x"],
        "a file cannot be written there",
    ),
    "output without its package": (["bifurcation", "--output", "nowhere2://b/x"], "--output nowhere2://b/x"),
    "resuming a file": (["bifurcation", "--resume", "a-file"], "--resume a-file: there is no such run"),
    "resuming at an unknown protocol": (["bifurcation", "--resume", "unknown://x"], "--resume unknown://x: Protocol"),
    "resuming torn JSON": (["bifurcation", "--resume", f"{BAD}-json"], "study.json is not JSON"),
    "resuming a list": (["bifurcation", "--resume", f"{BAD}-list"], "study.json holds no object"),
    "resuming what says little": (["bifurcation", "--resume", f"{BAD}-bare"], "is not that of a run of bifurcation"),
    "resuming torn rows": (["bifurcation", "--resume", f"{BAD}-rows"], f"{DAMAGED}-rows cannot be read"),
    "resuming a spoilt journal": (["bifurcation", "--resume", f"{BAD}-log"], f"{DAMAGED}-log cannot be read"),
    "resuming what is written": (["bifurcation", "--resume", f"{BAD}-held"], "is being written by process 7 on elsewh"),
    "resuming under a damaged lock": (["bifurcation", "--resume", f"{BAD}-lock"], "lock.json is damaged: remove it"),
    "resuming without a password": (["bifurcation", "--resume", f"{BAD}-word"], "http://***@127.0.0.1:1 were not ke"),
    "resuming another study's": (["spheres", "--resume", f"{OF}{GOOD}"], "is not that of a run of spheres"),
    "another preset": (["bifurcation", "--resume", GOOD, "--preset", "paper"], "--preset cannot be changed"),
    "another seed": (["bifurcation", "--resume", GOOD, "--seed", "3"], "--seed cannot be changed"),
    "other replicates": (["bifurcation", "--resume", GOOD, "--replicates", "77"], "--replicates cannot be changed"),
    "other settings": (["bifurcation", "--resume", GOOD, "--set", "epochs=7"], "--set cannot be changed"),
    "fewer trials": (["bifurcation", "--resume", GOOD, "--trials", "1"], "--trials 1: run"),
    "address without a number": (["bifurcation", "--address", "a:b:c"], "--address a:b:c: not an address"),
    "no such port": (["bifurcation", "--address", "127.0.0.1:99999"], "--address 127.0.0.1:99999: not an address"),
    "tracking in a text": (
        ["bifurcation", "--tracking-uri", "sqlite:///tracking/coffee.db"],
        "coffee.db is not",
    ),
    "tracking in no file": (["bifurcation", "--tracking-uri", "sqlite://"], "names no file"),
    "tracking in a plain folder": (
        ["bifurcation", "--tracking-uri", "mlruns"],
        "'mlruns' is none that MLflow",
    ),
    "tracking at no host": (["bifurcation", "--tracking-uri", "http://"], "'http://' has no valid host"),
    "tracking at no port": (
        ["bifurcation", "--tracking-uri", "http://x:y/"],
        "'http://x:y/' has a malformed",
    ),
    "a voxel of no number": (["cells", "--voxel", "nan,1,1"], "--voxel nan,1,1: the three sizes must be positive"),
    "voxel in words": (["cells", "--voxel", "a,b,c"], "--voxel a,b,c: not three sizes"),
    "tracks with a gap": (["cells", "--tracks", "1,,2"], "--tracks 1,,2: not track numbers"),
    "torn HDF5": (["cells", "--data", "data/torn.h5"], "--data data/torn.h5"),
    "HDF5 of something else": (["cells", "--data", "data/other-key.h5"], "--data data/other-key.h5"),
    "HDF5 without numbers": (["cells", "--data", "data/nan.h5"], "--data data/nan.h5"),
    "grey values": (["cells", "--data", "data/grey.tif"], "--data data/grey.tif"),
    "a mask without surface": (["cells", "--data", "data/whole.tif"], "--data data/whole.tif"),
    "torn TIFF": (["cells", "--data", "data/torn.tif"], "--data data/torn.tif"),
    "no labels": (["cells", "--data", "data/empty.npz"], "--data data/empty.npz"),
    "no labels, though bad ones are left out": (["cells", "--data", "data/empty.npz", "--skip-bad"], "data/empty.npz"),
    "torn archive": (["cells", "--data", "data/torn.npz"], "--data data/torn.npz"),
    "tracks without images": (["cells", "--data", "data/challenge"], "--data data/challenge"),
    "a folder of this and that": (["cells", "--data", "data"], "--data data/"),
    "prices without a dry run": (
        ["bifurcation", "--prices", "clusters/bare.yaml"],
        "--prices clusters/bare.yaml: only",
    ),
    "absent prices": (["bifurcation", "--dry-run", "--prices", "nowhere"], "--prices nowhere: cannot be read"),
    "torn prices": (["bifurcation", "--dry-run", "--prices", "clusters/torn.yaml"], "clusters/torn.yaml: not YAML"),
    "no prices": (
        ["bifurcation", "--dry-run", "--prices", "clusters/bare.yaml"],
        "bare.yaml: it has no node types",
    ),
    "an empty folder": (["cells", "--data", "a-folder"], "--data a-folder: not a recording"),
}

EXPORT: Cases = {
    "no run": ([], "no run is named: python -m study.export RUN"),
    "unknown run": (["nothing"], "RUN nothing: no study 'nothing' in results"),
    "empty run": ([""], "an argument is empty"),
    "a file": (["./a-file"], "RUN ./a-file: ./a-file is no run folder"),
    "unknown protocol": (["unknown://x"], "RUN unknown://x: cannot reach"),
    "unfinished": ([f"{BAD}-open"], "the run is unfinished; wait for it or resume it"),
    "torn JSON": ([f"{BAD}-json"], f"{DAMAGED}-json is not readable as JSON"),
    "torn rows": ([f"{BAD}-torn"], f"{DAMAGED}-torn cannot be read"),
    "no results": (["bifurcation", "--results", "nowhere"], "no study 'bifurcation' in nowhere"),
    "results of unknown protocol": (["bifurcation", "--results", "unknown://x"], "cannot reach unknown://x"),
    "one time": (["bifurcation", "--times", "1"], "--times 1: a sequence has a first and a last time"),
    "times in words": (["bifurcation", "--times", "many"], "--times"),
    "time in words": (["bifurcation", "--at", "noon"], "--at noon: not a list of times"),
    "time outside": (["bifurcation", "--at", "0,2"], "--at 0,2: 2 lies outside"),
    "one time twice": (["bifurcation", "--at", "0.1,0.10000000001"], "two times are closer"),
    "both kinds of times": (["bifurcation", "--at", "0.1", "--times", "3"], "--times and --at were both given"),
    "unknown format": (["bifurcation", "--format", "pdf"], "--format"),
    "unknown method": (["bifurcation", "--method", "magic"], "--method magic: run"),
    "unknown supervision": (["bifurcation", "--supervision", "none"], "--supervision none: run"),
    "unknown setting": (["bifurcation", "--setting", "worst"], "--setting"),
    "unknown sequence": (["bifurcation", "--sequence", "two"], "--sequence two: trial"),
    "negative replicate": (["bifurcation", "--replicate", "-1"], "--replicate"),
    "no such replicate": (["bifurcation", "--replicate", "99"], "--replicate 99: trial"),
    "output in a store": (
        ["bifurcation", "--output", "s3://x"],
        "--output s3://x: exports are written to",
    ),
    "output in a file": (["bifurcation", "--output", "a-file/x"], "a-file is a file"),
    "output where nobody may write": (["bifurcation", "--output", "/proc/x"], "/proc cannot be written to"),
    "coarse grid": (["bifurcation", "--grid", "1"], "--grid"),
    "an export that is there": (["bifurcation"], "exports/labels is there already"),
    "no model": (["bifurcation", "--output", "new"], "models/confirm-none-sparse-best.pt cannot be read"),
    "unknown option": (["bifurcation", "--tirals"], "--tirals"),
}

CLAIMS: Cases = {
    "unknown run": (["nothing"], "RUN nothing: no study 'nothing' in results"),
    "unfinished": ([f"{BAD}-open"], "the run is unfinished"),
    "torn JSON": ([f"{BAD}-json"], f"{DAMAGED}-json is not readable as JSON"),
    "torn rows": ([f"{BAD}-torn"], f"{DAMAGED}-torn cannot be read"),
    "a study without claims": (["others/unknown-study/20260101-120000"], "no claim is about study 'unknown-study'"),
    "unknown setting": (["--setting", "worst"], "--setting"),
    "unknown format": (["--format", "pdf"], "--format"),
    "no results": (["--results", "a-folder"], "there is no finished run of"),
    "results in a file": (["--results", "a-file"], "in a-file"),
    "results of unknown protocol": (["--results", "unknown://x"], "--results unknown://x: Protocol not known"),
    "unknown option": (["--tirals"], "--tirals"),
}

STATUS: Cases = {
    "no results": (["--results", "nowhere"], "there is no run in nowhere"),
    "results in a file": (["--results", "a-file"], "there is no run in a-file"),
    "results of unknown protocol": (["--results", "unknown://x"], "--results unknown://x: cannot reach"),
    "unknown study": (["spheres"], "STUDY spheres: there is no run of it in results"),
    "empty study": ([""], "an argument is empty"),
    "unknown option": (["--tirals"], "--tirals"),
}

_HOSTS, _SLURM = ["--hosts", "a,b"], ["--slurm", "bifurcation"]
CLUSTER: Cases = {
    "nothing asked": ([], "give one of --check FILE, --hosts A,B,C and --slurm NAME"),
    "two things asked": ([*_HOSTS, *_SLURM], "give one of --check FILE"),
    "absent file": (["--check", "nowhere"], "--check nowhere: cannot be read"),
    "a folder": (["--check", "a-folder"], "--check a-folder: cannot be read"),
    "torn YAML": (["--check", "clusters/torn.yaml"], "--check clusters/torn.yaml: not YAML"),
    "a list": (["--check", "clusters/list.yaml"], "--check clusters/list.yaml: not a cluster file"),
    "no text": (["--check", "clusters/binary.yaml"], "--check clusters/binary.yaml: not YAML"),
    "a cluster without Ray": (["--check", "clusters/bare.yaml"], "head_start_ray_commands has no `ray start`"),
    "one host": (["--hosts", "lab1"], "--hosts lab1: name two or more different hosts"),
    "one host twice": (["--hosts", "lab1,lab1"], "--hosts lab1,lab1: name two or more"),
    "host with a space": (["--hosts", "lab1,lab 2"], "--hosts lab 2: not a host's name"),
    "no user": ([*_HOSTS, "--user", "me; rm"], "--user me; rm: not the name of a user"),
    "no name": ([*_HOSTS, "--name", "a b"], "--name a b: not a name"),
    "system port": ([*_HOSTS, "--port", "80"], "--port"),
    "key with a space": ([*_HOSTS, "--key", "a: b"], "--key a: b: not a path without spaces"),
    "open quote for Ray": ([*_HOSTS, "--ray-arguments", '"'], '--ray-arguments ": No closing quotation'),
    "python with a space": ([*_HOSTS, "--python", "a b/python"], "a b/python: not an absolute path without spaces"),
    "unknown study": (["--slurm", "nothing"], "there is no study 'nothing'"),
    "no nodes": ([*_SLURM, "--nodes", "0"], "--nodes"),
    "no processors": ([*_SLURM, "--cpus", "0"], "--cpus"),
    "negative GPUs": ([*_SLURM, "--gpus", "-1"], "--gpus"),
    "time in words": ([*_SLURM, "--time", "soon"], "--time soon: not a time of Slurm"),
    "partition with a space": ([*_SLURM, "--partition", "a b"], "--partition a b: not a name"),
    "account that is a command": ([*_SLURM, "--account", "$(x)"], "--account $(x): not a name"),
    "output of unknown protocol": (
        [*_SLURM, "--output", "nowhere://x"],
        "--output nowhere://x: no filesystem",
    ),
    "open quote": ([*_SLURM, "--study-arguments", '"'], '--study-arguments ": No closing quotation'),
    "output given twice": ([*_SLURM, "--study-arguments", "--output x"], "the script gives --output itself"),
    "unknown argument of the study": ([*_SLURM, "--study-arguments", "--tirals 3"], "--study-arguments --tirals 3"),
    "wrong argument of the study": ([*_SLURM, "--study-arguments", "--trials 0"], "--study-arguments --trials 0"),
    "a study that only helps": (
        [*_SLURM, "--study-arguments", "--help"],
        "--study-arguments --help: nothing",
    ),
    "unknown option": (["--tirals"], "--tirals"),
}

TRACK: Cases = {
    "no run": ([], "no run is named: python -m study.track RUN"),
    "unknown run": (["nothing"], "RUN nothing: no study 'nothing' in results"),
    "a file": (["a-file/x"], "RUN a-file/x: no run folder at a-file/x"),
    "no results": (["bifurcation", "--results", "nowhere"], "no study 'bifurcation' in nowhere"),
    "torn JSON": ([f"{BAD}-json"], f"{DAMAGED}-json is not readable as JSON"),
    "a list": ([f"{BAD}-list"], f"{DAMAGED}-list is not a record but a list"),
    "torn table": ([f"{BAD}-torn"], f"{DAMAGED}-torn: its tables cannot be read"),
    "torn rows": ([f"{BAD}-rows"], f"{DAMAGED}-rows: its tables cannot be read"),
    "what says little": ([f"{BAD}-bare"], "its study.json lacks created_ms"),
    "what is written": ([f"{BAD}-held"], "is being written by process 7 on elsewhere"),
    "a damaged lock": ([f"{BAD}-lock"], "lock.json is damaged"),
    "no password": ([f"{BAD}-word"], "the credentials of tracking URI http://***@127.0.0.1:1 were not kept"),
    "unknown scheme": (["bifurcation", "--tracking-uri", "ftp://x"], "'ftp://x' has the unknown scheme 'ftp'"),
    "no database": (["bifurcation", "--tracking-uri", "sqlite:///tracking/coffee.db"], "is not a SQLite database"),
    "empty tracking": (["bifurcation", "--tracking-uri", ""], "--tracking-uri is empty"),
    "unknown option": (["bifurcation", "--tirals"], "--tirals"),
}

REPORT: Cases = {
    "no run": ([], "RUN is missing: name a study or a run folder"),
    "unknown run": (["nothing"], "RUN nothing: no study 'nothing' in results"),
    "no results": (["bifurcation", "--results", "nowhere"], "no study 'bifurcation' in nowhere"),
    "torn JSON": ([f"{BAD}-json"], f"{DAMAGED}-json is not readable as JSON"),
    "torn rows": ([f"{BAD}-torn"], f"{DAMAGED}-torn: its tables cannot be read"),
    "output in a file": (["bifurcation", "--output", "a-file/x.html"], "--output a-file/x.html: cannot be written"),
    "output of unknown protocol": (["bifurcation", "--output", "unknown://x"], "--output unknown://x: cannot be writ"),
    "unknown option": (["--tirals"], "--tirals"),
}

_TWO = ["bifurcation", f"{BAD}-open"]
COMPARE: Cases = {
    "no run": ([], "no RUN was given"),
    "one run": (["bifurcation"], "RUN bifurcation alone was given"),
    "one run twice": (["bifurcation", f"{OF}{GOOD}"], "are one and the same run"),
    "unknown run": (["bifurcation", "nothing"], "RUN nothing: no study 'nothing' in results"),
    "no results": ([*_TWO, "--results", "nowhere"], "no study 'bifurcation' in nowhere"),
    "torn JSON": (["bifurcation", f"{BAD}-json"], f"{DAMAGED}-json is not readable as JSON"),
    "torn rows": (["bifurcation", f"{BAD}-torn"], f"{DAMAGED}-torn: its tables cannot be read"),
    "unknown metric": ([*_TWO, "--metric", "beauty"], "--metric beauty: not all of these runs have it"),
    "unknown setting": ([*_TWO, "--setting", "worst"], "--setting"),
    "half a window": ([*_TWO, "--window", "0.5"], "--window"),
    "window in words": ([*_TWO, "--window", "dusk", "dawn"], "--window"),
    "margin in words": ([*_TWO, "--margin", "little"], "--margin"),
    "a format for tables that is none": ([*_TWO, "--save", "both.xlsx"], "--save both.xlsx: name a file that ends in"),
    "unknown option": (["--tirals"], "--tirals"),
}

COMMANDS: dict[str, Cases] = {
    "run": RUN, "export": EXPORT, "claims": CLAIMS, "status": STATUS, "cluster": CLUSTER, "track": TRACK,
    "report": REPORT, "compare": COMPARE,
}  # fmt: skip
"""By module in `study`."""

ENVIRONMENT: dict[str, tuple[dict[str, str], str, list[str], str]] = {
    "cache in a file": ({"STUDY_CACHE": "a-file"}, "run", ["cells"], "$STUDY_CACHE a-file: "),
    "cache in no folder": ({"STUDY_CACHE": "/proc/x"}, "run", ["bifurcation"], "$STUDY_CACHE /proc/x: /proc cannot be"),
    "state in a file": ({"STUDY_STATE": "a-file"}, "run", ["bifurcation"], "$STUDY_STATE a-file: "),
    "results in a file": ({"STUDY_RESULTS": "a-file"}, "run", ["bifurcation"], "--output a-file: "),
    "results nowhere": ({"STUDY_RESULTS": "nowhere"}, "export", ["bifurcation"], "no study 'bifurcation' in nowhere"),
    "no results to list": ({"STUDY_RESULTS": "nowhere"}, "status", [], "there is no run in nowhere"),
    "no address": ({"RAY_ADDRESS": "somewhere"}, "run", ["bifurcation"], "$RAY_ADDRESS somewhere: not an address"),
    "tracking of unknown scheme": ({"MLFLOW_TRACKING_URI": "ftp://x"}, "run", ["bifurcation"], "'ftp://x' has the"),
    "no timeout": ({"MLFLOW_HTTP_REQUEST_TIMEOUT": "soon"}, "run", ["bifurcation"], "$MLFLOW_HTTP_REQUEST_TIMEOUT is"),
    "timeout of zero": ({"MLFLOW_HTTP_REQUEST_TIMEOUT": "0"}, "track", [f"{OF}{GOOD}"], "_REQUEST_TIMEOUT is '0'"),
    "growth in words": ({"STUDY_GROWS_TO": "lots"}, "run", ["bifurcation"], "$STUDY_GROWS_TO is 'lots'"),
    "growth without end": ({"STUDY_GROWS_TO": "CPU=nan"}, "run", ["bifurcation"], "$STUDY_GROWS_TO is 'CPU=nan'"),
}
"""Variables, command, arguments, what must be named."""

PROCESSES = [
    ("run", RUN["torn TIFF"]),
    ("export", EXPORT["torn rows"]),
    ("claims", CLAIMS["torn JSON"]),
    ("cluster", CLUSTER["a cluster without Ray"]),
    ("track", TRACK["no database"]),
]
"""The same as real processes: what libraries print there, too."""
