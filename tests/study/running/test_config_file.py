"""A configuration file: plain values, what flags say, and nothing more."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from study.errors import Mistake, shown
from study.running.config_file import as_yaml, read_config
from study.running.options import PARAMETERS, of_flags, of_values, options, written

WRONG = {
    "an unknown name": ("tirals: 3", "there is no 'tirals'; did you mean 'trials'?"),
    "a name as Python writes it": ("time_limit: 3h", "there is no 'time_limit'; did you mean 'time-limit'?"),
    "text for a number": ("trials: four", "trials is 'four': it must be a whole number"),
    "a part of a number": ("trials: 1.5", "trials is 1.5: it must be a whole number"),
    "a truth for a number": ("trials: yes", "trials is True: it must be a whole number"),
    "out of range": ("trials: 0", "trials: 0 is not in the range x>=1"),
    "a number for a truth": ("link: 1", "link is 1: it must be true or false"),
    "a number for text": ("preset: 3", "preset is 3: it must be text"),
    "a date": ("preset: 2020-01-01", "preset is datetime.date(2020, 1, 1): it must be text"),
    "no choice": ("pieces: some", "pieces: 'some' is not one of 'largest', 'all', 'split'"),
    "no mapping": ("set: [epochs=3]", "set is ['epochs=3']: it must be a mapping of keys to values"),
    "a date in a mapping": ("set: {epochs: 2020-01-01}", "set: datetime.date(2020, 1, 1) is neither text"),
    "a mapping in a list": ("methods: [{none: 1}]", "methods is {'none': 1}: it must be text or a number"),
    "a name twice": ("trials: 3\ntrials: 4", "line 2: trials is there twice"),
    "a key twice": ("set: {epochs: 3, epochs: 4}", "line 1: epochs is there twice"),
    "an object": ("set: !!python/object/apply:os.system [ls]", "could not determine a constructor for the tag"),
    "no YAML": ("trials: [3", "it is not plain YAML (line"),
    "no names": ("- trials", "it holds no names with values"),
    "nothing": ("", "it holds no names with values"),
    "empty text": ("preset: ''", "preset is empty"),
    "no study": ("study: 3", "study is 3: it must be text"),
    "what is no setting": ("dry-run: true", "there is no 'dry-run'"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_one_sentence_with_file_and_name(case: str, tmp_path: Path) -> None:
    content, sentence = WRONG[case]
    file = tmp_path / "study.yaml"
    file.write_text(content)
    with pytest.raises(Mistake) as refused:
        read_config(str(file))
    assert str(refused.value).startswith(f"--config {file}: ")
    assert sentence in str(refused.value)


def test_of_a_value_without_end_beginning_and_end_are_printed(tmp_path: Path) -> None:
    file = tmp_path / "study.yaml"
    file.write_text(f"set: [{'a' * 900_000}]")
    with pytest.raises(Mistake) as refused:
        read_config(str(file))
    printed = shown(refused.value)
    assert len(printed) < 4100
    assert printed.startswith(f"--config {file}: set is ['aaa")
    assert printed.endswith("it must be a mapping of keys to values")


def test_toml_says_the_same(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text('study = "spheres"\ntrials = 8\nmethods = ["none"]\nset = {epochs = 30}\n')
    (tmp_path / "study.yaml").write_text("study: spheres\ntrials: 8\nmethods: [none]\nset: {epochs: 30}\n")
    toml, plain = (read_config(str(tmp_path / f"study.{suffix}")) for suffix in ("toml", "yaml"))
    assert toml == plain == ("spheres", {"trials": 8, "methods": "none", "set": {"epochs": "30"}})


SIZES = st.lists(st.floats(0.01, 100), min_size=3, max_size=3).map(lambda s: ",".join(map(str, s)))
WORDS = st.text("abcdefghijklmnopqrstuvwxyz-+é", min_size=1).filter(lambda word: yaml.safe_load(word) == word)
FLAGS = st.fixed_dictionaries(
    {},
    optional={
        "preset": WORDS, "trials": st.integers(1, 10**6), "seed": st.integers(0, 10**6), "methods": WORDS,
        "voxel": SIZES, "link": st.just(True), "output": WORDS.map("/{}".format), "time_limit": st.just("3h"),
        "set": st.lists(st.tuples(WORDS, st.one_of(WORDS, st.floats(0, 1).map(str), st.just("[1, 2]"))), min_size=1,
                        unique_by=lambda pair: pair[0]).map(lambda pairs: tuple("=".join(p) for p in pairs)),
    },
)  # fmt: skip


@given(FLAGS)
def test_what_is_printed_is_read_as_what_was_asked_for(given_flags: dict) -> None:
    asked = of_flags(given_flags)
    made = options("spheres", asked)
    content = yaml.safe_load(as_yaml(written(made)))
    assert content.pop("study") == "spheres"
    again = of_values(content, "it", lambda option: option.replace("_", "-"))
    assert written(options("spheres", again)) == written(made)
    assert again["preset"] == asked.get("preset", "laptop")
    assert {key: again.get(key) for key in ("trials", "seed", "link", "time_limit")} == {
        key: asked.get(key) for key in ("trials", "seed", "link", "time_limit")
    }


def test_every_flag_that_says_something_of_a_run_is_there() -> None:
    from study.run import main

    actions = {"study", "more", "config", "print_config", "dry_run", "prices", "list"}
    assert {str(parameter.name) for parameter in main.params} - actions == set(PARAMETERS)
