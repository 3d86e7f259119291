"""Text files that users write beside a recording: with Windows' marks of the encoding, parted by blanks or commas."""

from __future__ import annotations

import codecs
import re


def decoded(content: bytes, errors: str = "strict") -> str:
    """UTF-8, or UTF-16 where the first bytes say so, as what PowerShell writes by `>`; raises UnicodeDecodeError."""
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return content.decode("utf-16" if wide else "utf-8-sig", errors)


def words(line: str) -> list[str]:
    """What blanks, commas and semicolons part."""
    return [word for word in re.split(r"[,;\s]+", line.strip()) if word]
