"""`python -m study.clusters.follow HEAD:PORT`: this host's Ray ends half a minute after the cluster's head has gone.

`ray down` stops the head of given hosts and no worker, and a worker whose head is gone waits for it for minutes.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from pathlib import Path


def follow(address: str, seconds: float = 5.0, misses: int = 6) -> None:
    """Wait until `address` has not answered `misses` times in a row, `seconds` apart; then end the user's raylets."""
    host, _, port = address.rpartition(":")
    missed = 0
    while missed < misses:
        time.sleep(seconds)
        try:
            socket.create_connection((host, int(port)), timeout=5).close()
            missed = 0
        except OSError:
            missed += 1
    for process in _raylets(address):
        os.kill(process, signal.SIGTERM)


def _raylets(address: str) -> list[int]:
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            words = (place / "cmdline").read_bytes().decode(errors="replace").split("\0")
            own = place.stat().st_uid == os.getuid()
        except OSError:  # it has ended meanwhile
            continue
        if own and words[0].endswith("raylet") and f"--gcs-address={address}" in words:
            found.append(int(place.name))
    return found


if __name__ == "__main__":
    follow(sys.argv[1])
