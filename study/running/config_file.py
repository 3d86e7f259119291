"""`--config study.yaml`, or `.toml`: what flags say, in a file, and nothing more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from study.errors import Mistake
from study.running.options import of_values
from study.storage import written_files


def read_config(file: str, values: Any = of_values) -> tuple[str | None, dict[str, Any]]:
    """The study, if the file names one, and what is asked of it; Mistake for what cannot be. `values` checks them."""
    what = f"--config {file}"
    content = _content(file, what)
    study = content.pop("study", None)
    if study is not None and not isinstance(study, str):
        raise Mistake(f"{what}: study is {study!r}: it must be text")
    return study, values(content, what, lambda option: option.replace("_", "-"))


def _content(file: str, what: str) -> dict[str, Any]:
    if Path(file).suffix.lower() not in (".yaml", ".yml", ".toml"):
        raise Mistake(f"{what}: not a file that is read as a configuration; name one that ends in .yaml or .toml")
    content = written_files.values(file, what)
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        raise Mistake(f"{what}: it holds no names with values; write lines such as trials: 8")
    return content


def as_yaml(said: dict[str, Any]) -> str:
    """The content of a file that says this."""
    text: str = yaml.safe_dump(said, sort_keys=False, allow_unicode=True, default_flow_style=None, width=110)
    return text
