"""Files that a user names and somebody else has made, as `--config`, `--check` and `--prices`: what has no end, what
waits, what grows when it is read. One sentence, at once."""

from __future__ import annotations

import importlib
import os
import socket
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from study.clusters import checks, kuberay, rendering
from study.errors import Mistake
from study.storage import written_files

PROJECT = Path(__file__).parents[2]


def _huge(file: Path) -> None:
    file.touch()
    os.truncate(file, 1 << 30)


def _socket(file: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(file))


def _text(content: str, encoding: str = "utf-8") -> Callable[[Path], None]:
    return lambda file: file.write_bytes(content.encode(encoding))


def _levels(first: str, further: str) -> str:
    """Thirty levels, each of which names the one before nine times."""
    named = (further.format(n=n, before=",".join([f"*a{n - 1}"] * 9)) for n in range(1, 30))
    return f"a0: &a0 {first}\n" + "".join(named)


ANY: dict[str, Callable[[Path], None]] = {
    "a device without end": lambda file: file.symlink_to("/dev/zero"),
    "a pipe": os.mkfifo,
    "a socket": _socket,
    "a folder": Path.mkdir,
    "a link to nothing": lambda file: file.symlink_to("nowhere"),
    "a link to itself": lambda file: file.symlink_to(file.name),
    "a gigabyte": _huge,
    "UTF-16": _text("trials: 3\n", "utf-16"),
    "Latin-1": _text("preset: für\n", "latin-1"),
    "control characters": _text("trials: \x00\x1b[31m3\n"),
    "lists in lists": _text("a: " + "[" * 100_000),
    "shallow lists": _text("a: " + "[" * 200 + "]" * 200 + "\n"),
}
YAML: dict[str, Callable[[Path], None]] = {
    "aliases of aliases": _text(_levels("[x]", "a{n}: &a{n} [{before}]\n")),
    "merges of merges": _text(_levels("{x: 1}", "a{n}: &a{n} {{<<: [{before}]}}\n")),
    "a text nine times": _text(_levels("x" * 100_000, "a{n}: &a{n} [{before}]\n")),
    "what lies in itself": _text("trials: &a {b: *a}\n"),
    "an object": _text("a: !!python/object/apply:os.system [ls]\n"),
    "a number without end": _text("trials: " + "9" * 10_000 + "\n"),
    "a day that is none": _text("trials: 2001-99-99\n"),
    "a list as a name": _text("? [a]\n: 1\n"),
    "a mapping as a name": _text("? {a: 1}\n: 1\n"),
    "a mapping that is a list": _text("a: !!map [1, 2]\n"),
    "a number that is a word": _text("a: !!int word\n"),
    "two documents": _text("trials: 3\n---\ntrials: 4\n"),
    "a RayJob of nothing": _text("kind: RayJob\n"),
    "a RayJob of another kind": _text("kind: RayJob\nspec: 7\nmetadata: []\n"),
    "a cluster of nothing": _text("provider: {}\n"),
}
TOML: dict[str, Callable[[Path], None]] = {
    "a number without end": _text("trials = " + "9" * 10_000 + "\n"),
    "names in names": _text("a" + ".a" * 5_000 + " = 1\n"),
    "lists in lists": _text("a = " + "[" * 100_000),
    "a name twice": _text("trials = 3\ntrials = 4\n"),
}
GIVEN = {
    **{("run --config", "study.yaml", case): make for case, make in (ANY | YAML).items()},
    **{("run --config", "study.toml", case): make for case, make in (ANY | TOML).items()},
    **{("fill --config", "study.yaml", case): make for case, make in ANY.items()},
    **{("cluster --check", "cluster.yaml", case): make for case, make in (ANY | YAML).items()},
    **{("run bifurcation --dry-run --prices", "cluster.yaml", case): make for case, make in ANY.items()},
}


