"""Who may import whom (analysis and the rooms below study/ know nothing of those above)."""

import ast
import graphlib
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


def modules() -> dict[str, Path]:
    """Dotted name → file, of all rooms."""
    files = [path for room in FORBIDDEN | {"study": set()} for path in (PROJECT / room).rglob("*.py")]
    dotted = {".".join(path.relative_to(PROJECT).with_suffix("").parts): path for path in files}
    return {name.removesuffix(".__init__"): path for name, path in dotted.items()}


def depends() -> dict[str, set[str]]:
    """Module → modules that it imports, also inside its functions; not what only a type checker reads."""
    known = modules()
    graph: dict[str, set[str]] = {}
    for name, path in known.items():
        tree = ast.parse(path.read_text())
        typing = {
            inner
            for node in ast.walk(tree)
            if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
            for inner in ast.walk(node)
        }
        used: set[str] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module and node not in typing:
                one_by_one = {f"{node.module}.{alias.name}" for alias in node.names}
                used |= {full if full in known else node.module for full in one_by_one}
            elif isinstance(node, ast.Import):
                used |= {alias.name for alias in node.names}
        graph[name] = (used & known.keys()) - {name}
    return graph


COMPLETED = "trainables.interpolants.aspects", "trainables.interpolants.combination"
"""A part of a rule is completed to a rule, when it is fitted, by parts of which each is one."""


def test_imports_go_in_no_circle():
    graph = depends()
    assert COMPLETED[1] in graph[COMPLETED[0]]
    graph[COMPLETED[0]].discard(COMPLETED[1])
    graphlib.TopologicalSorter(graph).prepare()


@pytest.mark.parametrize("room", ["study", "analysis"])
def test_rooms_within_a_room_import_each_other_in_no_circle(room):
    """`study.trials.search` lies in `study.trials`; a file of the room itself is a room of its own."""

    def inner(name: str) -> str:
        return ".".join(name.split(".")[:2])

    graph: dict[str, set[str]] = {}
    for name, used in depends().items():
        if name.startswith(f"{room}."):
            others = {inner(other) for other in used if other.startswith(f"{room}.")} - {inner(name)}
            graph.setdefault(inner(name), set()).update(others)
    assert f"{room}.claims" in graph
    graphlib.TopologicalSorter(graph).prepare()


def test_what_lies_in_study_itself_are_the_commands_and_what_they_share():
    commands = [path for path in (PROJECT / "study").glob("*.py") if "if __name__ ==" in path.read_text()]
    assert len(commands) >= 10
    files = [path for path in (PROJECT / "study").iterdir() if path.is_file()]
    assert len(files) <= 18, "a file that is no command goes to a room: study/README.md says which"


# What Ray has written of an error, a moment ago and in the run's own scratch.
UNPICKLES = {"study/running/execution.py"}
# Reads what a pickle holds with names that do nothing; its own tests hold that.
INERT = "trainables/shapes/readers/inert_pickle.py"
SAFE = {"torch.load": ("weights_only", "True"), "np.load": ("allow_pickle", "False")}


def test_nothing_from_elsewhere_is_unpickled():
    seen = set()
    for room in ("study", "trainables", "search_spaces", "analysis"):
        for path in (PROJECT / room).rglob("*.py"):
            name, text = str(path.relative_to(PROJECT)), path.read_text()
            unpickling = imported(path) & {"pickle", "cloudpickle", "dill", "joblib", "shelve", "marshal"}
            assert not unpickling or name == INERT, name
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
