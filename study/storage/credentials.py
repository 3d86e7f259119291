"""User names, passwords and keys in URIs: none of them may reach a table, a log or an artifact."""

from __future__ import annotations

import re

# scheme://user:password@ (a password may hold `/` and `@`), scheme://token@, and ?password=… in a query.
_USER = re.compile(r"(?<=://)(?:[^\s/:@'\"]*:[^\s'\"]*@|[^\s/@'\"]+@)")
_QUERY = re.compile(r"([?&][^\s=&'\"]*(?:pass|pwd|secret|token|key|credential|signature)[^\s=&'\"]*=)[^\s&'\"]+", re.I)


def without_credentials(text: str) -> str:
    """`text` with `***` in place of what every URI in it tells of user and password."""
    return _QUERY.sub(r"\1***", _USER.sub("***@", text))
