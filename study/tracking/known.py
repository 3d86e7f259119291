"""Which tracking URI of a record is used: one that this user has named before.

A run folder from somebody else would else choose where the user's name, password and results are sent, or which file is
written. What was named is remembered in the cache, as digests.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from study.storage.credentials import of_uri
from study.tracking.probe import absolute, default_uri
from trainables.files import remember, remembered

_KIND = "tracking"


def remember_uri(uri: str) -> None:
    """The user has named it, on a command line or in the environment."""
    remember(_KIND, _digest(uri), b"named")


def recorded_uri(record: Mapping[str, Any]) -> str | None:
    """The URI of a record; None if it has none; ``ValueError`` if this user has never named it."""
    uri = record.get("tracking_uri")
    if not uri or "***" in uri or uri == of_uri(absolute(default_uri())) or remembered(_KIND, _digest(uri)):
        return uri or None
    raise ValueError(
        f"the run folder names tracking URI {uri}, which you have not used here: give it with --tracking-uri if it is "
        "where the run is to be tracked"
    )


def _digest(uri: str) -> str:
    return hashlib.sha256(of_uri(absolute(uri)).encode()).hexdigest()[:32]
