"""What may be asked of a run: the flags of `python -m study.run`, which a configuration file and `study.api.run` have
too, under the same names and with the same checks."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from typing import Any, get_args

import click

from study.data import reader_options
from study.design.study import Sampler
from study.errors import Mistake
from study.running.plan import DEFAULT_PRESET, Options
from study.storage.credentials import without_credentials
from study.storage.places import default_output
from trainables.configuration import suggestion

Command = Callable[..., Any]

_BEFORE_DATA = [
    click.option("--name", metavar="WORD", help="of the run, by which every command finds it  [default: a random one]"),
    click.option("--preset", help=f"laptop, smoke, paper, or one that the study adds  [default: {DEFAULT_PRESET}]"),
    click.option("--trials", type=click.IntRange(1), help="search trials per arm, in total (also when resuming)"),
    click.option("--replicates", type=click.IntRange(1), help="replicates of each confirmed configuration"),
    click.option("--seed", type=click.IntRange(0), help="seed of the whole study  [default: 0]"),
    click.option("--output", metavar="DIR-or-URI", help="run folders  [default: results, or $STUDY_RESULTS]"),
    click.option(
        "--tracking-uri", metavar="URI", help="MLflow  [default: sqlite:///mlflow.db, or $MLFLOW_TRACKING_URI]"
    ),
    click.option("--address", metavar="RAY", help="Ray: HOST:PORT, auto or local  [default: local, or $RAY_ADDRESS]"),
    click.option(
        "--methods",
        metavar="NAME,…",
        help="only these methods, and the baseline; or all; one named twice runs again with other seeds  "
        "[default: the study's usual ones]",
    ),
    click.option("--supervisions", metavar="NAME,…", help="only these supervisions  [default: the study's usual ones]"),
    click.option("--data", metavar="PATH…", help="a recording or images, for studies that take some (see --list)"),
]
_AFTER_DATA = [
    click.option(
        "--bands", metavar="N[,N,N]", help="images of several bands: the one to take, or three as red,green,blue"
    ),
    click.option(
        "--cpus", type=click.IntRange(1), help="processors of this machine to use  [default: all that it may]"
    ),
    click.option("--sampler", type=click.Choice(get_args(Sampler)), help="who proposes settings  [default: tpe]"),
    click.option(
        "--patience", type=click.IntRange(1), metavar="N", help="an arm ends after N trials that bring nothing better"
    ),
    click.option(
        "--warm-start",
        metavar="RUN,…",
        help="begin each arm, after the published setting, with the best of the same method in other runs",
    ),
    click.option("--resume", metavar="last|RUN", help="take up a run where it was left, or extend it with --trials"),
    click.option("--set", "set", multiple=True, metavar="KEY=VALUE", help="change the configuration; may be repeated"),
    click.option("--time-limit", metavar="TIME", help="stop cleanly after this time, such as 90s, 45m or 3h"),
]


def flags(command: Command) -> Command:
    """Give a command the flags."""
    for option in reversed(_AFTER_DATA):
        command = option(command)
    command = reader_options.flags(
        tracks="only these tracks of the recording  [default: all full-length ones]",
        skip_bad="leave out sequences that cannot be used; the report lists them",
    )(command)
    for option in reversed(_BEFORE_DATA):
        command = option(command)
    return command


PARAMETERS = {str(option.name): option for option in click.command()(flags(lambda **given: None)).params}
"""Name, with underscores → flag."""

_LISTS = ("methods", "supervisions", "tracks", "voxel", "bands", "warm_start", "at")
_WORDS = ("methods", "supervisions", "warm_start")


def of_flags(given: Mapping[str, Any], more: tuple[str, ...] = ()) -> dict[str, Any]:
    """What flags say, without those that were not given; `more` are the paths after the first of `--data`."""
    asked = {name: value for name, value in given.items() if value not in (None, False, ())}
    if "set" in asked:
        asked["set"] = dict(parted(change) for change in asked["set"])
    if "data" in asked:
        asked["data"] = [asked["data"], *more]
    return asked


def parted(change: str) -> tuple[str, str]:
    key, equals, value = change.partition("=")
    if not equals or not key:
        raise Mistake(f"--set {change}: not of the form key=value, such as epochs=500")
    return key, value


def of_values(
    given: Mapping[str, Any],
    what: str,
    name: Callable[[str], str] = str,
    parameters: Mapping[str, click.Parameter] = PARAMETERS,
) -> dict[str, Any]:
    """The like from Python's values: those of a file, or of arguments. Mistake, which begins with `what`, for a name
    that there is not, and for a value of another kind; `name` writes a name as the user does."""
    known = [name(option) for option in parameters]
    asked: dict[str, Any] = {}
    for option, value in given.items():
        own = next((known_option for known_option in parameters if name(known_option) == option), None)
        if own is None:
            raise Mistake(f"{what}: there is no {option!r}; {suggestion(option, known, most=3)}")
        if value is not None:
            asked[own] = _checked(parameters[own], value, f"{what}: {option}")
    return {option: value for option, value in asked.items() if value not in (False, {}, [])}


def _checked(parameter: click.Parameter, value: Any, what: str) -> Any:
    option, value = str(parameter.name), _of_python(value)
    if getattr(parameter, "is_flag", False):
        return _of_kind(value, bool, what, "true or false")
    if option == "set":
        changes = _of_kind(value, dict, what, "a mapping of keys to values")
        return {str(key): entry if isinstance(entry, str) else _json(entry, what) for key, entry in changes.items()}
    if option == "data":
        return [path_of(path, what) for path in (value if isinstance(value, list | tuple) else [value])]
    if option in _LISTS and isinstance(value, list | tuple):
        return ",".join(_text(entry, what) for entry in value)
    if parameter.multiple and isinstance(value, list | tuple | str):
        value = [value] if isinstance(value, str) else value
        return tuple(_converted(parameter, _of_kind(entry, str, what, "text"), what) for entry in value)
    if isinstance(parameter.type, click.IntRange):
        _of_kind(value, int, what, "a whole number")
    elif isinstance(parameter.type, click.FloatRange):
        _of_kind(value, int | float, what, "a number")
    elif option in _LISTS or option == "time_limit":
        value = _text(value, what)
    else:
        value = _of_kind(os.fspath(value) if isinstance(value, os.PathLike) else value, str, what, "text")
        if not value:
            raise Mistake(f"{what} is empty: give a value, or leave it out")
    return _converted(parameter, value, what)


def _of_python(value: Any) -> Any:
    """NumPy's numbers, and rows of them, ranges and the like as Python's own, in lists, too."""
    if hasattr(value, "tolist") and getattr(value, "ndim", 0) <= 1:
        return value.tolist()
    return [_of_python(entry) for entry in value] if isinstance(value, list | tuple | range) else value


def path_of(value: Any, what: str) -> str:
    """A path as text; Mistake for what is none, such as an array."""
    wanted = "the path of a file or folder; write an array with numpy.save, and name that file"
    return _text(value, what, wanted)


_LONGEST = 60
"""Letters of a wrong value that a sentence repeats."""


def _told(value: Any) -> str:
    """A wrong value, for a sentence: of an array what it is, of what is long its beginning."""
    if getattr(value, "ndim", 0) > 1:
        return f"an array of {' x '.join(map(str, value.shape))}"
    said = " ".join(repr(value).split())
    return said if len(said) <= _LONGEST else f"{said[:_LONGEST]} …"


def _converted(parameter: click.Parameter, value: Any, what: str) -> Any:
    try:
        return parameter.type.convert(value, parameter, None)
    except click.BadParameter as error:
        raise Mistake(f"{what}: {error.message.rstrip('.')}") from None


def _of_kind(value: Any, kind: Any, what: str, said: str) -> Any:
    if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
        raise Mistake(f"{what} is {_told(value)}: it must be {said}")
    return value


def _text(value: Any, what: str, wanted: str = "text or a number, or a list of them") -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float | os.PathLike):
        raise Mistake(f"{what} is {_told(value)}: it must be {wanted}")
    return os.fspath(value) if isinstance(value, os.PathLike) else str(value)


def _json(value: Any, what: str) -> str:
    try:
        return json.dumps(value)
    except (TypeError, ValueError):
        raise Mistake(
            f"{what}: {_told(value)} is neither text, a number, true, false, null nor a list of them"
        ) from None


def merged(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What both say; where both say something, `after` wins, and of `set` key by key."""
    changes = {**before.get("set", {}), **after.get("set", {})}
    return {**before, **after, **({"set": changes} if changes else {})}


