"""The ledger: every claim that runs can test, with effect, interval, p and verdict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.claims.evidence import Evidence, NotTested
from analysis.claims.papers import claims
from analysis.claims.statement import NOT_TESTED, Claim, Finding
from analysis.statistics.comparison import FEWEST
from analysis.statistics.inference import holm
from analysis.tables import record
from analysis.tables.run import Run

SETTINGS = ("published", "best")
COLUMNS = [
    "id", "claim", "section", "study", "run", "supervision", "setting", "n", "unit", "effect", "low", "high", "p",
    "p_holm", "verdict", "note",
]  # fmt: skip


def studies() -> list[str]:
    """The names of the studies that some claim can be tested on, in the order of the claims."""
    return list(dict.fromkeys(study for claim in claims() for study in claim.studies))


def about(run: Run) -> list[Claim]:
    """The claims that can be tested on a run: those about its study, of shapes in space, which the papers write of."""
    in_space = record.dimension(run) == 3
    return [claim for claim in claims() if run.study in claim.studies and in_space]


def ledger(runs: Sequence[Run], setting: str = "published") -> pd.DataFrame:
    """One row per run and claim that can be tested on the run's study.

    Only confirmed rows on test times are used, at ``setting``: ``published`` unless asked, about which the claims are,
    or the search's ``best``. Columns: ``id, claim, section, study, run, supervision, setting``; ``n`` and ``unit``,
    how many of what vary independently; ``effect`` with its interval ``low`` to ``high``, in the metric's unit;
    ``p``, and ``p_holm`` corrected by Holm's method over the claims tested on the run; ``verdict``; ``note``, what
    the effect measures.

    A claim ``holds`` where ``p_holm`` is below 0.05 and the interval lies where the claim puts it; it ``does not
    hold`` where the interval lies wholly elsewhere or equivalence refutes it, for each claim on its own; else it is
    ``undecided``, as it is below three units. It is ``not tested`` where the run lacks what it needs; the note says
    what. Raises ``ValueError`` for an unknown setting.
    """
    if setting not in SETTINGS:
        raise ValueError(f"setting must be 'published' or 'best', not '{setting}'")
    tables = [table for run in runs if len(table := _of_run(run, setting))]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=COLUMNS)


def _of_run(run: Run, setting: str) -> pd.DataFrame:
    found = about(run)
    findings = [_examined(claim, run, setting) for claim in found]
    p = [told.p if isinstance(told, Finding) and told.n >= FEWEST else np.nan for told in findings]
    corrected = holm(np.array(p, dtype="float64"))
    lines = zip(found, findings, corrected, strict=True)
    return pd.DataFrame([_row(claim, told, p_holm, run, setting) for claim, told, p_holm in lines], columns=COLUMNS)


def _examined(claim: Claim, run: Run, setting: str) -> Finding | str:
    """What the claim's test finds, or why it cannot be made."""
    try:
        return claim.test.examine(Evidence.of(run, claim.supervision, setting))
    except NotTested as reason:
        return str(reason)


def _row(claim: Claim, found: Finding | str, p_holm: float, run: Run, setting: str) -> dict[str, Any]:
    address = {
        "id": claim.id,
        "claim": claim.statement,
        "section": f"{claim.paper}, {claim.section}",
        "study": run.study,
        "run": run.name,
        "supervision": claim.supervision,
        "setting": setting,
    }
    if isinstance(found, str):
        nothing = dict.fromkeys(("effect", "low", "high", "p", "p_holm"), np.nan)
        return {**address, "n": 0, "unit": record.unit_words(run), **nothing, "verdict": NOT_TESTED, "note": found}
    few = f"; n = {found.n} is too few, at least {FEWEST} are needed" if found.n < FEWEST else ""
    return {
        **address,
        "n": found.n,
        "unit": record.unit_words(run) if found.unit == record.unit(run) else f"{found.unit}s",
        "effect": found.effect,
        "low": found.low,
        "high": found.high,
        "p": found.p,
        "p_holm": p_holm,
        "verdict": found.verdict(p_holm),
        "note": found.note + few,
    }
