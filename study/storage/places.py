"""Where things lie: run folders under the output, and the local state folder for what needs a local disk."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import secrets
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import fsspec
from fsspec import AbstractFileSystem

from analysis.tables.names import is_called
from study.errors import Mistake, of_storage
from study.storage.credentials import of_uri
from study.storage.run_folder import RunFolder
from trainables.files import is_local, is_object_store, within

# A Unix socket's path has 107 bytes; Ray's session and socket names take 80 of them.
_LONGEST_SCRATCH = 27
# Seconds that a store has to take a small file.
_PATIENCE = 20
# The file in Ray's scratch folder that its process keeps locked.
_HELD = ".held"
# Seconds after which such a folder without that file is nobody's.
_OLD = 600.0


def default_output() -> str:
    """$STUDY_RESULTS, or ./results."""
    return os.environ.get("STUDY_RESULTS") or "results"


def check_output(output: str) -> None:
    """Mistake if run folders cannot be made under `output`; nothing is made yet."""
    _no_credentials("--output", output)
    try:
        filesystem, path = fsspec.core.url_to_fs(output)
    except (ImportError, ValueError) as error:
        raise Mistake(f"--output {output}: {error}; name a folder, or install what its protocol needs") from None
    if is_local(filesystem):
        check_folder(path, f"--output {output}")
    else:
        _check_store(filesystem, path, f"--output {output}")


def check_folder(path: str, what: str) -> None:
    """Mistake, which begins with `what`, if files cannot be made in a local folder, nor the folder; nothing is left."""
    missing: list[Path] = []
    try:
        folder = Path(path).absolute()
        missing = [parent for parent in [folder, *folder.parents] if not parent.exists()]
        nearest = missing[-1].parent if missing else folder
        if not nearest.is_dir():
            raise Mistake(f"{what}: {nearest} is a file; name a folder")
        for parent in reversed(missing):
            parent.mkdir()
        with tempfile.TemporaryFile(dir=folder):  # os.access says yes to root where even root may not write
            pass
    except OSError as error:
        where = missing[-1].parent if missing else path
        raise Mistake(f"{what}: {where} cannot be written to ({error.strerror}); name another folder") from None
    finally:
        for parent in missing:
            if parent.exists():
                parent.rmdir()


def _check_store(filesystem: AbstractFileSystem, path: str, what: str) -> None:
    """Mistake, which begins with `what`, if a file cannot be written and removed there within some seconds."""
    parents = [path, *(str(parent) for parent in Path(path).parents)]
    folders = not is_object_store(filesystem)
    missing = [parent for parent in parents if not filesystem.exists(parent)] if folders else []
    marker = f"{path}/.probe-{secrets.token_hex(4)}"

    def probe() -> None:
        try:
            if folders:
                filesystem.makedirs(path, exist_ok=True)
            filesystem.pipe_file(marker, b"probe")
        except Exception:
            with suppress(Exception):  # a torn one may be there
                filesystem.rm_file(marker)
            raise
        else:
            filesystem.rm_file(marker)
        finally:
            for parent in missing:
                with suppress(Exception):  # it was not made
                    filesystem.rmdir(parent)

    try:
        within(_PATIENCE, probe)
    except Exception as error:  # a store's library may raise anything
        reason = " ".join(str(error).split()) or type(error).__name__
        raise Mistake(f"{what}: a file cannot be written there ({reason}); name another folder or store") from None


def new_run(output: str, study: str, name: str | None = None) -> RunFolder:
    """A run folder that does not exist yet, which ends in `name`; names sort by time."""
    called = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{name or secrets.token_hex(4)}"
    return RunFolder(f"{_absolute(output)}/{study}/{called}")


def check_name(name: str | None) -> None:
    """Mistake if a run cannot be called so."""
    if name is not None and (not re.fullmatch(r"[A-Za-z0-9][\w.-]{0,59}", name, re.ASCII) or name == "last"):
        raise Mistake(f"--name {name}: a name has up to 60 letters, digits, '.', '_' and '-', and is not 'last'")


def refuse_taken(name: str, output: str, study: str) -> None:
    """Mistake if a run of the study is called so: the name would no longer say which is meant."""
    if taken := find_named(output, study, name):
        raise Mistake(
            f"--name {name}: run {taken.name} of {study} has it; go on with that by --resume {name}, or take "
            "another name"
        )


def find_named(output: str, study: str, name: str) -> RunFolder | None:
    """The newest run of a study that is called so; None if there is none. Mistake if that cannot be known."""
    try:
        found = _called(_absolute(output), study, name)
    except OSError as error:
        raise Mistake(f"--output {output}: {of_storage(error)}") from None
    return found[-1] if found else None


def discard(folder: RunFolder) -> None:
    """Remove what a run has left that could not be begun, as far as that is possible."""
    with suppress(OSError):
        folder.remove()
        if folder.local:
            for parent in Path(folder.path).parents[:2]:
                parent.rmdir()


def find_run(output: str, study: str, which: str) -> RunFolder:
    """The run `which` of a study: `last`, a run's name, or a run folder's path or URI; Mistake if there is none."""
    _no_credentials("--resume", which)
    try:
        return _found(output, study, which)
    except OSError as error:
        raise Mistake(f"--resume {which}: {of_storage(error)}; check --output {output}") from None
    except (ImportError, ValueError) as error:
        raise Mistake(f"--resume {which}: {error}; name a run, or install what its protocol needs") from None


def _found(output: str, study: str, which: str) -> RunFolder:
    if which == "last":
        root = RunFolder(f"{_absolute(output)}/{study}")
        for name in reversed(root.names("", "")):
            if name and (folder := RunFolder(root.file(name))).exists("study.json"):
                return folder
        raise Mistake(f"--resume last: there is no run of {study} in {output}; start one without --resume")
    called = [] if "://" in which else _called(_absolute(output), study, which.removeprefix(f"{study}/"))
    for folder in (*called[-1:], RunFolder(_absolute(which))):
        if folder.exists("study.json"):
            return folder
    raise Mistake(f"--resume {which}: there is no such run of {study} in {output}; see the names in {output}/{study}")


def _called(output: str, study: str, name: str) -> list[RunFolder]:
    """Runs of a study that are called so, the newest last."""
    folder = RunFolder(f"{output}/{study}")
    found = [RunFolder(folder.file(run)) for run in folder.names("", "") if is_called(run, name)]
    return [run for run in found if run.exists("study.json")]


def find_any(name: str, output: str) -> RunFolder:
    """The run that a user names in any way: a study (its newest run), a run's name, or its folder; Mistake if none."""
    _no_credentials("RUN", name)
    try:
        for url in (name,) if "://" in name else (_absolute(name), f"{_absolute(output)}/{name}"):
            if RunFolder(url).exists("study.json"):
                return RunFolder(url)
        root = RunFolder(_absolute(output))
        called = [
            run for study in root.names("", "") for run in _called(root.url, study, name.removeprefix(f"{study}/"))
        ]
        if len(called) > 1:
            raise Mistake(f"RUN {name}: {len(called)} runs are called so; name one by its folder, {called[-1].url}")
        if called:
            return called[0]
        newest = [folder for run in RunFolder(root.file(name)).names("", "")
                  if (folder := RunFolder(root.file(name, run))).exists("study.json")]  # fmt: skip
        if newest:
            return newest[-1]
    except (OSError, ImportError, ValueError) as error:
        raise Mistake(f"RUN {name}: it cannot be looked for ({error}); name a run folder") from None
    raise Mistake(f"RUN {name}: there is no such study or run in {output}; python -m study.status lists them")


