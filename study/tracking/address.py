"""Tracking URIs: their scheme, and how they may be printed."""

from __future__ import annotations

import re

from study.storage import credentials

EXAMPLES = "sqlite:///mlflow.db or http://127.0.0.1:5000"
ANOTHER = "choose another with --tracking-uri"


def scheme_of(uri: str) -> str:
    """``sqlite``, ``https``, ``postgresql+psycopg2``, …; empty for a plain path."""
    found = re.match(r"([A-Za-z][\w+.-]*):", uri)
    return found.group(1).lower() if found else ""


def shown(uri: str) -> str:
    """A URI without user, password and query.

    A password may hold anything, also ``/``, ``?`` and ``@``: all before the last ``@`` counts as
    credentials.
    """
    if "@" not in uri:
        return uri.partition("?")[0]
    start = re.match(r"[A-Za-z][\w+.-]*://", uri)
    return (start.group() if start else "") + uri.rpartition("@")[2].partition("?")[0]


def without_credentials(text: str, uri: str) -> str:
    """A library's message about a URI, fit to be printed."""
    return re.sub(r"//[^\s/]*@", "//", credentials.without_credentials(text.replace(uri, shown(uri))))
