"""Run folders of `study.fill` from anybody: gone on with, they are an answer or one sentence, and nothing is written
elsewhere."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from study.fill import command_line
from study.filling.asked import Asked
from tests.study import fake_runs
from tests.study.filling.recordings import SHAPE, moving, write
from tests.study.test_battery import CANARY, FIELDS, HARMS, WRONG
from tests.study.test_states import THIS

FILES = ("study.json", "trials.parquet", "per_time/search.parquet")
FOLDERS = ("exports", "exports/labels", "figures", "per_time")
"""In which a run that is gone on with writes."""

Tampering = Callable[[Path], None]


def _record(**changes: Any) -> Tampering:
    return lambda folder: fake_runs.change(folder, **changes)


def _asked(name: str, value: Any) -> Tampering:
    def change(folder: Path) -> None:
        asked = json.loads((folder / "study.json").read_text())["asked"]
        fake_runs.change(folder, asked=asked | {name: value})

    return change


def _away(name: str) -> Tampering:
    """The folder lies elsewhere, and a link leads there."""

    def move(folder: Path) -> None:
        (folder.parents[2] / "elsewhere").mkdir()
        kept = Path(shutil.move(folder / name, folder.parents[2] / "elsewhere"))
        (folder / name).symlink_to(kept)

    return move


def _harmed(file: str, harm: str) -> Tampering:
    return lambda folder: HARMS[harm](folder / file)


OF_ASKED = [entry.name for entry in fields(Asked)]
WHOLE: dict[str, Tampering] = {
    **{f"{name} {harm}": _harmed(name, harm) for name in FILES for harm in HARMS},
    **{f"{name} elsewhere": _away(name) for name in FOLDERS},
    **{f"{name} a {kind}": _record(**{name: value}) for name in ("asked", *FIELDS) for kind, value in WRONG.items()},
    **{f"asked.{name} a {kind}": _asked(name, value) for name in OF_ASKED for kind, value in WRONG.items()},
    "asked.more": _asked("more", 1),
    "asked.recording a pipe": _asked("recording", "/proc/self/fd/0"),
    "asked.recording a device": _asked("recording", "/dev/zero"),
    "asked.times a device": _asked("times", "/dev/zero"),
    "no asked": _record(asked=None),
    "nothing asked": _record(asked={}),
    "no digest": _record(data={}),
    "an address": _record(tracking_uri="http://127.0.0.1:9/x"),
}
SAMPLE = [
    *(f"{name} {harm}" for name in FILES for harm in ("emptied", "linked to a secret", "a pipe")),
    *(f"{name} elsewhere" for name in FOLDERS),
    *("asked a text", "asked.at a object", "asked.minutes a text", "asked.changes a text", "asked.more", "no digest"),
    *("asked.recording a device", "asked.times a device", "data a list", "sessions a list", "nothing asked"),
]


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> Path:
    """A folder with a recording and a finished run, `results/fill/THIS`."""
    folder = tmp_path_factory.mktemp("tampered")
    frames = {t: np.where(moving(t) == 7, 7, 0).astype(np.uint16) for t in range(5)}
    frames = {t: labels[:, : SHAPE[1] // 2] for t, labels in frames.items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("STUDY_CACHE", str(folder / "cache"))
        _quick(patch)
        for name in ("RAY_ADDRESS", "STUDY_RESULTS", "MLFLOW_TRACKING_URI"):
            patch.delenv(name, raising=False)
        write(folder / "cells", frames, table=False)
        assert command_line(["cells", "--between", "1", "--output", "sound"]) == 0
    (made,) = (folder / "sound" / "fill").iterdir()
    made = made.rename(made.parent / THIS)
    fake_runs.change(made, run=THIS)
    return folder


def _quick(patch: pytest.MonkeyPatch) -> None:
    """Two rules, and neither pictures nor MLflow."""
    patch.setattr("study.filling.rules.candidates", lambda divided: ["linear", "volume"])
    patch.setattr("study.filling.page.render", lambda job: ("<p>", {"gap": b"PNG"}))
    patch.setattr("study.track.bring_up_to_date", lambda uri, folder: (0, []))


@pytest.fixture
def world(sound, tmp_path, monkeypatch) -> Path:
    """The run, copied into a folder of the test's own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STUDY_CACHE", str(sound / "cache"))
    _quick(monkeypatch)
    for name in ("RAY_ADDRESS", "STUDY_RESULTS", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)
    shutil.copytree(sound / "sound", tmp_path / "results")
    (tmp_path / "secret").write_text(CANARY)
    return tmp_path


def held(world: Path, name: str, capfd: pytest.CaptureFixture[str]) -> tuple[int, str]:
    WHOLE[name](world / "results" / "fill" / THIS)
    before = {path: path.stat().st_mtime_ns for path in (world / "elsewhere").rglob("*") if path.is_file()}
    status = command_line(["--resume", "last", "--tracking-uri", f"sqlite:///{world}/m.db"])
    out, err = capfd.readouterr()
    assert status in (0, 1, 2), f"{out}\n{err}"
    errors = [line for line in err.splitlines() if line.startswith(("error: ", "unfinished"))]
    assert len(errors) == (1 if status else 0), err
    assert "Traceback" not in err
    assert CANARY not in out + err
    assert {path: path.stat().st_mtime_ns for path in (world / "elsewhere").rglob("*") if path.is_file()} == before
    return status, err


@pytest.mark.parametrize("name", SAMPLE)
def test_going_on_with_it_is_an_answer_or_one_sentence(world, name, capfd):
    held(world, name, capfd)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in WHOLE if name not in SAMPLE])
def test_so_is_going_on_with_any(world, name, capfd):
    held(world, name, capfd)


def test_a_sound_one_is_gone_on_with(world, capfd):
    WHOLE["as it is"] = lambda folder: None
    try:
        assert held(world, "as it is", capfd)[0] == 0
    finally:
        del WHOLE["as it is"]
