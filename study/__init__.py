"""The commands, and what they share.

The rooms beside this one are taken from where this one is: a folder or file `analysis` in the working directory, which
Python would prefer, is somebody's own. A command, `python -m study.…`, takes nothing from the working directory: a
file `click.py` in a folder from somebody else would be run. A notebook or script takes what it finds there first: a
file that is called like a library which is needed here is named.
"""

import importlib.util
import os
import sys
from pathlib import Path

_LIBRARIES = (
    *("click", "fsspec", "h5py", "imagecodecs", "jinja2", "matplotlib", "mlflow", "numba", "numcodecs", "numpy"),
    *("optuna", "pandas", "PIL", "plotly", "pyarrow", "pydantic", "ray", "rich", "scipy", "skimage", "tifffile"),
    *("torch", "trimesh", "yaml", "zarr"),
)


def _hiding() -> str:
    """A file of the working directory that is imported in place of a library; empty for none."""
    here, *others = [os.path.abspath(path) for path in sys.path[:1]], *sys.path[1:]
    if here != [os.path.abspath("")] or here[0] in others:
        return ""
    files = [f"{name}{end}" for name in _LIBRARIES if name not in sys.modules for end in (".py", "/__init__.py")]
    return next((file for file in files if os.path.isfile(file)), "")


def _home_first() -> None:
    home = Path(__file__).resolve().parent.parent
    if sys.argv[:1] == ["-m"] and sys.path[:1] == [os.getcwd()] and Path.cwd().resolve() != home:
        del sys.path[0]
    elif hiding := _hiding():
        raise ImportError(f"{hiding} hides the library of that name: rename it, or work in another folder")
    for room in ("analysis", "search_spaces", "trainables"):
        found = importlib.util.find_spec(room)
        origin = found.origin if found is not None else None
        if origin is None or Path(origin).resolve() != home / room / "__init__.py":
            if room in sys.modules:
                raise ImportError(f"another module named {room} ({origin}) is imported already: import study before it")
            sys.path.insert(0, str(home))
            return


# Read by torch's and numba's threads when they are first imported. On a busy machine a thread that waits for others and
# turns meanwhile keeps the processor from them: a shape of `growth` then took 9.4 s on two threads, now 2.2 s.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

_home_first()