def _no_credentials(flag: str, url: str) -> None:
    if (masked := of_uri(url)) != url:
        raise Mistake(
            f"{flag} {masked}: credentials in a URI would be written down; leave them out, and give them as the "
            "protocol's library reads them, such as FSSPEC_FTP_USERNAME and FSSPEC_FTP_PASSWORD in the environment"
        )


def _absolute(url: str) -> str:
    return url.rstrip("/") if "://" in url else os.path.abspath(url)


def state_folder(folder: RunFolder) -> Path:
    """Local folder of a run's journal and scratch, in the user's part of $STUDY_STATE or of the temporary folder."""
    return _own() / hashlib.sha256(folder.url.encode()).hexdigest()[:8]


@contextmanager
def ray_scratch(state: Path) -> Iterator[Path]:
    """Where this process's Ray may put its sockets, in a folder that only the user may enter; Mistake if there is none.

    Beside the state folder if the sockets' paths stay short enough. (Ray lets everybody into the folder it is given.)
    It is removed at the end; so is what processes that were killed have left there.
    """
    private_folder(state.parent)
    name, tmp = f"ray{os.getpid()}", Path("/tmp")
    for left in [*state.parent.glob("ray*"), *tmp.glob("ray*-*")]:
        _remove_unless_used(left)
    own = scratch = state.parent / name
    if len(str(own)) <= _LONGEST_SCRATCH:
        own.mkdir(exist_ok=True)
    else:
        own = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=tmp))
        scratch = own / "r"
    try:
        with open(own / _HELD, "w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield scratch
    finally:
        shutil.rmtree(own, ignore_errors=True)


def _remove_unless_used(left: Path) -> None:
    """A process of that number may live in another container: it holds the file, and the system knows."""
    process = left.name.removeprefix("ray").partition("-")[0]
    try:
        if not process.isdigit() or Path("/proc", process).exists():
            return
        if not (left / _HELD).exists():  # made again by workers of a process that was killed, or just being made
            told = left.lstat()
            if stat.S_ISDIR(told.st_mode) and told.st_uid == os.getuid() and time.time() - told.st_mtime > _OLD:
                shutil.rmtree(left, ignore_errors=True)
            return
        with open(left / _HELD) as held:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(left, ignore_errors=True)
    except OSError:  # held, of another user, or of a program that does not hold it
        return


def private_folder(folder: Path) -> None:
    """Make a folder that nobody else may enter; Mistake if another user has one of that name, or it cannot be made."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        owner = folder.stat().st_uid
        if owner == os.getuid() and not folder.is_symlink():
            folder.chmod(0o700)
            return
        reason = f"it belongs to user {owner}"
    except OSError as error:
        reason = str(error.strerror)
    raise Mistake(f"state folder {folder} cannot be used ({reason}): name another parent with $STUDY_STATE")


def _own() -> Path:
    return Path(os.environ.get("STUDY_STATE") or tempfile.gettempdir()) / f"study-{os.getuid()}"
