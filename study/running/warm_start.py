"""`--warm-start RUN,…`: what other runs found to be the best of a method is what this run tries early."""

from __future__ import annotations

import math
from typing import Any

from study.design.arm import Arm
from study.design.ranges import contains
from study.design.study import Study, WarmStart
from study.errors import Mistake, unreadable
from study.storage.places import find_any
from study.storage.run_folder import RunFolder

Row = dict[str, Any]


def warm_starts(study: Study, names: list[str], output: str) -> dict[str, list[WarmStart]]:
    """Arm → the best settings of its method in the runs of these names, in this order, none twice and none the
    published one. Of a run that has the arm's supervision it is the best under that one, else the best of all.

    Mistake where the runs and the study have no method in common, or no such setting lies in the study's ranges.
    """
    starts: dict[str, list[WarmStart]] = {str(arm): [] for arm in study.arms()}
    common = False
    for name in names:
        folder = find_any(name, output)
        rows, sign = _complete(folder, name)
        common |= bool({row["method"] for row in rows} & study.methods.keys())
        for arm in study.arms():
            if found := _best(study, arm, rows, sign, folder.name):
                tried = [study.published_setting(arm), *(start.setting for start in starts[str(arm)])]
                starts[str(arm)] += [found] if found.setting not in tried else []
    flag = f"--warm-start {','.join(names)}"
    if not common:
        raise Mistake(f"{flag}: no trial there is of a method of study {study.name}; name runs that have one in common")
    if not any(starts.values()):
        raise Mistake(
            f"{flag}: nothing there is both other than the published settings and inside the ranges of study "
            f"{study.name}; leave --warm-start out, or name other runs"
        )
    return {arm: found for arm, found in starts.items() if found}


def _complete(folder: RunFolder, name: str) -> tuple[list[Row], int]:
    """Complete trials of a run's search, and whether less is better (1) or worse (-1)."""
    record = folder.read_record()
    try:
        rows = list(folder.trials().values())
        complete = [row for row in rows if row["phase"] == "search" and row["state"] == "complete"]
        direction = record.get("objective", {}).get("direction", "minimize")
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise unreadable(f"--warm-start {name}: its trials", error, "restore them, or name another run") from None
    return [row for row in complete if math.isfinite(row["objective"])], 1 if direction == "minimize" else -1


def _best(study: Study, arm: Arm, rows: list[Row], sign: int, run: str) -> WarmStart | None:
    """Of an arm, if all that its method searches was searched there too, and lies in the ranges of here."""
    own = [row for row in rows if row["method"] == arm.method]
    own = [row for row in own if row["supervision"] == arm.supervision] or own
    if not own or study.few_settings(arm) is not None:
        return None
    best = min(own, key=lambda row: (row.get("empty") == 1, sign * row["objective"], row["trial"]))
    published = study.published_setting(arm)
    setting = {path: best.get(f"param.{path}") for path in published}
    setting = {path: published[path] if value is None else value for path, value in setting.items()}
    if not all(contains(study.space[path], value) for path, value in setting.items()):
        return None
    return WarmStart(run=run, trial=best["trial"], setting=setting)
