"""What this process may use of its machine: processors and memory, within the quota of a container or a batch job.

The system's own counts are those of the whole host. `docker --cpus=2 --memory=8g`, Kubernetes and Slurm set quotas on a
control group: version 2 in `cpu.max` and `memory.max`, version 1 in `cpu.cfs_quota_us`, `cpu.cfs_period_us` and
`memory.limit_in_bytes`. That of any group above counts too.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

TRIAL_BYTES = 1.2 * 2**30
"""Memory of a trial's process: 0.8 GB with torch and Ray alone (two measured: 823 and 882 MB), and its tensors."""
_ROOT, _OWN, _MEMORY = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup"), Path("/proc/meminfo")
_UNLIMITED = 1 << 60
"""Version 1 writes a number near 2⁶³ where there is no limit."""


def processors() -> int:
    """How many processors this process may use, 1 or more: those of its affinity, or the quota, rounded up."""
    here = len(os.sched_getaffinity(0))
    quotas = [quota for group in _groups() if (quota := _cpu_quota(group))]
    return max(1, min([here, *(math.ceil(quota) for quota in quotas)]))


def memory() -> float:
    """Bytes that this process and its children may still take: what is free, or what its quota leaves."""
    left = [_free(), *(limit for group in _groups() if (limit := _memory_left(group)) is not None)]
    return max(0.0, min(left))


def trials_in_memory() -> int:
    """How many trials at once the memory of this machine carries, 1 or more."""
    return max(1, int(memory() / TRIAL_BYTES))


def _groups() -> Iterator[Path]:
    """Folders of this process's control groups, and of those above them, as far as they are seen from here."""
    for line in (_text(_OWN) or "").splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        mount = _ROOT / controllers.removeprefix("name=") if controllers else _ROOT
        inside = mount / path.strip("/")
        for group in [inside, *inside.parents]:
            if group.is_relative_to(mount) and group.is_dir():
                yield group


def _cpu_quota(group: Path) -> float | None:
    """Processors that a group may use; none for no limit."""
    words = (_text(group / "cpu.max") or "").split()
    if not words:
        words = [_text(group / f"cpu.cfs_{name}_us") or "" for name in ("quota", "period")]
    with suppress(ValueError, IndexError, ZeroDivisionError):  # "max", −1, or a file that is not there
        quota = float(words[0]) / float(words[1])
        return quota if quota > 0 else None
    return None


def _memory_left(group: Path) -> float | None:
    """Bytes that a group may still take; none for no limit. What its files hold in the cache can be freed."""
    names = (("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes"))
    for limit, used in names:
        with suppress(ValueError):
            most = float(_text(group / limit) or "max")
            if most < _UNLIMITED:
                return most - max(0.0, float(_text(group / used) or 0) - _cached(group))
    return None


def _cached(group: Path) -> float:
    """Bytes of a group that are cached files of the disk, not used lately."""
    fields = dict(line.split(maxsplit=1) for line in (_text(group / "memory.stat") or "").splitlines() if " " in line)
    return float(fields.get("total_inactive_file") or fields.get("inactive_file") or 0)


def _free() -> float:
    """Bytes that the system could give to new processes; where it does not say it, any number."""
    for line in (_text(_MEMORY) or "").splitlines():
        if line.startswith("MemAvailable:"):
            return float(line.split()[1]) * 1024
    return math.inf


def _text(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError:
        return None
