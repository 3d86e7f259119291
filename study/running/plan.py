"""What a command line asks for, checked before anything slow is imported or anything is left behind."""

from __future__ import annotations

import json
import os
import re
import socket
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.tables.names import given_name
from study import catalog, tracking
from study.data.reader_options import ReaderOptions
from study.design import plane
from study.design.flags import EVERY, edit, keep, wanted_methods, wanted_supervisions
from study.design.study import Study
from study.errors import Mistake, of_storage, unreadable
from study.running import earlier, environment
from study.running.warm_start import warm_starts
from study.storage.credentials import of_uri, without_credentials
from study.storage.lock import Lock
from study.storage.places import check_name, check_output, default_output, find_run, refuse_taken
from study.storage.run_folder import RunFolder
from trainables import machine
from trainables.configuration import paths

if TYPE_CHECKING:
    from study.data.images import PictureData
    from study.data.recordings import Data
    from study.data.triplets import ImageData

DEFAULT_PRESET = "laptop"


@dataclass(frozen=True, kw_only=True)
class Options(ReaderOptions):
    """`python -m study.run NAME …`; None where the user gave nothing."""

    study: str
    name: str | None = None
    """Of the run, a part of its folder's."""
    preset: str | None = None
    trials: int | None = None
    replicates: int | None = None
    seed: int | None = None
    output: str = field(default_factory=default_output)
    tracking_uri: str | None = None
    address: str | None = None
    methods: str | None = None
    supervisions: str | None = None
    data: str | None = None
    more_data: tuple[str, ...] = ()
    """The paths after the first of `--data`."""
    bands: str | None = None
    cpus: int | None = None
    resume: str | None = None
    changes: list[str] = field(default_factory=list)
    time_limit: str | None = None
    sampler: str | None = None
    patience: int | None = None
    warm_start: str | None = None

    command: str = ""
    """How it was asked for, where not by the command line of this process."""

    def asked(self) -> dict[str, Any]:
        """What the user gave, as a record keeps it: without credentials."""
        given = {name: value for name, value in asdict(self).items() if value and name != "command"}
        masked = {name: of_uri(given[name]) for name in ("tracking_uri", "address") if name in given}
        return {name: json.loads(without_credentials(json.dumps(value))) for name, value in (given | masked).items()}

    @property
    def paths(self) -> list[str]:
        """What `--data` names."""
        return [] if self.data is None else [self.data, *self.more_data]

    def seconds(self) -> float | None:
        """The time limit in seconds."""
        if self.time_limit is None:
            return None
        match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smhd]?)", self.time_limit.strip())
        if not match or float(match[1]) == 0:
            raise Mistake(f"--time-limit {self.time_limit}: not a time; write 90s, 45m, 3h or 1d")
        return float(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}[match[2]]


@dataclass
class Plan:
    """Checked options: the study they make, and the run to continue, if any."""

    study: Study
    options: Options
    choices: dict[str, Any]
    """What makes the study again: preset, seed, replicates, changes."""
    resumed: RunFolder | None
    tracking_uri: str
    address: str | None
    """Of Ray: the option's, or $RAY_ADDRESS; None for this machine."""
    began: float
    """When the command was started, on the monotonic clock."""
    cpus: int | None
    """Processors of this machine that trials may use; None on a cluster."""
    cpus_said: str
    """Why it is not all of them, in words."""
    doubt: str
    """What could not be made sure of, as a sentence; empty for nothing."""


def plan(options: Options) -> Plan:
    """Check everything that can be checked without torch, Ray or MLflow; raises Mistake."""
    began = time.monotonic()
    options.seconds()
    catalog.module(options.study)
    environment.check()
    check_output(options.output)
    resumed, record, choices = None, {}, _choices(options)
    check_name(options.name)
    if options.resume is None and options.name is not None:
        refuse_taken(options.name, options.output, options.study)
    if options.resume is not None:
        resumed = find_run(options.output, options.study, options.resume)
        Lock.refuse_if_held(resumed)
        record = resumed.read_record()
        if not _resumable(record) or record["study"] != options.study:
            raise Mistake(f"{resumed.file('study.json')} is not that of a run of {options.study}: name another run")
        choices = _continued(options, resumed, record)
        check_tables(resumed)
        from study.data.recordings import as_found

        record |= {"configuration": as_found(record["configuration"], resumed)}
    study = _make(options.study, choices, _data(options, record))
    if options.warm_start is not None and not record:
        study.warm_start = warm_starts(study, _names(options.warm_start) or [], options.output)
    if record:
        study.warm_start = record["configuration"].get("warm_start", {})
        earlier.as_begun(study, record["configuration"])
    if record and (changed := _difference(study, earlier.completed(record["configuration"]))):
        raise Mistake(
            f"run {resumed.name if resumed else ''} was made by a version in which {changed} was different: "
            "resume it with that version, or start a new run"
        )
    study.check()
    uri = _tracking_uri(options, record)
    if "***" in uri:
        raise Mistake(f"the credentials of tracking URI {uri} were not kept: give the URI again with --tracking-uri")
    try:
        doubt = tracking.check(uri)
    except ValueError as error:
        raise Mistake(str(error)) from None
    address = options.address or os.environ.get("RAY_ADDRESS") or None
    _probe_ray(address, "--address" if options.address else "$RAY_ADDRESS")
    cpus, cpus_said = _processors(options, study, address)
    return Plan(study, options, choices, resumed, tracking.absolute(uri), address, began, cpus, cpus_said, doubt)


