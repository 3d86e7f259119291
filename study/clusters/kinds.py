"""Of which kind the parts of a cluster file are that :mod:`study.clusters.checks` reads; all else is Ray's to check."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Commands = list[str]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow")


class _Market(_Part):
    market: str | None = Field(None, alias="MarketType")


class _Instance(_Part):
    type: str | None = Field(None, alias="InstanceType")
    options: _Market | None = Field(None, alias="InstanceMarketOptions")


class _Node(_Part):
    node_config: _Instance | None = None
    resources: dict[str, int | float] = {}
    priority: int | float = 0


class _Docker(_Part):
    image: str | None = None
    head_image: str | None = None
    worker_image: str | None = None


class _Provider(_Part):
    type: str | None = None
    head_ip: str | None = None
    worker_ips: list[str] | None = None


class _Cluster(_Part):
    provider: _Provider
    docker: _Docker | None = None
    available_node_types: dict[str, _Node] | None = None
    head_node_type: str | None = None
    max_workers: int = 0
    min_workers: int = 0
    file_mounts: dict[str, Any] | None = None
    cluster_synced_files: list[str] | None = None
    initialization_commands: Commands = []
    setup_commands: Commands = []
    head_setup_commands: Commands = []
    worker_setup_commands: Commands = []
    head_start_ray_commands: Commands = []
    worker_start_ray_commands: Commands = []


def wrong(cluster: dict[str, Any]) -> list[str]:
    """Sentences about parts that are of another kind, none if all are of theirs."""
    try:
        _Cluster.model_validate(cluster)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        return list(dict.fromkeys(f"{'.'.join(map(str, one['loc']))}: {_said(one['msg'])}" for one in found))
    return []


def _said(message: str) -> str:
    return message.replace("Input should be a valid", "it is no").replace("dictionary", "mapping")
