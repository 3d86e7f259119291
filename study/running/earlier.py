"""What the record of a run leaves unsaid, because it was begun when the study had no such field: a run is resumed as it
was begun."""

from __future__ import annotations

from typing import Any

from study.design.study import Study
from trainables.autodecoder.configuration import AutodecoderConfiguration

_UNSAID: dict[str, Any] = {
    "pruning": {"least_trials": 1}, "search_on": None, "final_on": None, "twins": {}, "usual": None, "primary": [],
    "sampler": "tpe", "usual_supervisions": None, "patience": None, "warm_start": {},
    "constraints": {"empty": None, "shown": None, "seconds": None},
}  # fmt: skip
"""Field → what was done before there was one; of a field with parts, what is new in it."""
_UNSAID_OF_NETWORKS: dict[str, Any] = {"base_weight": 0.0}
"""The same, of the fields of a method whose network is a decoder."""


def completed(configuration: dict[str, Any]) -> dict[str, Any]:
    """The recorded configuration of a study, with what it leaves unsaid."""
    # With sequences of its own a search chose as now; else on times between the tested ones.
    apart = configuration.get("search_sequences") is not None
    filled = {"validation": "other-sequences" if apart else "between"} | configuration
    for name, unsaid in _UNSAID.items():
        filled[name] = unsaid | filled.get(name, {}) if isinstance(unsaid, dict) else filled.get(name, unsaid)
    filled["methods"] = {
        name: _UNSAID_OF_NETWORKS | fields if "regularizers" in fields else fields
        for name, fields in configuration["methods"].items()
    }
    return filled


def as_begun(study: Study, configuration: dict[str, Any]) -> None:
    """Let the study do what a run of this recorded configuration did where its record is silent."""
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
    if "least_trials" not in configuration.get("pruning", {}):
        study.pruning.least_trials = _UNSAID["pruning"]["least_trials"]
    for name, method in study.methods.items():
        if isinstance(method, AutodecoderConfiguration):
            for field in _UNSAID_OF_NETWORKS.keys() - configuration["methods"].get(name, {}).keys():
                setattr(method, field, _UNSAID_OF_NETWORKS[field])
