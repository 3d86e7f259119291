"""Whether a RayJob is one by KubeRay's own schema, and what of it the schema lets pass.

Like `kubectl apply --dry-run=server --validate=strict`, without a cluster: fields that there are not, which a server
drops, are wrong too. What a cluster alone knows (quotas, images, the operator's version) is not checked.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_SCHEMA = Path(__file__).parent / "schemas" / "rayjob-v1.json.gz"
_LONGEST = 47
"""Letters of a RayJob's name: KubeRay makes others of it."""


def is_job(content: Any) -> bool:
    """Whether the content of a file is a RayJob."""
    return isinstance(content, dict) and content.get("kind") == "RayJob"


def problems(job: dict[str, Any]) -> list[str]:
    """Sentences about what is wrong with a RayJob, none if nothing is."""
    if "spec" not in job:
        return ["spec: there is none"]
    return list(_of_schema(job)) or [*_named(job), *_guarded(job), *_pods(job)]


def _of_schema(job: dict[str, Any]) -> Iterator[str]:
    from jsonschema import Draft202012Validator

    schema = _closed(json.loads(gzip.decompress(_SCHEMA.read_bytes())))
    for error in sorted(Draft202012Validator(schema).iter_errors(job), key=lambda error: list(map(str, error.path))):
        yield f"{'.'.join(map(str, error.path)) or 'the file'}: {error.message[:200]}"


def _closed(schema: Any) -> Any:
    """The schema, in which fields that it does not name are wrong."""
    if isinstance(schema, list):
        return [_closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(part) for key, part in schema.items()}
    named = isinstance(schema.get("properties"), dict) and schema.get("type") == "object"
    if named and "additionalProperties" not in schema and not schema.get("x-kubernetes-preserve-unknown-fields"):
        closed["additionalProperties"] = False
    return closed


def _named(job: dict[str, Any]) -> Iterator[str]:
    name = str((job.get("metadata") or {}).get("name", ""))
    if not 0 < len(name) <= _LONGEST:
        yield f"metadata.name: it has {len(name)} letters, and may have 1 to {_LONGEST}"


def _guarded(job: dict[str, Any]) -> Iterator[str]:
    if (_cluster(job).get("authOptions") or {}).get("mode") != "token":
        yield "spec.rayClusterSpec.authOptions: mode is not token, so that Ray's ports answer everybody"


def _pods(job: dict[str, Any]) -> Iterator[str]:
    """Every mount has its volume, and every container its limits."""
    cluster = _cluster(job)
    groups = [("head", cluster.get("headGroupSpec") or {})]
    groups += [(str(group.get("groupName")), group) for group in cluster.get("workerGroupSpecs") or []]
    for name, group in groups:
        pod = (group.get("template") or {}).get("spec") or {}
        volumes = {volume["name"] for volume in pod.get("volumes") or []}
        for container in pod.get("containers") or []:
            where = f"{name}, container {container['name']}"
            for mount in container.get("volumeMounts") or []:
                if mount["name"] not in volumes:
                    yield f"{where}: there is no volume {mount['name']!r}"
            if not (container.get("resources") or {}).get("limits"):
                yield f"{where}: it has no limits, and Ray counts its processors by them"


def _cluster(job: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = job["spec"].get("rayClusterSpec") or {}
    return found
