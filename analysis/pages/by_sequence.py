"""Every method on every recording: a table per supervision, for runs of few recordings."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from analysis import wording
from analysis.statistics import ensembles
from analysis.tables import lengths, record
from analysis.words.facts import Facts

MOST = 12
"""As many recordings stand beside each other."""


def by_sequence(facts: Facts) -> list[dict[str, Any]]:
    """Per supervision: ``name``, ``sequences`` (each with its ``scale`` and ``division``, in words, or empty) and
    ``rows``, in the order of the league: a ``method`` and the answer's metric of what it delivers on each. Empty where
    the sequences are no recordings."""
    run = lengths.measured(facts.run)
    scales, tested = lengths.scales(facts.run), record.tested(run)
    tested = tested[tested["setting"] == "best"]
    sequences = [str(name) for name in dict.fromkeys(tested["sequence"])]
    if not scales or not 1 <= len(sequences) <= MOST or facts.metric.name not in tested:
        return []
    headings = [
        {"name": name, "scale": _scale(scales.get(name)), "division": _division(tested, name)} for name in sequences
    ]
    whole = run.ensembles
    whole = whole[(whole["draw"] == ensembles.ALL) & (whole["role"] == "test") & (whole["setting"] == "best")]
    together, single = _means(whole, facts.metric.name), _means(tested, facts.metric.name)
    found = []
    for supervision in facts.supervisions:
        rows = [
            {
                "method": method,
                "numbers": [
                    wording.number(
                        together.get((supervision, method, name), single.get((supervision, method, name), math.nan))
                    )
                    for name in sequences
                ],
            }
            for method in facts.standing(supervision)["method"]
        ]
        found.append({"name": supervision, "sequences": headings, "rows": rows})
    return [table for table in found if table["rows"]]


def _means(table: pd.DataFrame, metric: str) -> dict[tuple[str, str, str], float]:
    """(supervision, method, sequence) → mean."""
    if table.empty or metric not in table:
        return {}
    address = ["supervision", "method", "sequence"]
    means = table.astype(dict.fromkeys(address, "str")).groupby(address)[metric].mean().dropna().reset_index()
    return {(row["supervision"], row["method"], row["sequence"]): row[metric] for row in means.to_dict("records")}


def _scale(scale: lengths.Scale | None) -> str:
    return f"1 domain unit is {wording.number(scale.length)} {scale.unit}" if scale else ""


def _division(tested: pd.DataFrame, sequence: str) -> str:
    if "division_time" not in tested:
        return ""
    times = tested.loc[tested["sequence"] == sequence, "division_time"].dropna()
    return f"divides at t = {times.iloc[0]:.3g}" if len(times) else ""
