"""The report of a run: one HTML file that needs nothing else, and begins with the answer.

It renders for partial runs too, and says what is missing.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis import claims, figures, wording
from analysis.pages import by_sequence, embedding, first_screen
from analysis.pages.viewer import viewer
from analysis.statistics import subject_errors, verdicts
from analysis.statistics.search import searched
from analysis.tables import record
from analysis.tables.credentials import of_uri, without_credentials
from analysis.tables.run import Run
from analysis.words import families, sentences
from analysis.words.facts import Facts, gather
from analysis.words.recommendation import recommendations

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATE = "report.html"
SECTIONS = {
    "time": "Over time",
    "surfaces": "All methods, and surfaces in 3D",
    "comparison": "Differences to the baseline",
    "search": "The search",
    "training": "Training",
    "more": "More figures",
}
"""Sections that figures stand in, beside ``first``, the first screen."""
WITHOUT_VIEWER = "The shapes are in the plane: there are no surfaces that could be turned in 3D."
VERDICT_CLASS = {"better": "better", "worse": "worse"}


def render(run: Run, drawings: Sequence[figures.Drawing] | None = None) -> str:
    """The report as HTML text. ``drawings`` are the figures where they have been drawn already."""
    facts = gather(run)
    drawings = figures.drawings(run) if drawings is None else drawings
    kept, plane = any(drawing.name.startswith("surfaces") for drawing in drawings), record.dimension(run) == 2
    in_3d = kept and not plane
    shown = embedding.embedded(drawings, embedding.for_figures(in_3d))
    return (
        environment()
        .get_template(TEMPLATE)
        .render(
            run=run,
            question=run.record.get("question") or "",
            answer=sentences.from_facts(facts),
            recommendations=recommendations(facts),
            metric=facts.metric,
            screens=first_screen.screens(facts),
            recordings=by_sequence.by_sequence(facts),
            objective=record.objective(run).axis,
            first=[one for one in shown if one["drawing"].section == "first"],
            figures={name: [one for one in shown if one["drawing"].section == name] for name in SECTIONS},
            titles=SECTIONS | ({"surfaces": "All methods, and outlines"} if plane else {}),
            without_viewer=WITHOUT_VIEWER if kept and plane else "",
            viewer=viewer([run], embedding.for_surfaces(shown)) if in_3d else None,
            league=_league(facts),
            comparison=_comparison(facts),
            unit=_unit(facts),
            noise="" if facts.unit == "replicate" else " and one standard error",
            correction=families.correction(run),
            corrected=families.heading(run),
            cases=record.cases(run),
            subject=record.subject(run),
            averaged=f"{facts.replicates} replicates" if record.timeless(run) else "test times",
            errors=_errors(facts),
            transfer=_transfer(facts),
            claims=_claims(facts),
            search=_search(facts),
            searched=searched(run),
            problems=problems(facts),
            provenance=provenance(run),
            configuration=json.dumps(run.record.get("configuration") or {}, indent=2, ensure_ascii=False),
        )
    )


def environment() -> Environment:
    """Where templates find each other; what a run says is text on the page, never markup."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    found = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    found.filters["unbroken"] = _unbroken
    return found


def _unbroken(sentence: str) -> str:
    """``sentence`` with no line break inside “95 %” or “n = 6”."""
    return sentence.replace(" %", "\u00a0%").replace("n = ", "n\u00a0=\u00a0").replace("p = ", "p\u00a0=\u00a0")


def _comparison(facts: Facts) -> list[dict[str, Any]]:
    """One group of rows per metric and setting; the answer's metric first."""
    names = {"best": "at the search's best", "published": "at the published setting"}
    ordered = sorted(facts.metrics, key=lambda metric: metric.name != facts.metric.name)
    address = ["metric", "setting", "supervision", "method"]
    tested = facts.league[facts.league["role"] == "test"].to_dict("records")
    standings = {tuple(line[name] for name in address): line for line in tested}
    groups = []
    for metric in ordered:
        for setting, name in names.items():
            table = facts.comparisons
            rows = table[(table["metric"] == metric.name) & (table["setting"] == setting)]
            if len(rows):
                lines = [
                    _line(row, standings[tuple(row[name] for name in address)], facts)
                    for row in rows.to_dict("records")
                ]
                groups.append({"title": f"{metric.axis}, {name}", "metric": metric, "rows": lines})
    return groups


