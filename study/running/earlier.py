"""What the record of a run leaves unsaid, because it was begun when the study had no such field: a run is resumed as it
was begun."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from optuna.distributions import json_to_distribution
from pydantic import ValidationError

from study.design.study import Study
from trainables.autodecoder.configuration import AutodecoderConfiguration

_UNSAID: dict[str, Any] = {
    "pruning": {"least_trials": 1}, "search_on": None, "final_on": None, "twins": {}, "usual": None, "primary": [],
    "sampler": "tpe", "usual_supervisions": None, "patience": None, "warm_start": {},
    "constraints": {"empty": None, "shown": None, "seconds": None}, "finalists": 1, "finalist_replicates": 4,
    "fewer_replicates": None,
}  # fmt: skip
"""Field → what was done before there was one; of a field with parts, what is new in it."""
_UNSAID_OF_NETWORKS: dict[str, Any] = {"base_weight": 0.0, "candidates": 1 << 18}
"""The same, of the fields of a method whose network is a decoder."""
_UNSAID_OF_FIELDS: dict[str, Any] = {"start": "rest"}
"""The same, of fields that are learned between two images."""
_SAID_OTHERWISE = {"algorithm", "halve_every"}
"""Fields of methods of which defaults or presets have said otherwise since."""


def completed(configuration: dict[str, Any]) -> dict[str, Any]:
    """The recorded configuration of a study, with what it leaves unsaid."""
    # With sequences of its own a search chose as now; else on times between the tested ones.
    apart = configuration.get("search_sequences") is not None
    filled = {"validation": "other-sequences" if apart else "between"} | configuration
    for name, unsaid in _UNSAID.items():
        filled[name] = unsaid | filled.get(name, {}) if isinstance(unsaid, dict) else filled.get(name, unsaid)
    filled["methods"] = {name: _unsaid(fields) | fields for name, fields in configuration["methods"].items()}
    return filled


def _unsaid(fields: dict[str, Any]) -> dict[str, Any]:
    """Of a method with these recorded fields."""
    if "regularizers" in fields:
        return _UNSAID_OF_NETWORKS
    return _UNSAID_OF_FIELDS if "steps_per_epoch" in fields else {}


def as_begun(study: Study, configuration: dict[str, Any]) -> None:
    """Let the study do what a run of this recorded configuration did, where its record is silent, or says what has been
    otherwise since: the search space, and a few fields."""
    if "usual" not in configuration:
        study.usual = None
    if "usual_supervisions" not in configuration:
        study.usual_supervisions = None
    if "primary" not in configuration:
        study.primary = []
    if "validation" not in configuration:
        study.validation, study.search_on = completed(configuration)["validation"], None
    if "final_on" not in configuration:
        study.final_on = None
    for field in {"finalists", "finalist_replicates", "fewer_replicates"} - configuration.keys():
        setattr(study, field, _UNSAID[field])
    if "least_trials" not in configuration.get("pruning", {}):
        study.pruning.least_trials = _UNSAID["pruning"]["least_trials"]
    with suppress(ValueError, KeyError, TypeError, AttributeError):  # what is no space differs, and is told
        study.space = {path: json_to_distribution(json.dumps(held)) for path, held in configuration["space"].items()}
    for name, method in study.methods.items():
        recorded = configuration["methods"].get(name, {})
        if isinstance(method, AutodecoderConfiguration):
            for field in _UNSAID_OF_NETWORKS.keys() - recorded.keys():
                setattr(method, field, _UNSAID_OF_NETWORKS[field])
        for field in _SAID_OTHERWISE & recorded.keys() & type(method).model_fields.keys():
            with suppress(ValidationError):  # what is no value of it differs, and is told
                setattr(method, field, recorded[field])
