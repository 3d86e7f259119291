"""Cells of CSV files: labels come from recordings of anybody, and spreadsheets compute."""

from __future__ import annotations

from typing import Any

from study.errors import shown


def inert(value: Any) -> Any:
    """A value as a cell of a CSV file: a text that a spreadsheet would compute, such as the label `=1+1`, gets a quote
    before it, and control characters are written out; what is missing is empty."""
    if value is None or value != value:
        return ""
    if not isinstance(value, str):
        return value
    text = shown(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text
