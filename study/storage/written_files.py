"""Files of YAML or TOML that somebody has written and named: regular, in UTF-8, of at most 1 MB, of plain values.

An alias in YAML stands for what it repeats, and aliases of aliases for more than any memory holds: what a file holds
with all of them written out is bounded, too. A tag that would make an object is refused, and so is a key that is there
twice, of which YAML's own reader takes the last.
"""

from __future__ import annotations

import tomllib
from typing import Any

import yaml

from analysis.tables import door
from study.errors import Mistake, first_line

_LARGEST = 1 << 20
"""Bytes of a file, and letters of its values with all aliases written out."""
_DEEPEST = 50
"""Lists and mappings in each other."""


def values(file: str, what: str, remedy: str = "correct it") -> Any:
    """The content of a file, of TOML if it is called so and else of YAML; Mistake, which begins with `what`."""
    language = "TOML" if file.lower().endswith(".toml") else "plain YAML"
    try:
        text = door.regular(file, _LARGEST).decode("utf-8-sig")
        return tomllib.loads(text) if language == "TOML" else _plain(text)
    except door.Refused as error:
        raise Mistake(f"{what}: cannot be read ({error}); name a file of text") from None
    except OSError as error:
        raise Mistake(f"{what}: cannot be read ({error.strerror}); name a file that can") from None
    except RecursionError:
        raise Mistake(f"{what}: it is not {language} (its lists lie too deep in each other); {remedy}") from None
    except (ValueError, yaml.YAMLError) as error:
        raise Mistake(f"{what}: it is not {language} ({_said(error)}); {remedy}") from None


def _said(error: Exception) -> str:
    """What is wrong, and in which line."""
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
    return f"line {mark.line + 1}: {problem}" if mark is not None and problem else first_line(error)


def _plain(text: str) -> Any:
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        _letters(node, {})
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _letters(node: yaml.Node, known: dict[int, int], depth: int = 0) -> int:
    """How long a value is, with all its aliases written out; YAMLError for one too long, without an end, or with a key
    that is there twice, RecursionError for one too deep. `known` are lengths of nodes that were met."""
    if depth > _DEEPEST:
        raise RecursionError
    if id(node) not in known:
        known[id(node)] = _LARGEST  # an alias in it to itself
        if isinstance(node, yaml.MappingNode):
            _refuse_twice(node)
        own = len(node.value) if isinstance(node, yaml.ScalarNode) else 0
        known[id(node)] = sum((_letters(part, known, depth + 1) for part in _parts(node)), 1 + own)
    if known[id(node)] > _LARGEST:
        raise yaml.MarkedYAMLError(problem="with its aliases written out it is too long", problem_mark=node.start_mark)
    return known[id(node)]


def _parts(node: yaml.Node) -> list[yaml.Node]:
    match node:
        case yaml.MappingNode():
            return [part for pair in node.value for part in pair]
        case yaml.SequenceNode():
            return list(node.value)
    return []


def _refuse_twice(node: yaml.MappingNode) -> None:
    seen = set()
    for key, _ in node.value:
        if isinstance(key, yaml.ScalarNode):
            if key.value in seen:
                raise yaml.MarkedYAMLError(problem=f"{key.value} is there twice", problem_mark=key.start_mark)
            seen.add(key.value)
