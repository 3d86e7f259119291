"""`--config study.yaml`, or `.toml`: what flags say, in a file, and nothing more.

YAML is read as plain values: a tag that would make an object is refused, and so is a key that is there twice, of which
YAML's own reader takes the last.
"""

from __future__ import annotations

import tomllib
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from study.errors import Mistake, first_line
from study.running.options import of_values

_LARGEST = 1 << 20
"""Bytes of a file that somebody has written."""


def read_config(file: str, values: Any = of_values) -> tuple[str | None, dict[str, Any]]:
    """The study, if the file names one, and what is asked of it; Mistake for what cannot be. `values` checks them."""
    what = f"--config {file}"
    content = _content(file, what)
    study = content.pop("study", None)
    if study is not None and not isinstance(study, str):
        raise Mistake(f"{what}: study is {study!r}: it must be text")
    return study, values(content, what, lambda option: option.replace("_", "-"))


def _content(file: str, what: str) -> dict[str, Any]:
    suffix = Path(file).suffix.lower()
    if suffix not in (".yaml", ".yml", ".toml"):
        raise Mistake(f"{what}: not a file that is read as a configuration; name one that ends in .yaml or .toml")
    try:
        with open(file, "rb") as stream:
            raw = stream.read(_LARGEST + 1)
        if len(raw) > _LARGEST:
            raise Mistake(f"{what}: it has more than 1 MB; name a configuration")
        text = raw.decode()
        content = tomllib.loads(text) if suffix == ".toml" else yaml.load(text, _Plain)
    except OSError as error:
        raise Mistake(f"{what}: cannot be read ({error.strerror}); name a file that can") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Mistake(f"{what}: it is not {suffix[1:].upper()} ({first_line(error)}); correct it") from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise Mistake(f"{what}: it is not plain YAML ({_said(error)}); correct it") from None
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        raise Mistake(f"{what}: it holds no names with values; write lines such as trials: 8")
    return content


def _said(error: Exception) -> str:
    """What is wrong, and in which line."""
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
    return f"line {mark.line + 1}: {problem}" if mark is not None and problem else first_line(error)


class _Plain(yaml.SafeLoader):
    """Values without objects; a key that is there twice is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value} is there twice", key.start_mark)
            seen.add(str(key.value))
        return super().construct_mapping(node, deep)


def as_yaml(said: dict[str, Any]) -> str:
    """The content of a file that says this."""
    text: str = yaml.safe_dump(said, sort_keys=False, allow_unicode=True, default_flow_style=None, width=110)
    return text
