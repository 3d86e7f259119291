"""The commands, and what they share.

The rooms beside this one are taken from where this one is: a folder or file `analysis` in the working directory, which
Python would prefer, is somebody's own. A command, `python -m study.…`, takes nothing from the working directory: a
file `click.py` in a folder from somebody else would be run.
"""

import importlib.util
import os
import sys
from pathlib import Path


def _home_first() -> None:
    home = Path(__file__).resolve().parent.parent
    if sys.argv[:1] == ["-m"] and sys.path[:1] == [os.getcwd()] and Path.cwd().resolve() != home:
        del sys.path[0]
    for room in ("analysis", "search_spaces", "trainables"):
        found = importlib.util.find_spec(room)
        origin = found.origin if found is not None else None
        if origin is None or Path(origin).resolve() != home / room / "__init__.py":
            if room in sys.modules:
                raise ImportError(f"another module named {room} ({origin}) is imported already: import study before it")
            sys.path.insert(0, str(home))
            return


_home_first()
