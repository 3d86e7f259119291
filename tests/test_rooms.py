"""Who may import whom (analysis and the rooms below study/ know nothing of those above)."""

import ast
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent
FORBIDDEN = {
    "trainables": {"study", "search_spaces", "analysis", "mlflow", "optuna"},
    "search_spaces": {"study", "trainables", "analysis", "torch", "ray", "mlflow"},
    "analysis": {"study", "trainables", "search_spaces", "torch", "ray", "mlflow"},
}
MEETS_RAY = {"trainables/actor.py"}


def imported(path: Path) -> set[str]:
    """Top-level names of everything a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("room", FORBIDDEN)
def test_imports_follow_the_arrows(room):
    files = sorted((PROJECT / room).rglob("*.py"))
    assert files
    for path in files:
        wrong = imported(path) & FORBIDDEN[room]
        assert not wrong, f"{path.relative_to(PROJECT)} imports {wrong}"


def test_one_file_of_trainables_meets_ray():
    files = (PROJECT / "trainables").rglob("*.py")
    assert {str(p.relative_to(PROJECT)) for p in files if "ray" in imported(p)} == MEETS_RAY


# What Ray has written of an error, a moment ago and in the run's own scratch.
UNPICKLES = {"study/running/execution.py"}
SAFE = {"torch.load": ("weights_only", "True"), "np.load": ("allow_pickle", "False")}


def test_nothing_from_elsewhere_is_unpickled():
    seen = set()
    for room in ("study", "trainables", "search_spaces", "analysis"):
        for path in (PROJECT / room).rglob("*.py"):
            name, text = str(path.relative_to(PROJECT)), path.read_text()
            assert not imported(path) & {"pickle", "cloudpickle", "dill", "joblib", "shelve", "marshal"}, name
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.Call) and (function := ast.unparse(node.func)) in SAFE:
                    seen.add(function)
                    flag, value = SAFE[function]
                    given = {k.arg: ast.unparse(k.value) for k in node.keywords}
                    assert given.get(flag) == value, f"{name}: {function} without {flag}={value}"
            if "pickle.load" in text or "read_pickle" in text:
                assert name in UNPICKLES
    assert seen == set(SAFE)


def test_only_the_declared_top_level_is_there():
    import subprocess

    listed = subprocess.run(["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    folders = {line.split("/")[0] for line in listed.splitlines() if "/" in line and not line.startswith(".")}
    assert folders <= {"study", "trainables", "search_spaces", "analysis", "tests"}
