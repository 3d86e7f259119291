"""User names, passwords and keys in URIs: none of them may reach a table, a log or an artifact. One place masks.

Where a URI begins and ends is known of an argument or a field: there a password may hold anything. In a text it is
guessed: a password with a space or a quotation mark is found by `of_uri` only.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable

_SECRET = (
    r"(?:[^\s=&'\"#?]*(?:pass|pwd|secret|token|key|credential|signature)[^\s=&'\"]*|sig|sas|auth|code|odbc_connect)"
)
_QUERY = re.compile(rf"([?&;#]{_SECRET}=)[^\s&'\"]+", re.I)
_WHOLE_QUERY = re.compile(rf"([?&;#]{_SECRET}=)[^&]+", re.I)
# scheme://user:password@ (a password may hold `/` and `@`), scheme://token@
_USER = re.compile(r"(?<=://)(?:[^\s/:@'\"]*:[^\s'\"]*@|[^\s/@'\"]+@)")
_WHOLE_USER = re.compile(r"(?<=://)(?:[^/:@]*:.*@|[^/@]+@)", re.S)


def without_credentials(text: str) -> str:
    """`text` with `***` in place of what every URI in it tells of user and password."""
    return _QUERY.sub(r"\1***", _USER.sub("***@", text))


def of_uri(uri: str) -> str:
    """The same of what is one URI, or an argument that holds one, such as `--tracking-uri=http://me:it's@host`."""
    return _WHOLE_QUERY.sub(r"\1***", _WHOLE_USER.sub("***@", uri))


def of_command(arguments: Iterable[str]) -> str:
    """A command as a shell takes it, without credentials."""
    return shlex.join(of_uri(argument) for argument in arguments)
