"""Where a run comes from: versions, commit, machine."""

from __future__ import annotations

import importlib.metadata
import platform
import subprocess
from pathlib import Path
from typing import Any

from trainables.machine import processors

_PACKAGES = (
    *("shape-sequence-studies", "torch", "ray", "optuna", "mlflow"),
    *("numpy", "scipy", "scikit-image", "pandas", "pyarrow"),
)


def versions() -> dict[str, str]:
    """Installed versions of what computes and stores the results."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = "not installed as a package"
    return found


def commit() -> str:
    """Commit of the source tree, with `+changes` if it differs from it; empty outside a checkout."""
    here = Path(__file__).resolve().parents[2]
    if not (here / ".git").exists():
        return ""
    try:
        head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=here, capture_output=True, text=True, timeout=10)
        state = subprocess.run(["git", "status", "--porcelain"], cwd=here, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return head.stdout.strip() + ("+changes" if state.stdout.strip() else "") if head.returncode == 0 else ""


def machine() -> dict[str, Any]:
    """The driver's machine."""
    return {
        "host": platform.node(),
        "system": platform.platform(),
        "processor": platform.machine(),
        "cores": processors(),
    }