@pytest.mark.parametrize("case", GIVEN, ids=" ".join)
def test_a_file_from_anybody_is_one_sentence(case, tmp_path, monkeypatch, capfd):
    command, name, _ = case
    monkeypatch.chdir(tmp_path)
    GIVEN[case](tmp_path / name)
    module, *arguments = command.split()
    assert importlib.import_module(f"study.{module}").command_line([*arguments, name]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    (line,) = err.splitlines()
    assert line.startswith(f"error: {arguments[-1]} {name}: ")
    assert len(line) < 2000
    assert "\x1b" not in line
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_what_a_text_editor_puts_before_a_file_is_no_part_of_it(tmp_path):
    for name, content in (("a.yaml", "trials: 3\n"), ("a.toml", "trials = 3\n")):
        (tmp_path / name).write_text(content, encoding="utf-8-sig")
        assert written_files.values(str(tmp_path / name), "it") == {"trials": 3}


def test_aliases_and_merges_are_as_in_any_yaml(tmp_path):
    (tmp_path / "a.yaml").write_text("a: &a {x: 1, y: 2}\nb: &b {<<: *a, x: 3}\nc: {<<: *b}\nd: [*a, *a]\n")
    a, b = {"x": 1, "y": 2}, {"x": 3, "y": 2}
    assert written_files.values(str(tmp_path / "a.yaml"), "it") == {"a": a, "b": b, "c": b, "d": [a, a]}


WRONG: tuple[Any, ...] = (10**40, "x", True, [[1]], {"a": {"b": None}}, None, [], [None])


def _places(content: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    parts = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    return [*([at] if at else []), *(place for key, part in parts for place in _places(part, (*at, key)))]


def _changed(content: Any, at: tuple[Any, ...], value: Any) -> Any:
    changed = part = deepcopy(content)
    for key in at[:-1]:
        part = part[key]
    part[at[-1]] = value
    return changed


def _said(content: Any) -> list[str]:
    return kuberay.problems(content) if kuberay.is_job(content) else checks.problems(content)


def _of_kinds(places: list[tuple[Any, ...]], file: dict[str, Any]) -> None:
    for at in places:
        for value in WRONG:
            changed = _changed(file, at, value)
            if kuberay.is_job(changed) or checks.is_cluster(changed):
                assert all(isinstance(sentence, str) for sentence in _said(changed)), (at, value)


@pytest.fixture(scope="module")
def files() -> dict[str, dict[str, Any]]:
    hosts = {"user": "me", "key": "~/.ssh/lab", "name": "n", "port": 6379, "ray_arguments": "", "file": "f"}
    local = rendering.on_premises("10.0.0.1,10.0.0.2", python="/p", **hosts)
    pods = {"nodes": 1, "cpus": 1, "gpus": 0, "memory": "1Gi", "claim": "c", "tracking_uri": None, "secret": "s"}
    job = rendering.kubernetes(
        "bifurcation", "", output="/results", file="f", name=None, image="registry/studies:1", **pods
    )
    aws = written_files.values(str(PROJECT / "cluster.yaml"), "it")
    return {"aws": aws, "local": yaml.safe_load(local), "job": yaml.safe_load(job)}


@pytest.mark.parametrize("kind", ["aws", "local"])
def test_parts_of_another_kind_are_said(kind, files):
    """Of the first levels; all of them as `slow`."""
    _of_kinds([at for at in _places(files[kind]) if len(at) == 1 and at[0] != "provider"], files[kind])


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["aws", "local", "job"])
def test_parts_of_another_kind_are_said_wherever_they_are(kind, files):
    _of_kinds(_places(files[kind]), files[kind])


def test_a_sentence_names_the_part(tmp_path, files):
    assert checks.problems(_changed(files["aws"], ("docker", "head_image"), 7)) == [
        "docker.head_image: it is no string"
    ]
    with pytest.raises(Mistake, match="cannot be read"):
        written_files.values(str(tmp_path / "nowhere.yaml"), "it")
