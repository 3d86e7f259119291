"""What is read from a run folder: regular files of a bounded size that lie inside it."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import fsspec
import pandas as pd
import pytest

from analysis.tables import door, reading
from analysis.tables.soundness import SCHEMA, DamagedTable, damage

LOCAL = fsspec.filesystem("file")


def put(folder: Path, kind: str) -> None:
    """Something of that kind at `folder/x`."""
    path = folder / "x"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
    elif kind == "link out":
        (folder.parent / "secret").write_bytes(b"canary")
        path.symlink_to("../secret")
    elif kind == "large":
        with path.open("wb") as file:
            file.truncate(2**20)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("pipe", "no file but a pipe"),
        ("folder", "no file but a folder"),
        ("device", "leads out of the run folder"),
        ("socket", "."),
        ("link out", "leads out of the run folder through a link"),
        ("large", "it has 1 MiB"),
    ],
)
def test_what_is_no_file_of_the_folder_is_refused_at_once(tmp_path, kind, words):
    folder = tmp_path / "run"
    folder.mkdir()
    put(folder, kind)
    with pytest.raises((door.Refused, OSError), match=words):  # a socket cannot be opened at all
        door.content(LOCAL, str(folder), "x", 2**19)


def test_a_folder_that_is_a_link_and_links_within_it_are_read(tmp_path):
    (tmp_path / "run" / "data").mkdir(parents=True)
    (tmp_path / "run" / "data" / "x").write_bytes(b"here")
    (tmp_path / "run" / "y").symlink_to("data/x")
    (tmp_path / "link").symlink_to("run")
    assert door.content(LOCAL, str(tmp_path / "link"), "y", 10) == b"here"


def test_stores_bound_sizes_too():
    store = fsspec.filesystem("memory")
    store.pipe_file("/door/x", b"0" * 11)
    assert len(door.content(store, "/door", "x", 11)) == 11
    with pytest.raises(door.Refused, match="at most"):
        door.content(store, "/door", "x", 10)


def test_a_table_that_would_unfold_is_refused(tmp_path, monkeypatch):
    pd.DataFrame({"trial": ["a"] * 1000, "x": [1.0] * 1000}).to_parquet(tmp_path / "trials.parquet")
    monkeypatch.setattr(reading, "_CELLS", 1999)
    with pytest.raises(DamagedTable, match=r"trials\.parquet: it is too large, 1000 rows of 2 columns"):
        reading.read_trials(LOCAL, str(tmp_path))
    monkeypatch.setattr(reading, "_CELLS", 2000)
    monkeypatch.setattr(reading, "_UNFOLDED", 10)
    with pytest.raises(DamagedTable, match="it is too large"):
        reading.read_trials(LOCAL, str(tmp_path))


@pytest.mark.parametrize("column", ["trial", "method", "supervision", "phase", "setting"])
@pytest.mark.parametrize("name", ["../x", "/tmp/x", "..", "a\0b", "x" * 256])
def test_names_that_become_files_stay_where_they_are_put(tmp_path, column, name):
    row = dict.fromkeys(("trial", "method", "supervision", "phase", "setting"), "a") | {column: name}
    pd.DataFrame([row]).to_parquet(tmp_path / "trials.parquet")
    with pytest.raises(DamagedTable, match=f"{column} .* is no name but leads elsewhere"):
        reading.read_trials(LOCAL, str(tmp_path))


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({}, ""),
        ({"study": "x", "later": [1], "methods": None}, ""),
        ({"schema": SCHEMA + 1}, f"is of a newer version (schema {SCHEMA + 1}, and {SCHEMA} is the newest known here)"),
        ({"schema": "1"}, "'schema'"),
        ({"study": "../x"}, "'study': not a name but leads elsewhere"),
        ({"metrics": [{"name": "a"}, {}]}, "'metrics.1.name': field required"),
        ({"methods": "none"}, "'methods': input should be a list"),
        ({"replicates": 10**30}, "'replicates'"),
        ({"durations": {"search": float("nan")}}, "'durations.search'"),
        ({"sessions": [{"started": "noon"}]}, "'sessions.0.started'"),
        ({"configuration": {"methods": {"none": 3}}}, "'configuration.methods.none': input should be an object"),
        ({"later": [{"a": "\ud800"}]}, "'later': it has half of a letter, which no file can hold"),
        ({"later": {"\udc00": "a"}}, "'later': it has half of a letter"),
    ],
)
def test_a_record_is_of_its_schema_and_the_wrong_field_is_named(record, words):
    said = damage(record)
    assert words in said
    assert bool(words) == bool(said)