def _league(facts: Facts) -> list[dict[str, Any]]:
    """What each method delivers beside what its single networks score, the best first within a supervision."""
    lines = []
    for supervision in facts.supervisions:
        chosen = (facts.line(supervision) or {}).get("method")
        for row in facts.standing(supervision).to_dict("records"):
            line = {
                "supervision": supervision, "method": row["method"], "chosen": row["method"] == chosen,
                "interval": wording.between(row["low"], row["high"]),
                "networks": "none" if row["method"] in facts.references else wording.plain(row["replicates"]),
            }  # fmt: skip
            line |= {name: wording.number(row[name]) for name in ("ensemble", "single", "single_with_surface")}
            line |= {name: _share(row[name]) for name in ("empty_ensemble", "empty_single")}
            lines.append(line)
    return lines


def _share(value: float) -> str:
    return "–" if np.isnan(value) else wording.percent(value)


def _unit(facts: Facts) -> str:
    """What n counts, in words."""
    name, subject = record.unit_name(facts.run), record.subject(facts.run)
    averaged = {
        "replicate": f"its {facts.sequences} {subject}s" if facts.sequences > 1 else "",
        "sequence": f"its {facts.replicates} replicates" if facts.replicates > 1 else "",
    }.get(facts.unit, f"its {subject}s and their replicates")
    return f"{name}s ({record.unit_words(facts.run)})" + (f", each averaged over {averaged}" if averaged else "")


def _errors(facts: Facts) -> list[dict[str, Any]]:
    """The errors of every subject in the manner of Waibel 2022, table 1: a table for each class, all of them first."""
    table = subject_errors.errors(facts.run)
    lines = []
    for row in table.to_dict("records"):
        numbers: dict[str, Any] = {name: wording.number(row[name]) for name in ("median", "mean", "sd")}
        p, folds = ("", "") if np.isnan(row["p"]) else (_p(row["p"]), f"{row['better']} of {row['folds']}")
        label = next(metric.label for metric in facts.metrics if metric.name == row["metric"])
        about = {"class": row["class"], "n": row["n"], "method": row["method"]}
        lines.append({**about, **numbers, "p": p, "folds_better": folds, "metric": label})
    groups: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        groups.setdefault(line["class"], []).append(line)
    return [{"title": title, "n": rows[0]["n"], "rows": rows} for title, rows in groups.items()]


def _p(value: float) -> str:
    return wording.probability(value).removeprefix("= ")


def _transfer(facts: Facts) -> dict[str, Any] | None:
    """The difference to the baseline on the searched sequences and on the others, per arm."""
    rows = [
        {
            "supervision": row["supervision"],
            "method": row["method"],
            "searched": wording.signed(row["searched"]),
            "n": int(row["n"]),
            "difference": wording.signed(row["difference"]),
            "interval": wording.interval(row["low"], row["high"]),
        }
        for row in facts.transfer.to_dict("records")
    ]
    return {"sequences": record.searched_sequences(facts.run), "rows": rows} if rows else None


def _claims(facts: Facts) -> list[dict[str, Any]]:
    """The published claims that this run has tested, at the published setting."""
    table = claims.ledger([facts.run]) if facts.run.finished else pd.DataFrame()
    return [
        {
            "claim": row["claim"],
            "section": row["section"],
            "n": int(row["n"]),
            "effect": wording.signed(row["effect"]),
            "interval": wording.interval(row["low"], row["high"]),
            "p": wording.probability(verdicts.adjusted(row)).removeprefix("= "),
            "verdict": row["verdict"],
            "note": row["note"],
        }
        for row in table.to_dict("records")
        if row["verdict"] != claims.NOT_TESTED
    ]


def _line(row: Mapping[Hashable, Any], standing: Mapping[Hashable, Any], facts: Facts) -> dict[str, Any]:
    """A row of a comparison, with what the method delivers beside it."""
    note = facts.references.get(row["method"], "")
    return {
        "ensemble": wording.number(standing["ensemble"]),
        "ensemble_interval": wording.between(standing["low"], standing["high"]),
        "supervision": row["supervision"],
        "method": row["method"] + (f" ({note})" if note else ""),
        "n": int(row["n"]),
        "baseline_mean": wording.number(row["baseline_mean"]),
        "method_mean": wording.number(row["method_mean"]),
        "difference": wording.signed(row["difference"]),
        "interval": wording.interval(row["low"], row["high"]),
        "p": wording.probability(verdicts.adjusted(row)).removeprefix("= "),
        "effect": wording.signed(row["effect_size"], 2),
        "verdict": families.verdict(row),
        "kind": VERDICT_CLASS.get(row["verdict"], "open"),
    }