def _tracking_uri(options: Options, record: dict[str, Any]) -> str:
    try:
        return options.tracking_uri or tracking.recorded_uri(record) or tracking.default_uri()
    except ValueError as error:
        raise Mistake(str(error)) from None


def _processors(options: Options, study: Study, address: str | None) -> tuple[int | None, str]:
    """Processors of this machine that trials may use (none on a cluster), and why it is not all; raises Mistake."""
    if address not in (None, "local"):
        if options.cpus is not None:
            raise Mistake(
                f"--cpus {options.cpus}: the cluster at {address} says how many it has; leave it out, or --address"
            )
        return None, ""
    here, each = machine.processors(), study.resources.cpus
    for what, asked in ((f"--cpus {options.cpus}", options.cpus or 1), (f"resources.cpus = {each}", each)):
        if asked > here:
            raise Mistake(f"{what}: this process may use {here}; lower it, or name a cluster with --address")
    allowed = options.cpus or here
    if each > allowed:
        raise Mistake(f"--cpus {allowed}: a trial takes {each} (resources.cpus); give as many, or --set fewer")
    carried = machine.trials_in_memory() * each
    if carried < allowed - allowed % each:
        return carried, f", {allowed} processors would carry more, but memory is left for no more"
    return allowed, f", on {allowed} processor{'s' if allowed > 1 else ''}"


def _resumable(record: dict[str, Any]) -> bool:
    """Whether a record holds what a study is made of again."""
    needed = {"choices": {"preset", "changes"}, "configuration": {"methods", "trials", "replicates", "seed"}}
    held = all(keys <= set(record.get(part) or {}) for part, keys in needed.items())
    return held and isinstance(record["configuration"]["methods"], dict) and bool(record.get("study"))


def _choices(options: Options) -> dict[str, Any]:
    return {
        "preset": options.preset or DEFAULT_PRESET,
        "trials": options.trials,
        "replicates": options.replicates,
        "seed": options.seed,
        "sampler": options.sampler,
        "patience": options.patience,
        "methods": _names(options.methods),
        "supervisions": _names(options.supervisions),
        "changes": options.changes,
        "data": [str(Path(path).resolve()) for path in options.paths] or None,
    }


def _names(given: str | None) -> list[str] | None:
    """NAME,NAME,… as a list."""
    return None if given is None else [name.strip() for name in given.split(",")]


_FIXED = (
    *("name", "preset", "replicates", "seed", "methods", "supervisions", "changes", "sampler", "patience"),
    "warm_start",
)
"""What is as it was begun."""


def _continued(options: Options, folder: RunFolder, record: dict[str, Any]) -> dict[str, Any]:
    choices: dict[str, Any] = record["choices"]
    before = record["configuration"] | {"preset": choices["preset"], "changes": choices["changes"]}
    before |= {option: choices.get(option) for option in ("methods", "supervisions", "sampler", "patience")}
    before |= {"warm_start": None, "name": given_name(folder.name)}
    named = {"methods": _names(options.methods), "supervisions": _names(options.supervisions)}
    asked = asdict(options) | named | {"changes": options.changes or None}
    for option in _FIXED:
        if asked[option] is not None and asked[option] != before[option]:
            flag = "--set" if option == "changes" else f"--{option.replace('_', '-')}"
            raise Mistake(
                f"{flag} cannot be changed when run {folder.name} is resumed: leave it out, or start a new run"
            )
    if options.trials is not None and options.trials < before["trials"]:
        raise Mistake(
            f"--trials {options.trials}: run {folder.name} has {before['trials']} trials an arm already; "
            "name a larger total"
        )
    if "usual" not in record["configuration"] and choices.get("methods") is None:
        choices = choices | {"methods": [EVERY]}  # begun when a run that named none had all
    return choices | ({"trials": options.trials} if options.trials is not None else {})


