"""Wrong input of every command, in the folder that `world.make` fills: arguments, and what the sentence must name."""

from __future__ import annotations

from tests.study.wrong_input.fill_cases import FILL
from tests.study.wrong_input.run_cases import RUN
from tests.study.wrong_input.world import BAD, DAMAGED, GOOD, OF, Cases

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
    "a clock without a recording": (["bifurcation", "--at", "90s"], "--at 90s: study bifurcation has no recording"),
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
    "meshes of the plane": (
        [f"plane/bifurcation/{GOOD}", "--format", "ply"],
        "--format ply: it is of shapes in space, and these are in the plane; choose among labels, ome-zarr, gif",
    ),
    "outlines of volumes": (
        ["bifurcation", "--format", "geojson"],
        "--format geojson: it is of shapes in the plane, and these are in space; choose among labels, ome-zarr, ply",
    ),
}

CLAIMS: Cases = {
    "unknown run": (["nothing"], "RUN nothing: no study 'nothing' in results"),
    "unfinished": ([f"{BAD}-open"], "the run is unfinished"),
    "torn JSON": ([f"{BAD}-json"], f"{DAMAGED}-json is not readable as JSON"),
    "torn rows": ([f"{BAD}-torn"], f"{DAMAGED}-torn cannot be read"),
    "shapes in the plane": ([f"plane/bifurcation/{GOOD}"], "in the plane, and the claims are about shapes in space"),
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
_JOB = ["--kubernetes", "bifurcation", "--image", "registry/studies:1", "--output", "memory://results"]
CLUSTER: Cases = {
    "nothing asked": ([], "give one of --check FILE, --hosts A,B,C, --slurm NAME and --kubernetes"),
    "two things asked": ([*_HOSTS, *_SLURM], "give one of --check FILE"),
    "absent file": (["--check", "nowhere"], "--check nowhere: cannot be read"),
    "a folder": (["--check", "a-folder"], "--check a-folder: cannot be read"),
    "torn YAML": (["--check", "clusters/torn.yaml"], "--check clusters/torn.yaml: it is not plain YAML"),
    "a list": (["--check", "clusters/list.yaml"], "--check clusters/list.yaml: not a cluster file"),
    "no text": (["--check", "clusters/binary.yaml"], "--check clusters/binary.yaml: it is not plain YAML"),
    "a command that is none": (["--check", "clusters/kinds.yaml"], "setup_commands.0: it is no string"),
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
    "no image": (["--kubernetes", "bifurcation"], "--image is missing"),
    "an image with a blank": ([*_JOB, "--image", "a b"], "--image a b: not an image"),
    "a folder of no pod": ([*_JOB, "--output", "results"], "--output results: pods have no folder in common"),
    "a claim and a store": ([*_JOB, "--claim", "shared"], "--output memory://results: pods have no folder"),
    "no amount of memory": ([*_JOB, "--memory", "much"], "--memory much: not an amount"),
    "a secret with a blank": ([*_JOB, "--secret", "a b"], "--secret a b: not the name of a secret"),
    "a long name": ([*_JOB, "--name", "a" * 48], "not a name of a job"),
    "a blank in a job": ([*_JOB, "--study-arguments", "--set 'a=b c'"], "a=b c: blanks, quotes and other signs"),
    "a name given twice": ([*_JOB, "--study-arguments", "--name x"], "the job gives --name itself"),
    "a password in a job": ([*_JOB, "--tracking-uri", "http://a:b@c"], "credentials would be written into the file"),
    "a job that is none": (
        ["--check", "clusters/job.yaml"],
        "spec: Additional properties are not allowed ('entrypiont'",
    ),
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

CLEAN: Cases = {
    "nothing chosen": ([], "nothing was chosen: name --unfinished, --keep N, --cache or a run"),
    "a number below zero": (["--keep", "-1"], "--keep"),
    "a study alone": (["bifurcation"], "STUDY bifurcation: of a study name --unfinished or --keep N"),
    "results of unknown protocol": (["--unfinished", "--results", "unknown://x"], "unknown://x"),
    "unknown option": (["--tirals"], "--tirals"),
}

FRAMES: Cases = {
    "no run": ([], "RUN: no run is named; name a study or a run folder"),
    "unknown run": (["nowhere"], "RUN nowhere: "),
    "results nowhere": (["sea-ice", "--results", "nowhere"], "RUN sea-ice: "),
    "a run without images": ([f"{OF}{GOOD}"], "it has kept no images over time"),
    "results of unknown protocol": (["sea-ice", "--results", "unknown://x"], "RUN sea-ice: "),
    "a method of all frames": (["sea-ice", "--method", "transport"], "--method transport: without --between"),
    "a film of no film": ([f"{OF}{GOOD}", "--between", "3"], "it has kept no images over time"),
    "no frames between": ([f"{OF}{GOOD}", "--between", "0"], "--between"),
    "a folder that exists": ([f"{OF}{GOOD}", "--output", "a-folder"], "RUN "),
    "unknown option": (["--tirals"], "--tirals"),
}

COMMANDS: dict[str, Cases] = {
    "run": RUN, "export": EXPORT, "claims": CLAIMS, "status": STATUS, "cluster": CLUSTER, "track": TRACK,
    "report": REPORT, "compare": COMPARE, "clean": CLEAN,
    "frames": FRAMES, "fill": FILL,
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
