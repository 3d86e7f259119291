"""Filters of MLflow's searches. What is sought are names from run folders, which may come from anybody."""

from __future__ import annotations


def tagged(**tags: object) -> str:
    """`tags.run = "a" AND tags.kind = "run"`. Within these marks a name may hold anything but one of them, which no
    name of a run folder does (:func:`analysis.tables.soundness.may_be_a_path`); ``ValueError`` if one does."""
    return " AND ".join(f'tags.{name} = "{_unquoted(value)}"' for name, value in tags.items())


def _unquoted(value: object) -> str:
    text = str(value)
    if '"' in text:
        raise ValueError(f"{text!r} cannot be looked for in MLflow: it holds a quotation mark")
    return text
