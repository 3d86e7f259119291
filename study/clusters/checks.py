"""What is wrong with a file for `ray up`: Ray's own validation, and what that lets pass and we have met.

A file that passes has every version pinned, a token on every node, nothing that listens on all networks but Ray's own
ports (which the token guards), and node types that exist.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from study.clusters import kinds, ray_internals
from study.errors import Mistake
from study.storage import written_files

# Families of Amazon's instances that are of use here; a misspelt type is noticed by Amazon only, minutes later.
_FAMILY = r"(?:c[5-8]|m[5-8]|r[5-8]|t3|t4g?)[a-z]{0,3}|g[456]e?[dn]{0,2}|gr6|p[3456](?:de?|dn|en?)?"
_SIZE = r"(?:nano|micro|small|medium|large|xlarge|\d{1,2}xlarge|metal(?:-\d+xl)?)"
_GPU_FAMILY = re.compile(r"(?:g\d|gr\d|p\d)")
NO_CLUSTER = "not a cluster file, it has no provider; name a file for `ray up`"
_COMMANDS = ("initialization", "setup", "head_setup", "worker_setup", "head_start_ray", "worker_start_ray")


def is_cluster(content: Any) -> bool:
    """Whether the content of a file is meant for `ray up`."""
    return isinstance(content, dict) and isinstance(content.get("provider"), dict)


def read(file: str, flag: str) -> dict[str, Any]:
    """The content of a cluster file that was given with `flag`, whose parts are of their kinds; Mistake for another."""
    what = f"{flag} {file}"
    content: dict[str, Any] = written_files.values(file, what)
    if not is_cluster(content):
        raise Mistake(f"{what}: {NO_CLUSTER}")
    if misplaced := kinds.wrong(content):
        raise Mistake(f"{what}: {misplaced[0]}")
    return content


def problems(cluster: dict[str, Any]) -> list[str]:
    """Sentences about what is wrong, none if nothing is."""
    if misplaced := kinds.wrong(cluster):
        return misplaced
    checks = (_of_ray, _keys, _token, _addresses, _autoscaler)
    own = (_nodes, _images, _packages, _growth) if cluster["provider"].get("type") == "aws" else (_all_hosts,)
    return [problem for check in (*checks, *own) for problem in check(cluster)]


def _of_ray(cluster: dict[str, Any]) -> Iterator[str]:
    if (reason := ray_internals.refusal(cluster)) is not None:
        yield f"Ray refuses it: {reason}"


def _keys(cluster: dict[str, Any]) -> Iterator[str]:
    """Ray drops some keys that its schema does not know before it looks."""
    import ray.autoscaler

    schema = json.loads((Path(ray.autoscaler.__file__).parent / "ray-schema.json").read_text(encoding="utf-8"))
    known = set(schema["properties"]) | ({"min_workers"} if cluster["provider"].get("type") == "local" else set())
    for key in cluster:
        if key not in known:
            where = "; it belongs into a node type" if key == "min_workers" else ""
            yield f"top-level {key} has no effect{where}"


def _token(cluster: dict[str, Any]) -> Iterator[str]:
    for kind in ("head", "worker"):
        starts = [c for c in cluster.get(f"{kind}_start_ray_commands", []) if re.search(r"\bray start\b", c)]
        if not starts:
            yield f"{kind}_start_ray_commands has no `ray start`: Ray's default would start it without our token"
        paths = [re.search(r"RAY_AUTH_TOKEN_PATH=(\S+?)[;\s]", f"{command} ") for command in starts]
        if any("RAY_AUTH_MODE=token" not in command for command in starts) or not all(paths):
            yield f"{kind}_start_ray_commands: `ray start` needs RAY_AUTH_MODE=token and RAY_AUTH_TOKEN_PATH"
        for path in (found[1] for found in paths if found):
            if not _reaches_workers(cluster, path):
                yield f"token {path} does not reach the workers: put it under a file mount or into cluster_synced_files"
    if re.search(r"RAY_AUTH_TOKEN=\S", yaml.safe_dump(cluster)):
        yield "the file holds a token (RAY_AUTH_TOKEN): keep it in a file of its own, RAY_AUTH_TOKEN_PATH"


def _reaches_workers(cluster: dict[str, Any], path: str) -> bool:
    mounts = [str(mount).rstrip("/") for mount in cluster.get("file_mounts") or {}]
    return path in (cluster.get("cluster_synced_files") or []) or any(path.startswith(f"{m}/") for m in mounts)


def _addresses(cluster: dict[str, Any]) -> Iterator[str]:
    for name, command in _commands(cluster):
        if re.search(r"(?<![\d.])0\.0\.0\.0(?![\d.])|--host[= ]\[?::\]?(?!\d)", command):
            yield f"{name}: {command.split()[0]} … 0.0.0.0 listens on every network; name one address"
        if re.search(r"\bray start\b.*--head\b", command) and not re.search(
            r"--dashboard-host[= ](?:127\.0\.0\.1|localhost)(?!\S)", command
        ):
            yield f"{name}: the dashboard needs --dashboard-host=127.0.0.1; `ray dashboard` reaches it there"
        if re.search(r"\bmlflow (?:server|ui)\b", command) and "--app-name basic-auth" not in command:
            yield f"{name}: MLflow's server without a password (--app-name basic-auth)"
        if re.search(r"://[^/\s@'\"]+:[^/\s@'\"]+@", command):
            yield f"{name}: a command holds a password in a URI; keep it in a file on the head"


def _autoscaler(cluster: dict[str, Any]) -> Iterator[str]:
    heads = [c for c in cluster.get("head_start_ray_commands", []) if re.search(r"\bray start\b", c)]
    if heads and not any("--autoscaling-config" in command for command in heads):
        yield "head_start_ray_commands: without --autoscaling-config no worker is ever started"
    minutes = cluster.get("idle_timeout_minutes")
    if not isinstance(minutes, int | float) or not 0 < minutes <= 120:
        yield "idle_timeout_minutes is to be between 0 and 120: idle nodes cost"


def _all_hosts(cluster: dict[str, Any]) -> Iterator[str]:
    """For hosts that are there already (provider local)."""
    workers = cluster["provider"].get("worker_ips") or []
    for key in ("min_workers", "max_workers"):
        if cluster.get(key, len(workers)) != len(workers):
            yield f"{key} is {cluster[key]}, but there are {len(workers)} workers besides the head"
    if cluster["provider"].get("head_ip") in workers or len(set(workers)) < len(workers):
        yield "a host is named twice among head_ip and worker_ips"
    heads = [c for c in cluster.get("head_start_ray_commands", []) if re.search(r"\bray start\b", c)]
    if not any("RAY_enable_autoscaler_v2=0" in command for command in heads):
        yield "head_start_ray_commands needs RAY_enable_autoscaler_v2=0: version 2 starts one worker too few"


def _nodes(cluster: dict[str, Any]) -> Iterator[str]:
    types = cluster.get("available_node_types") or {}
    markets = []
    for name, node in types.items():
        config = node.get("node_config") or {}
        instance = str(config.get("InstanceType"))
        if not re.fullmatch(rf"(?:{_FAMILY})\.{_SIZE}", instance):
            yield f"{name}: {instance} is no instance type that we know; see Amazon's list"
        if name == cluster.get("head_node_type"):
            if "InstanceMarketOptions" in config:
                yield f"{name}: the head is a spot instance; when it is taken away, the study ends"
            continue
        gpus = (node.get("resources") or {}).get("GPU", 0)
        if bool(gpus) != bool(_GPU_FAMILY.match(instance)):
            yield f"{name}: {instance} and GPU: {gpus} do not agree"
        markets.append((config.get("InstanceMarketOptions") or {}).get("MarketType"))
        if "spot" not in markets[-1:] and node.get("priority", 0) > 0:
            yield f"{name}: on-demand nodes are preferred (priority) to spot nodes"
    if "spot" in markets and all(market == "spot" for market in markets):
        yield "no worker type is on demand: without spot capacity the study waits forever"


def _images(cluster: dict[str, Any]) -> Iterator[str]:
    import ray

    docker = cluster.get("docker") or {}
    images = {key: docker[key] for key in ("image", "head_image", "worker_image") if docker.get(key)}
    if "image" not in images and set(images) != {"head_image", "worker_image"}:
        yield "docker names no image: it would be installed on whatever the machine image has"
    for key, image in images.items():
        if "ray-ml" in image:
            yield f"docker.{key}: {image} has ended with Ray 2.50; use rayproject/ray:{ray.__version__}-py311-gpu"
        elif not re.search(rf":{re.escape(ray.__version__)}-py3\d+(?:-(?:cpu|gpu|cu\d+))?(?:@sha256:\w+)?$", image):
            yield f"docker.{key}: {image} is not pinned to Ray {ray.__version__} and a Python version"


def _packages(cluster: dict[str, Any]) -> Iterator[str]:
    for name, command in _commands(cluster):
        for install in re.findall(r"pip install ([^;&|]*)", command):
            words = install.split()
            if "-c" not in words:
                yield f"{name}: pip install without constraints.txt (-c)"
            arguments = {words[i + 1] for i, word in enumerate(words[:-1]) if word in ("-c", "-e", "-r")}
            for word in words:
                if not word.startswith("-") and word not in arguments and "==" not in word:
                    yield f"{name}: {word} is not pinned to a version (==)"


def _growth(cluster: dict[str, Any]) -> Iterator[str]:
    """The driver must know what the cluster grows to, or it never asks for more than the head."""
    said = {"CPU": 0, "GPU": 0}
    for part in re.findall(r"STUDY_GROWS_TO=([\w=,]+)", yaml.safe_dump(cluster, width=10**6)):
        said |= {name: int(number) for name, number in (p.split("=") for p in part.split(","))}
    workers = [n for t, n in (cluster.get("available_node_types") or {}).items() if t != cluster.get("head_node_type")]
    nodes = int(cluster.get("max_workers", 0))
    for resource, number in said.items():
        largest = max((node.get("resources", {}).get(resource, 0) for node in workers), default=0) * nodes
        if number != largest:
            yield f"STUDY_GROWS_TO says {resource}={number}, but {nodes} nodes have {largest}"


def _commands(cluster: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name in (f"{kind}_commands" for kind in _COMMANDS):
        for command in cluster.get(name) or []:
            yield name, str(command)
