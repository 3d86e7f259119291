"""`python -m study`: the commands."""

from __future__ import annotations

import ast
from pathlib import Path


def commands() -> dict[str, str]:
    """Name of every command → what it does, as its module says."""
    found = {}
    for file in sorted(Path(__file__).parent.glob("*.py")):
        text = file.read_text(encoding="utf-8")
        if 'if __name__ == "__main__":' in text and file.stem != "__main__":
            first = (ast.get_docstring(ast.parse(text)) or "").split("\n\n")[0]
            found[file.stem] = " ".join(first.partition(": ")[2].split())
    return found


def command_line() -> int:
    """Prints them; the exit status."""
    print("Commands; each has --help with examples:\n")
    for name, what in commands().items():
        print(f"  python -m study.{name:10}{what}")
    print("\nFrom Python: from study.api import run")
    return 0


if __name__ == "__main__":
    raise SystemExit(command_line())
