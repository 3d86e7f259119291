"""What a run is called: `20260101-120000-NAME`, the name of its folder, or NAME alone.

A name that was not given is random, and serves as well as one that was.
"""

from __future__ import annotations

import re


def given_name(run: str) -> str:
    """The part of a run's name that is not its time."""
    return re.sub(r"^\d{8}-\d{6}-(?=.)", "", run)


def is_called(run: str, name: str) -> bool:
    """Whether `name` means the run whose folder is called `run`."""
    return name in (run, given_name(run))
