"""A worker's Ray ends when its head is gone, and not before, and no other."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading

from study.clusters.follow import follow


def raylet(address: str) -> subprocess.Popen[bytes]:
    """A process that looks like the raylet of the cluster at `address`."""
    words = ["/x/raylet", "-c", "import time; time.sleep(600)", f"--gcs-address={address}"]
    return subprocess.Popen(words, executable=sys.executable)


def test_only_the_raylets_of_a_head_that_is_gone_are_ended():
    with socket.socket() as head, socket.socket() as other:
        for one in (head, other):
            one.bind(("127.0.0.1", 0))
            one.listen(100)
            one.settimeout(60)
        address, another = (f"127.0.0.1:{one.getsockname()[1]}" for one in (head, other))
        mine, others = raylet(address), raylet(another)
        try:
            following = threading.Thread(target=follow, args=(address, 0.05, 3), daemon=True)
            following.start()
            for _ in range(2 * 3):  # asked more often than it may be missed
                head.accept()[0].close()
            assert following.is_alive()
            assert mine.poll() is None
            head.close()
            following.join(60)
            assert not following.is_alive()
            assert mine.wait(60) == -15
            assert others.poll() is None
        finally:
            for process in (mine, others):
                process.kill()
                process.wait()
