"""What the parent run says about its study: parameters, tags, and a description of what to look at."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from study.tracking.rows import texts

DESCRIPTION = """\
**{question}**

Methods {methods}, baseline *{baseline}*; supervision {supervisions};
{trials_per_arm} trials an arm, {replicates} replicates ({replication_unit}).
The search was to {objective}.

Each child run is one replicate of one trial. Filter them with
`tags.phase = 'confirm' AND tags.setting = 'best'` to see those that count, or group them by the tags
`method`, `supervision`, `phase` (`search`, `final`, `confirm`) and `setting` (`search`, `finalist`, `best`,
`published`).
Mark some, press *Compare*, and look at the charts:

| chart | shows |
|---|---|
{metrics}
| `validation/…`, `shown/…` | the same at validation times, and at times that the model was shown |
| `mean/…` | the mean over all times of a role |
| `train/…` | the loss terms while training |

In `test/`, `validation/` and `shown/` the step is the **time index** of the sequence, in `train/` the epoch.
The tables behind all of this are the Parquet files of the run folder.
"""


def parameters(record: Mapping[str, Any]) -> dict[str, str]:
    """What stays the same when a run is resumed or extended: MLflow never changes a parameter."""
    return texts(
        {
            "preset": record.get("preset"),
            "seed": record.get("seed"),
            "methods": ", ".join(record["methods"]),
            "supervisions": ", ".join(record["supervisions"]),
            "baseline": record.get("baseline"),
            "objective": _objective(record),
            "replication_unit": record.get("replication_unit"),
        }
    )


def tags(record: Mapping[str, Any]) -> dict[str, str]:
    """What finds the run, what an extension may change, and what MLflow shows in places of its own."""
    return texts(
        {
            "kind": "run",
            "study": record["study"],
            "run": record["run"],
            "trials_per_arm": record.get("trials_per_arm"),
            "replicates": record.get("replicates"),
            "commit": record.get("commit"),
            **{f"version.{name}": version for name, version in record.get("versions", {}).items()},
            "mlflow.source.type": "LOCAL",
            "command": record.get("command"),
            "mlflow.source.name": _source(record.get("command")),
            "mlflow.source.git.commit": record.get("commit"),
            "mlflow.user": os.environ.get("USER") or os.environ.get("LOGNAME"),
            "mlflow.note.content": description(record),
        }
    )


def description(record: Mapping[str, Any]) -> str:
    """Markdown for the head of the parent's page."""
    rows = []
    for metric in record["metrics"]:
        unit = f", {metric['unit']}" if metric.get("unit") else ""
        rows.append(f"| `test/{metric['name']}` | {metric['label']}{unit}, {metric['better']} is better |")
    return DESCRIPTION.format(
        question=record.get("question") or record["study"],
        methods=", ".join(record["methods"]),
        baseline=record.get("baseline"),
        supervisions=" and ".join(record["supervisions"]),
        trials_per_arm=record.get("trials_per_arm"),
        replicates=record.get("replicates"),
        replication_unit=record.get("replication_unit"),
        objective=_objective(record),
        metrics="\n".join(rows),
    )


def child_description(record: Mapping[str, Any], child: Mapping[str, str]) -> str:
    """Markdown for the head of a child's page, from its tags."""
    names = [str(metric["name"]) for metric in record["metrics"]]
    first = names[0] if names else "…"
    state = f", {child['state']}" if child.get("state", "complete") != "complete" else ""
    what = {
        "search": f"One setting of the search{state}: it counts at `validation/{first}`, and never saw test times.",
        "final": f"One of the search's best, trained again with new seeds{state}: it counts at `validation/{first}`.",
        "confirm": f"Retrained with a seed new to the search{state}: `test/{first}` is what the report compares.",
    }.get(child.get("phase", ""), "")
    setting = {"best": " at the search's best setting", "published": " at the published setting"}
    where = setting.get(child.get("setting", ""), "")
    return (
        f"**{child.get('method')}** under {child.get('supervision')} supervision{where}, replicate "
        f"{child.get('replicate')}. {what} In `test/`, `validation/` and `shown/` the step is the time index, in "
        "`train/` the epoch."
    )


def dataset(record: Mapping[str, Any]) -> dict[str, str]:
    """The data set as MLflow lists it: what it is, where it comes from, its digest, and how its times are used.

    Equal for equal data, so that runs on the same data are found by its digest.
    """
    configuration = record.get("configuration") or {}
    methods, data = configuration.get("methods") or {}, record.get("data") or {}
    first: Mapping[str, Any] = methods.get(record.get("baseline")) or next(iter(methods.values()), {})
    content = {
        "sequences": first.get("sequences"),
        "supervisions": configuration.get("supervisions"),
        "recording": {name: data[name] for name in ("source", "left_out") if name in data},
    }
    digest = hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:16]
    shown = content["supervisions"] or {}
    roles: dict[str, dict[str, int]] = {
        name: dict(Counter(entry.get("roles", []))) for name, entry in shown.items() if isinstance(entry, Mapping)
    }
    profile = {"sequences": len(content["sequences"] or []), "times by role": roles}
    where = str(data.get("source") or f"analytic: {record['study']}")
    return {
        "name": str(record["study"]),
        "digest": digest,
        "source_type": "recording" if data.get("source") else "code",
        "source": json.dumps({"url": where}, ensure_ascii=False),
        "profile": json.dumps(profile, ensure_ascii=False),
    }


def _source(command: str | None) -> str | None:
    """The command without its options: in its list MLflow shows what follows the last slash."""
    return None if command is None else re.split(r"\s-(?!m\s)|/|\(", command)[0].strip()


def _objective(record: Mapping[str, Any]) -> str:
    objective = record["objective"]
    cost = f", and to minimize {objective['cost']}" if objective.get("cost") else ""
    return f"{objective['direction']} {objective['metric']} at {objective['role']} times{cost}"
