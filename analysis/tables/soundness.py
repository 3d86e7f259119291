"""What a run's record holds: a typed schema with a version, checked once, when the record is opened.

Whatever is absent is no damage: runs of earlier versions and runs that have only begun lack it, and readers do without.
What is there is of its kind. Fields that are not named here may be anything: newer versions add some.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

SCHEMA = 1
"""Of records that are written now; those of earlier versions have no number. It grows when a reader of before would
misunderstand a record."""


class DamagedTable(ValueError):
    """A file of a table does not hold what it should; the message names it."""


def _path_name(value: str) -> str:
    """What may become the name of a file or folder, here or in MLflow."""
    if not may_be_a_path(value):
        raise ValueError("not a name but leads elsewhere")
    return value


def may_be_a_path(value: str) -> bool:
    """Whether a name stays where it is put, in a folder and between the quotation marks of a search in MLflow."""
    try:
        short = len(value.encode()) <= 255
    except UnicodeEncodeError:  # bytes that no encoding knows
        return False
    return short and value not in (".", "..") and not re.search(r'[/\\"\x00-\x1f\x7f]', value)


def _moment(value: str) -> str:
    datetime.fromisoformat(value)
    return value


Name = Annotated[str, AfterValidator(_path_name)]
Text = Annotated[str, Field(max_length=100_000)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, le=10**9)]
Seconds = Annotated[float, Field(ge=-1e10, le=1e10)]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow")


class Metric(_Part):
    """How a column of `per_time` is read."""

    name: Text
    label: Text | None = None
    unit: Text | None = None
    better: Literal["lower", "higher", "neither"] | None = None
    per: Text | None = None
    margin: Number | None = None


class Objective(_Part):
    """What the search ranks on."""

    metric: Text = ""
    direction: Literal["minimize", "maximize"] | None = None
    role: Text | None = None
    cost: Text | None = None


class Comparison(_Part):
    """A comparison that was named before there was a result."""

    method: Text
    baseline: Text
    supervision: Text


class Session(_Part):
    """One start of a run, until its end or interruption."""

    started: Annotated[str, AfterValidator(_moment)] | None = None
    total: Seconds | None = None
    busy: Seconds | None = None
    phases: dict[str, Seconds] | None = None


class Choices(_Part):
    """What was given on the command line."""

    preset: Text | None = None
    trials: Count | None = None
    replicates: Count | None = None
    seed: Annotated[int, Field(ge=0)] | None = None
    methods: list[Text] | None = None
    supervisions: list[Text] | None = None
    changes: list[Text] | None = None


class Data(_Part):
    """What was read."""

    source: Text | None = None
    left_out: dict[str, Text] | None = None
    notes: list[Text] | None = None
    understood: Text | None = None


class Configuration(_Part):
    """What makes the study again; its methods are checked by their own classes when a run is resumed."""

    methods: dict[str, dict[str, Any]] | None = None
    supervisions: dict[str, Any] | None = None


class Record(_Part):
    """`study.json`."""

    schema_: Annotated[int, Field(ge=0, alias="schema")] = 0
    study: Name | None = None
    run: Name | None = None
    status: Literal["running", "unfinished", "finished"] | None = None
    phase: Literal["search", "final", "confirm", "report"] | None = None
    phase_trials: Count | None = None
    created: Text | None = None
    created_ms: Annotated[int, Field(ge=-(2**53), le=2**53)] | None = None
    finished: Annotated[str, AfterValidator(_moment)] | None = None
    preset: Text | None = None
    seed: Annotated[int, Field(ge=0)] | None = None
    seeds: dict[str, Any] | None = None
    command: Text | None = None
    question: Text | None = None
    baseline: Text | None = None
    replication_unit: Text | None = None
    unit: Text | None = None
    subject: Text | None = None
    dimension: Literal[2, 3] | None = None
    validation: Literal["left-out", "other-sequences", "between"] | None = None
    commit: Text | None = None
    tracking_uri: Text | None = None
    trials_per_arm: Count | None = None
    search_trials: Count | None = None
    replicates: Count | None = None
    operations: Any = None
    gpus: Number | None = None
    methods: list[Text] | None = None
    supervisions: list[Text] | None = None
    controls: list[Text] | None = None
    searched_sequences: list[Text] | None = None
    references: dict[str, Text] | None = None
    twins: dict[str, Any] | None = None
    versions: dict[str, Any] | None = None
    machine: dict[str, Any] | None = None
    durations: dict[str, Number] | None = None
    objective: Objective | None = None
    metrics: list[Metric] | None = None
    primary: list[Comparison] | None = None
    constraints: dict[Text, Number] | None = None
    sessions: list[Session] | None = None
    choices: Choices | None = None
    data: Data | None = None
    configuration: Configuration | None = None


def damage(record: dict[str, Any]) -> str:
    """What is wrong with a record, in words that follow its name; empty if nothing is."""
    version = record.get("schema")
    if isinstance(version, int) and version > SCHEMA:
        return f"is of a newer version (schema {version}, and {SCHEMA} is the newest known here); install that version"
    try:
        Record.model_validate(record)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        reason = re.sub(r"a valid dictionary( or instance of \w+)?", "an object", first["msg"])
        reason = reason.removeprefix("Value error, ").replace("valid string", "text").replace("a valid", "a")
        return f"is damaged: '{where}': {reason[0].lower()}{reason[1:]}; restore it"
    odd = next((name for name, value in record.items() if not _writable(value)), None)
    return "" if odd is None else f"is damaged: '{odd}': it has half of a letter, which no file can hold; restore it"


def _writable(value: object) -> bool:
    """Whether what JSON has escaped can be written without: half of a pair of surrogates cannot."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True
