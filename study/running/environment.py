"""Environment variables that a study reads: checked before anything starts, and named when they are wrong."""

from __future__ import annotations

import math
import os

from study.errors import Mistake
from study.storage.places import check_folder


def check() -> None:
    """Mistake if one of them cannot be used; nothing is made yet."""
    seconds = os.environ.get("MLFLOW_HTTP_REQUEST_TIMEOUT") or "10"
    if not seconds.isdigit() or int(seconds) == 0:
        raise Mistake(f"$MLFLOW_HTTP_REQUEST_TIMEOUT is {seconds!r}: write whole seconds, such as 10")
    for name in ("STUDY_STATE", "STUDY_CACHE"):
        if value := os.environ.get(name):
            check_folder(value, f"${name} {value}")
    grows_to()


def grows_to() -> dict[str, float]:
    """What a cluster that starts nodes on demand has at its largest, from $STUDY_GROWS_TO, such as CPU=16,GPU=4."""
    text = os.environ.get("STUDY_GROWS_TO", "")
    try:
        parts = [part.split("=") for part in text.split(",") if part]
        most = {name.strip(): float(number) for name, number in parts}
        if all(math.isfinite(number) and number >= 0 for number in most.values()):
            return most
    except ValueError:
        pass  # said below
    raise Mistake(f"$STUDY_GROWS_TO is {text!r}: write what the cluster grows to, such as CPU=16,GPU=4")