def problems(facts: Facts) -> list[dict[str, Any]]:
    """What failed, the same reason in the same arm on one line."""
    address = ["supervision", "method", "phase", "state", "reason"]
    grouped = facts.problems.groupby(address, sort=False)["trial"].agg(["size", "first"]).reset_index()
    return [{str(name): value for name, value in row.items()} for row in grouped.to_dict("records")]


def _search(facts: Facts) -> list[dict[str, Any]]:
    """Per arm: what ended how, the best objective, the best parameters, and how the best compares with the
    published one."""
    arms = []
    settings = facts.settings.to_dict("records") if len(facts.settings) else []
    for arm in facts.arms.to_dict("records"):
        mine = facts.parameters[
            (facts.parameters["method"] == arm["method"]) & (facts.parameters["supervision"] == arm["supervision"])
        ]
        against = [
            row for row in settings if (row["method"], row["supervision"]) == (arm["method"], arm["supervision"])
        ]
        arms.append(
            {
                **{str(name): value for name, value in arm.items()},
                "best_objective": wording.number(arm["best_objective"]),
                "parameters": [_parameter(row) for row in mine.to_dict("records")],
                "against": _against(against[0]) if against else None,
            }
        )
    return arms


def _parameter(row: Mapping[Hashable, Any]) -> dict[str, Any]:
    published = None if row["published"] is None or row["same"] else _value(row["published"])
    return {"name": row["parameter"], "best": _value(row["best"]), "published": published, "same": row["same"]}


def _against(row: Mapping[Hashable, Any]) -> dict[str, str]:
    text = f"{wording.signed(row['difference'])} ({wording.interval(row['low'], row['high'])})"
    return {"text": text, "verdict": row["verdict"], "kind": VERDICT_CLASS.get(row["verdict"], "open")}


def _value(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    if isinstance(value, (int, float, np.number)):
        return f"{float(value):.4g}".replace("-", "−")
    return str(value)


def provenance(run: Run) -> list[tuple[str, str]]:
    """(name, value) of everything needed to do the run again."""
    known = run.record
    durations: dict[str, float] = known.get("durations") or {}
    fraction = durations.get("overhead_fraction")
    times = [f"{name} {wording.duration(durations[name])}" for name in durations if name != "overhead_fraction"]
    if fraction is not None:
        times.append(f"overhead is {wording.percent(fraction)} of the total")
    seeds = run.per_time.loc[run.per_time["phase"] == "confirm", "seed"].unique()
    entries = [
        ("command", without_credentials(known.get("command") or "")),
        ("run", f"{run.name} ({run.status})"),
        ("location", of_uri(run.location)),
        ("created", known.get("created")),
        ("finished", known.get("finished")),
        ("preset", known.get("preset")),
        ("seed", known.get("seed")),
        ("seeds of the replicates", ", ".join(str(seed) for seed in sorted(seeds))),
        ("seeds of the search", ", ".join(map(str, (known.get("seeds") or {}).get("search", [])))),
        ("data", (known.get("data") or {}).get("source")),
        ("trials per arm", known.get("trials_per_arm")),
        ("replicates", known.get("replicates")),
        ("ranked on", f"{record.objective(run).label} ({record.objective(run).better} is better)"),
        ("settings chosen on", record.chosen_on(run)),
        ("durations", ", ".join(times)),
        ("stopped and resumed", _resumed(known.get("sessions") or [])),
        ("commit", known.get("commit")),
        ("versions", _pairs(known.get("versions"))),
        ("machine", _pairs(known.get("machine"))),
    ]
    return [(name, str(value)) for name, value in entries if not _absent(value)]


def _resumed(sessions: Sequence[Mapping[str, Any]]) -> str:
    """When a run was resumed, if it was; commit, versions and machine are those of its last session."""
    return ", ".join(str(session.get("started")) for session in sessions[1:])


def _pairs(values: object) -> str:
    if isinstance(values, dict):
        return ", ".join(f"{name} {value}" for name, value in values.items())
    return "" if values is None else str(values)


def _absent(value: object) -> bool:
    return value is None or value == "" or value is pd.NA
