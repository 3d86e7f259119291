"""One filling of a recording, from the competition to the report, in a run folder of its own."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from study.errors import Interrupted
from study.exporting.divisions import gaps
from study.exporting.formats import available
from study.exporting.writing import whole
from study.filling import labels, networks, rules
from study.filling.asked import Asked, Opened
from study.filling.choice import Choice, choose, sentence
from study.filling.competition import GAPS, Competition
from study.filling.expected import Expected, expect
from study.filling.formats import Films
from study.filling.frames import Filler
from study.filling.holdout import Fields
from study.filling.methods import Methods, chosen
from study.filling.moments import Moment, moments, pictured
from study.filling.rules import is_network, label
from study.filling.segments import Segment, segments
from study.running import provenance
from study.running.stop import Stop
from study.storage.credentials import of_command, of_uri
from study.storage.run_folder import RunFolder

if TYPE_CHECKING:
    from trainables.saved_model import SavedModel

KINDS = ("whole", "divides")
EXPORTS = ("exports", "labels")
"""Where in the run folder the frames are."""
PICTURED = 10
"""Frames that the report's first picture shows, at most."""


@dataclass(eq=False)
class Job:
    """What is asked, of which recording, and where it is kept."""

    asked: Asked
    opened: Opened
    folder: RunFolder
    tracking_uri: str
    say: Callable[[str], None]
    stop: Stop
    command: str = ""
    """How it was asked for, where not by the command line of this process."""
    record: dict[str, Any] = field(default_factory=dict)
    methods: Methods = field(default_factory=lambda: Methods([]))
    """What competes."""
    choices: dict[str, Choice] = field(default_factory=dict)
    moments: list[Moment] = field(default_factory=list)
    rows: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Scores of all rules that were tried on all hidden shapes."""
    untried: list[str] = field(default_factory=list)
    """Rules for which there was no time."""
    wider: pd.DataFrame = field(default_factory=pd.DataFrame)
    """All scores of the chosen rule."""
    expected: Expected | None = None
    filled: labels.Filled | None = None

    def begin(self, resumed: dict[str, Any] | None) -> None:
        """Write the record, so that the run is one; DamagedTable if frames would be written elsewhere."""
        recording = self.opened.recording
        for name in (EXPORTS[-1], *self.asked.formats):
            self.folder.inside(EXPORTS[0], name)
        self.methods = self._methods()
        self.record = resumed or {
            "study": "fill",
            "run": self.folder.name,
            "created": _now(),
            "created_ms": int(time.time() * 1000),
            "command": self.command or of_command(["python", "-m", "study.fill", *sys.argv[1:]]),
            "question": f"The frames between those of {recording.name}",
            "subject": "cell",
            "baseline": "linear-blend",
            "controls": [],
            "sessions": [],
        }
        self.record |= {
            "status": "running",
            "phase": "search",
            "finished": None,
            "seed": 0,
            "methods": [label(name) for name in self.methods.order],
            "references": {label(rule): "classical rule" for rule in self.methods.rules},
            "supervisions": list(GAPS.values()),
            "metrics": [
                {"name": "chamfer", "label": "Chamfer distance", "unit": self.unit, "better": "lower"},
                {"name": "hausdorff", "label": "Hausdorff distance", "unit": self.unit, "better": "lower"},
                {"name": "dice", "label": "Dice score", "unit": "", "better": "higher"},
            ],
            "objective": {"metric": "chamfer", "direction": "minimize", "role": "validation"},
            "replicates": 1,
            "trials_per_arm": 1,
            "replication_unit": "cells of one recording",
            "data": {
                "source": recording.name, "left_out": self.opened.left_out, "notes": recording.notes,
                "understood": self.opened.understood, "digest": self.opened.digest,
            },
            "asked": self.asked.record(),
            "tracking_uri": of_uri(self.tracking_uri),
            "versions": provenance.versions(),
            "commit": provenance.commit(),
            "machine": provenance.machine(),
        }  # fmt: skip
        self.record["sessions"].append({"started": _now()})
        self._began = time.monotonic()
        self._write()

    def run(self) -> None:
        """Compete, choose, fill, report; Interrupted if the user wants an end."""
        self._compete()
        self._fill()
        self._report()
        self.record |= {"status": "finished", "finished": _now()}
        self._write()

    def unfinished(self) -> None:
        """Say that the run is not finished."""
        self.record["status"] = "unfinished"
        self._write()

    def _compete(self) -> None:
        competition = Competition(
            self.opened.recording, self.folder, 60 * self.asked.minutes, self.methods, self.say, stop=self.stop
        )
        if self.asked.rule is None:
            competition.run()
            self._end_if_wanted()
        self.rows = competition.rows
        self.untried = competition.untried if self.asked.rule is None else []
        for kind in KINDS:
            self.choices[kind] = replace(choose(self.rows, self.methods.order, kind), unit=self.unit)
            if is_network(self.choices[kind].rule):
                self.choices[kind] = replace(self.choices[kind], anchor=competition.anchor)
            if self.asked.rule is not None:
                self.choices[kind] = Choice(self.asked.rule, kind, "the user")
        self.wider = competition.widen(self.choices["whole"].rule)
        self._end_if_wanted()
        self.expected = expect(self.wider)
        if self.folder.names("trials", ".json"):
            self.folder.compact("search")
        self.record["rules"] = {kind: choice.record() for kind, choice in self.choices.items()}
        self._write()

    def _fill(self) -> None:
        recording = self.opened.recording
        self.moments = moments(recording, self.asked.between, self.asked.at)
        new = [moment.time for moment in self.moments if not moment.measured]
        names = {kind: choice.rule for kind, choice in self.choices.items()}
        filler = Filler(recording, names, new, self._trained(), self.methods.interpolants)
        self.filled = labels.Filled(
            filler, self.moments, self.expected, self.asked.tracks is not None, self.asked.model_frames
        )
        count = iter(range(1, len(self.moments) + 1))

        def advance() -> None:
            self.say(f"frame {next(count)} of {len(self.moments)}")
            self._end_if_wanted()

        kinds = [available()[name] for name in self.asked.formats if name != EXPORTS[-1]]
        with ExitStack() as stack:
            folder, *others = (
                stack.enter_context(whole(self.exported.parent / name))
                for name in (EXPORTS[-1], *(k.name for k in kinds))
            )
            films = Films(self.filled, kinds, others)
            labels.write(self.filled, folder, self._pictured(), advance, films.add)
            films.close()
            for place in (folder, *others):
                (place / "fill.json").write_text(
                    json.dumps(self._said(), indent=1, ensure_ascii=False), encoding="utf-8"
                )

    def _methods(self) -> Methods:
        recording = self.opened.recording
        divided = any(segment.divides for segment in segments(recording.cells))
        return chosen(self.asked.methods, tuple(self.asked.changes), divided, len(recording.shape))

    def _trained(self) -> networks.Trained | None:
        """The networks that were chosen, of all frames, as the run folder has them; none where a rule was."""
        choice = self.choices["whole"]
        if not choice.anchor:
            return None

        def stop(epoch: int, epochs: int) -> bool:
            self.say(f"{choice.rule} on all frames: epoch {epoch} of {epochs}")
            self._end_if_wanted()
            return False

        def kept(number: int, make: Callable[[], dict[str, Any]]) -> SavedModel:
            from trainables.saved_model import open_model, packed

            place = ("models", f"{choice.rule}-{number}.pt")
            if not self.folder.exists(*place):
                self.folder.write(*place, content=packed(make()))
            return open_model(self.folder.file(*place))

        recording = self.opened.recording
        points = rules.fine([choice.rule], len(recording.shapes), len(recording.shape))
        fields = Fields(recording, points, interpolants=self.methods.interpolants)
        return networks.train(choice.rule, self.methods, choice.anchor, fields, (), stop, kept)

    @property
    def unit(self) -> str:
        """Of lengths: µm, or `voxel`."""
        return self.opened.recording.reader.unit

    @property
    def exported(self) -> Path:
        """The folder of the frames: in the run folder."""
        return Path(self.folder.path, *EXPORTS)

    def _pictured(self) -> list[int]:
        """Frames around what is worth seeing: the first division, else the first frames; from a measured one on."""
        found = [s for s in segments(self.opened.recording.cells) if s.divides]
        times = self.opened.recording.times
        begin = times[found[0].start] if found else self.moments[0].time
        return pictured(self.moments, begin, PICTURED)

    def _said(self) -> dict[str, Any]:
        """What lies beside the frames: what they are, for whoever finds the folder alone."""
        assert self.filled is not None
        return {
            "recording": self.asked.recording, "understood": self.opened.understood, "run": self.folder.name,
            "rules": {kind: choice.record() for kind, choice in self.choices.items()},
            "measured_frames": "the model's" if self.asked.model_frames else "unchanged",
            "voxel": {"zyx"[-len(self.opened.recording.voxel) :]: list(self.opened.recording.voxel), "unit": self.unit},
            "columns": labels.columns(self.unit), "notes": self.filled.filler.notes,
        }  # fmt: skip

    def _report(self) -> None:
        from study.filling.page import render

        self.say("writing the report")
        page, figures = render(self)
        for name, png in figures.items():
            self.folder.write("figures", f"{name}.png", content=png)
        self.folder.write("report.html", content=page.encode())

    def answers(self) -> list[str]:
        """Which rule is taken for what, and why; of divisions only where there are some."""
        divides = any(segment.divides for segment in segments(self.opened.recording.cells))
        said = [sentence(self.choices[kind]) for kind in KINDS if kind == "whole" or divides]
        for segment in segments(self.opened.recording.cells):
            if segment.divides and self.filled is not None:
                said.append(self._divided(segment))
        for name, there in self.filled.tracks.items() if self.filled is not None else ():
            said += gaps(name, there, [moment.index for moment in self.moments])
        if self.untried:
            said.append(f"not tried to the end, for time was up: {', '.join(self.untried)}")
        return said

    def _divided(self, segment: Segment) -> str:
        """Where a cell divides, by the recording's frames and by those that are written."""
        assert self.filled is not None
        names = " and ".join(map(str, segment.after))
        here = f"{segment.label} divides into {names} by frame {segment.end} of the recording"
        begin = min(
            (self.filled.tracks[label][0] for label in segment.after if label in self.filled.tracks), default=None
        )
        return f"{here}, by image {begin} of those that are written" if begin is not None else here

    def _end_if_wanted(self) -> None:
        if self.stop():
            raise Interrupted(self.stop.status or 0, self.stop.reason)

    def _write(self) -> None:
        self.record["sessions"][-1]["total"] = time.monotonic() - self._began
        total = sum(session.get("total") or 0.0 for session in self.record["sessions"])
        self.record["durations"] = {"search": total, "total": total}
        self.folder.write_record(self.record)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
