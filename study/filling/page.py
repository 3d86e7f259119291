"""The report of a filled recording: one HTML file that needs nothing else, and begins with the recording and its new
frames."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from analysis import wording
from analysis.pages.report import environment
from study.filling import drawing, expected
from study.filling.choice import FINDINGS, interval, paired, wording_of
from study.filling.competition import SUPERVISION
from study.filling.rules import label

if TYPE_CHECKING:
    from jinja2 import Environment

    from study.filling.job import Job


def render(job: Job) -> tuple[str, dict[str, bytes]]:
    """The page, and its pictures by name."""
    assert job.filled is not None
    figures = drawing.drawings(job)

    def figure(name: str) -> Markup:
        if name not in figures:
            return Markup()
        held = figures[name]
        source = base64.b64encode(held.png).decode()
        return Markup(
            '<figure><img src="data:image/png;base64,{}" alt="{}" style="max-width: {}px">'
            "<figcaption>{}</figcaption></figure>"
        ).format(source, held.caption, held.width, held.caption)

    new = [moment for moment in job.moments if not moment.measured]
    page = _environment().get_template("page.html").render(
        figure=figure,
        name=job.opened.recording.name,
        run=job.folder.name,
        command=job.record["command"],
        new=len(new),
        measured=len(job.moments) - len(new),
        answers=job.answers(),
        error=error_sentence(job),
        unit=wording_of(job.unit),
        understood=job.opened.understood,
        notes=[
            *job.opened.recording.notes,
            *(f"left out: {label}, {why}" for label, why in job.opened.left_out.items()),
            *job.filled.filler.notes,
        ],
        exported=str(job.exported),
        modelled=job.asked.model_frames,
        candidates=_candidates(job),
        hidden=len(job.rows.drop_duplicates(["pattern", "label", "time_index"])) if len(job.rows) else 0,
        distances=_distances(job),
        provenance=_provenance(job),
    )  # fmt: skip
    return page, {name: held.png for name, held in figures.items()}


def _environment() -> Environment:
    """That of all reports, which also finds this page."""
    from jinja2 import ChoiceLoader, FileSystemLoader

    found = environment()
    own = FileSystemLoader(Path(__file__).parent)
    found.loader = ChoiceLoader([own, found.loader]) if found.loader is not None else own
    found.filters["capitalise"] = lambda text: text[:1].upper() + text[1:]
    return found


def error_sentence(job: Job) -> str:
    """What is to be expected of new frames."""
    rows = [row for row in job.filled.rows if not row["measured"]] if job.filled is not None else []
    if job.moments and all(moment.measured for moment in job.moments):
        return "There is no new frame: at every time that was asked for there is a measured one, written as it is."
    unit = wording_of(job.unit)
    if job.expected is None or not rows:
        return "How far off new frames are cannot be told, since no frame could be hidden."
    errors = sorted(float(row["expected_error"]) for row in rows)
    inferred = any(row["expected_by"] != "hidden frames" for row in rows)
    said = (
        f"New frames are expected to be off by {wording.number(errors[0])} to {wording.number(errors[-1])} {unit} on "
        f"average over a surface, {wording.number(errors[len(errors) // 2])} {unit} in the middle of them"
    )
    if inferred:
        said += "; they are nearer to measured frames than any that could be hidden, which this is inferred from"
    return f"{said}."


def _candidates(job: Job) -> list[dict[str, str]]:
    if not len(job.rows):
        return []
    whole = job.rows[~job.rows["divides"].astype(bool)]
    divides = job.rows[job.rows["divides"].astype(bool)]
    order = job.methods.order
    table = paired(whole if len(whole) else divides, order)
    trials = list(job.folder.trials().values())
    lines = []
    for rule in table.columns:
        difference = table[rule] - table["linear"]
        low, high = interval(difference)
        mine, parted = job.rows[job.rows["rule"] == rule], divides[divides["rule"] == rule]
        kinds = {"whole": "✓", "divides": "✓ where cells divide"}
        chosen = [kinds[kind] for kind, choice in job.choices.items() if choice.rule == rule]
        seconds = sum(t["seconds"] for t in trials if t["method"] == label(rule) and t["supervision"] == SUPERVISION)
        lines.append(
            {
                "rule": rule,
                "chosen": ", ".join(chosen if len(divides) else chosen[:1]),
                "error": wording.number(table[rule].mean()),
                "difference": "" if rule == "linear" else wording.signed(difference.mean()),
                "interval": "" if rule == "linear" else wording.interval(low, high),
                "dice": wording.number(mine["dice"].mean()),
                "divides": wording.number(parted["chamfer"].mean()) if len(parted) else "",
                "empty": str(int(mine["empty"].sum()) or ""),
                "seconds": f"{seconds:.0f}",
            }
        )
    return lines


def _distances(job: Job) -> list[dict[str, str]]:
    if job.expected is None:
        return []
    lines = []
    for row in expected.table(job.wider, job.expected).to_dict("records"):
        line = {"distance": f"{row['distance']:g}", "shapes": str(row["shapes"])}
        line |= {name: wording.number(row[name]) for name in ("error", "curve")}
        lines.append(line | {"interval": f"{wording.number(row['low'])} to {wording.number(row['high'])}"})
    return lines


def _provenance(job: Job) -> dict[str, Any]:
    versions = job.record["versions"]
    return {
        "recording": job.asked.recording,
        "made": job.record["created"],
        "version": f"{versions.get('shape-sequence-studies', '')} {job.record['commit']}".strip(),
        "machine": f"{job.record['machine']['host']}, {job.record['machine']['cores']} cores",
        "seed": str(job.record["seed"]),
        "choices without hidden frames": FINDINGS,
    }