def options(study: str, asked: Mapping[str, Any], command: str = "") -> Options:
    """What the plan of a run is made from; `command` is how it was asked for, where not by this process's command."""
    changes = [f"{key}={value}" for key, value in asked.get("set", {}).items()]
    paths = list(asked.get("data", []))
    rest = {option: value for option, value in asked.items() if option not in ("set", "data")}
    return Options(
        study=study,
        changes=changes,
        data=paths[0] if paths else None,
        more_data=tuple(paths[1:]),
        command=command,
        **{"output": default_output()} | rest,
    )


def written(asked: Options) -> dict[str, Any]:
    """What was asked for, as a file says it (`of_values`); without credentials."""
    said: dict[str, Any] = {"study": asked.study, "preset": asked.preset or DEFAULT_PRESET}
    for option in PARAMETERS:
        value = {"set": asked.changes, "data": asked.paths}.get(option) or getattr(asked, option, None)
        if option == "preset" or (option == "output" and value == default_output()) or value in (None, False):
            continue
        said[option.replace("_", "-")] = _as_in_a_file(option, value)
    return said


def said_in_a_file(asked: Mapping[str, Any], parameters: Mapping[str, click.Parameter]) -> dict[str, Any]:
    """What was asked for of a command of these parameters, as a file says it; without credentials."""
    changes = {"set": [f"{key}={value}" for key, value in asked.get("set", {}).items()]} if "set" in asked else {}
    given = dict(asked) | changes
    return {name.replace("_", "-"): _as_in_a_file(name, given[name]) for name in parameters if name in given}


def _as_in_a_file(option: str, value: Any) -> Any:
    if option == "set":
        return {key: _value(text) for key, text in map(parted, value)}
    if option in _LISTS:
        return [_value(entry.strip()) if option not in _WORDS else entry.strip()
                for entry in value.split(",")]  # fmt: skip
    if isinstance(value, list):
        return [without_credentials(entry) for entry in value]
    return without_credentials(value) if isinstance(value, str) else value


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return without_credentials(text)