def _make(name: str, choices: dict[str, Any], data: Data | ImageData | PictureData | None) -> Study:
    dimension, changes = plane.asked(choices["changes"])
    study = catalog.load(name, choices["preset"], data, dimension)
    keep(
        study,
        wanted_methods(study, choices.get("methods")),
        wanted_supervisions(study, choices.get("supervisions")),
    )
    for change in changes:
        key, equals, value = change.partition("=")
        if not equals or not key:
            raise Mistake(f"--set {change}: not of the form key=value, such as epochs=500")
        edit(study, key, value)
    for option in ("trials", "replicates", "seed", "sampler", "patience"):
        if choices.get(option) is not None:
            edit(study, option, str(choices[option]))
    if choices["replicates"] is not None:
        study.fewer_replicates = None  # who names a number means it for all
    return study


def _difference(study: Study, before: dict[str, Any]) -> str:
    """The first part of the configuration that is not what the run was begun with; `trials` may grow, what is counted
    and how metrics are read changes no training, and neither does a range that no method of the run is searched in."""
    now = study.model_dump(mode="json")
    free = ("trials", "unit", "replication_unit", "metrics")
    mine = {path for method in study.methods.values() for path in paths(method)}
    now, before = (
        parts | {"space": {path: distribution for path, distribution in parts.get("space", {}).items() if path in mine}}
        for parts in (now, before)
    )
    return next((key for key in now if key not in free and now[key] != before.get(key)), "")


def _data(options: Options, record: dict[str, Any]) -> Data | ImageData | PictureData | None:
    """The data that a study is about; None for a study that makes its own."""
    from study.data.recordings import Wanted

    wanted = Wanted(path=options.data, also=options.more_data, bands=options.bands, **options.values())
    for path in options.paths:
        if not os.path.exists(path):
            raise Mistake(f"--data {path}: there is no such file or folder; name one that exists{_several(path)}")
    flags = ([f"--data {' '.join(options.paths)}"] if options.paths else []) + wanted.flags
    if not catalog.takes_data(options.study):
        if flags:
            flag = flags[0].split()[0]
            raise Mistake(f"{flags[0]}: study {options.study} makes its own data; leave {flag} out")
        return None
    if record:
        if flags and not _as_begun(options, record):
            raise Mistake(f"{flags[0]} cannot be changed when a run is resumed: leave it out, or start a new run")
        return catalog.again(options.study, record)
    try:
        return catalog.find(options.study, wanted, _say)
    except OSError as error:
        raise Mistake(f"the data of {options.study} cannot be read or kept: {of_storage(error)}") from None


def _as_begun(options: Options, record: dict[str, Any]) -> bool:
    """Whether what is said of the data, as by a configuration file, is what the run was begun with."""
    said, before = options.asked(), record.get("asked", {})
    told = ("data", "more_data", "bands", *options.values())
    return all(said[name] == before.get(name) for name in told if name in said)


def _several(path: str) -> str:
    """A hint where a path seems to be several."""
    parts = path.split(os.pathsep)
    return ", several are parted by blanks" if len(parts) > 1 and all(map(os.path.exists, parts)) else ""


def check_tables(folder: RunFolder) -> None:
    """Mistake if what a run has kept of its trials cannot be read."""
    try:
        folder.trials()
        for line in (folder.read("journal.log") or b"").splitlines()[:-1]:  # the last may be torn
            json.loads(line)
    except (OSError, ValueError, KeyError) as error:
        raise unreadable(f"run {folder.url}", error, "restore it, or start a new run") from None


def _say(sentence: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{sentence}", end="", file=sys.stderr, flush=True)


def _probe_ray(address: str | None, source: str) -> None:
    """Mistake if nothing listens at host:port; Ray itself would wait much longer."""
    if address in (None, "auto", "local"):
        return
    match = re.fullmatch(r"([^/\s:]+|\[[0-9a-f:]+\]):(\d+)", str(address))
    if not match or not 0 < int(match[2]) < 65536:
        raise Mistake(f"{source} {address}: not an address of Ray; write HOST:PORT, auto, or local")
    try:
        socket.create_connection((match[1].strip("[]"), int(match[2])), timeout=4).close()
    except OSError as error:
        reason = error.strerror or "no answer"
        raise Mistake(
            f"{source} {address}: no Ray cluster answers there ({reason}); check that it is running"
        ) from None
