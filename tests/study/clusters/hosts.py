"""Test hosts: network, process, mount and host-name namespaces of this machine, each with an sshd of its own.

They need root, iproute2, util-linux, sshd and rsync. Nothing outlives the context: no process, namespace or mount. When
the tests themselves are killed their hosts die with them, and the names that are left go when hosts are next made.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

NETWORK = "10.213.7"
BRIDGE = "studies-br"
TOOLS = ("ip", "unshare", "setpriv", "sshd", "ssh", "ssh-keygen", "rsync")
PROJECT = Path(__file__).parents[3]


def missing() -> str:
    """Why there can be no test hosts here; empty if there can."""
    if os.geteuid() != 0:
        return "not root"
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    absent = [tool for tool in TOOLS if shutil.which(tool) is None]
    if absent:
        return f"{', '.join(absent)} not found (Debian: iproute2, openssh-server, openssh-client, rsync)"
    bridge = "ip link add studies-try type bridge && ip link delete studies-try"  # in the new network, gone with it
    made = subprocess.run(
        ["unshare", "--net", "--pid", "--mount", "--uts", "--fork", "--mount-proc", "sh", "-c", bridge],
        capture_output=True,
        text=True,
    )
    return "" if made.returncode == 0 else f"root may not make namespaces ({made.stderr.strip()})"


class Host:
    """A running test host, called lab1, lab2, … by the others.

    `shared` is mounted at /mnt on all of them, and everything in /tmp is the host's own.
    """

    def __init__(self, number: int, folder: Path, shared: Path, key: Path) -> None:
        self.address, self.name = f"{NETWORK}.{number}", f"studies-{number}"
        self._key, self._folder, self._shared = key, folder / self.name, shared

    @contextmanager
    def running(self) -> Iterator[None]:
        home = self._folder / "home"
        home.mkdir(parents=True)
        # What hosts have in common by other means: the project, here and in Ray's workers.
        (home / ".bashrc").write_text(f"export PYTHONPATH={PROJECT} PYTHONDONTWRITEBYTECODE=1 STUDY_CACHE=/mnt/cache\n")
        number = self.name.rpartition("-")[2]
        with ExitStack() as stack:
            _ip("netns", "add", self.name)
            stack.callback(_ip, "netns", "delete", self.name)
            _ip("link", "add", f"st-{number}", "type", "veth", "peer", "name", "eth0", "netns", self.name)
            stack.callback(_quiet_ip, "link", "delete", f"st-{number}")
            _ip("link", "set", f"st-{number}", "master", BRIDGE, "up")
            _ip("-n", self.name, "address", "add", f"{self.address}/24", "dev", "eth0")
            for device in ("lo", "eth0"):
                _ip("-n", self.name, "link", "set", device, "up")
            log = stack.enter_context((self._folder / "log.txt").open("w"))
            self.process = subprocess.Popen(
                [
                    *("setpriv", "--pdeathsig", "KILL", "ip", "netns", "exec", self.name),
                    *("unshare", "--pid", "--mount", "--uts", "--fork", "--kill-child", "--mount-proc"),
                    *("bash", "-euc", _BOOT, "boot", self.name, str(home), str(self._shared)),
                    *(self.address, str(self._key), *_kept()),
                ],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
            stack.callback(self.kill)
            self._until_it_answers()
            yield

    def kill(self) -> None:
        """Pull the plug."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)  # --kill-child takes the first process, and so all, along
        self.process.wait()

    def ssh(self, command: str) -> list[str]:
        """The command line that runs a shell's command on the host, as a user who logs in would."""
        options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR", "BatchMode=yes"]
        flags = [part for option in options for part in ("-o", option)]
        return ["ssh", "-i", str(self._key), *flags, f"root@{self.address}", f". ~/.bashrc; {command}"]

    def run(self, command: str, seconds: float = 240) -> subprocess.CompletedProcess[str]:
        """Run a shell's command on the host."""
        return subprocess.run(self.ssh(command), capture_output=True, text=True, timeout=seconds)

    def processes(self) -> list[str]:
        """Command lines of the host's processes."""
        lines = self.run("cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | sed 's/ray::/\\nray::/g'").stdout
        return lines.splitlines()

    def _until_it_answers(self) -> None:
        deadline = time.monotonic() + 60
        while self.run("true").returncode:
            assert self.process.poll() is None, (self._folder / "log.txt").read_text()
            assert time.monotonic() < deadline, (self._folder / "log.txt").read_text()
            time.sleep(0.2)


@contextmanager
def network(folder: Path, count: int) -> Iterator[tuple[list[Host], Path, Path]]:
    """Yields `count` hosts, the folder that they share, and the private key that opens them."""
    key, shared = folder / "key", folder / "shared"
    shared.mkdir()
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    with ExitStack() as stack:
        lock = stack.enter_context(Path("/run/studies-hosts.lock").open("w"))  # names and addresses are the machine's
        fcntl.flock(lock, fcntl.LOCK_EX)
        _remove_what_killed_tests_left()
        _ip("link", "add", BRIDGE, "type", "bridge")
        stack.callback(_ip, "link", "delete", BRIDGE)
        _ip("address", "add", f"{NETWORK}.254/24", "dev", BRIDGE)
        _ip("link", "set", BRIDGE, "up")
        hosts = [Host(number, folder, shared, key) for number in range(1, count + 1)]
        for host in hosts:
            stack.enter_context(host.running())
        yield hosts, shared, key


def left(folder: Path) -> list[str]:
    """What is left of hosts that were made in `folder`: namespaces, devices, mounts, processes."""
    mounts = [line for line in Path("/proc/mounts").read_text().splitlines() if str(folder) in line]
    processes = []
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            line = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            apart = os.readlink(place / "ns" / "net") != os.readlink("/proc/self/ns/net")
            processes += [line] if str(folder) in line and (apart or "sshd" in line) else []
    return [*_namespaces(), *_devices(), *mounts, *processes]


def _namespaces() -> list[str]:
    return re.findall(r"^(studies-\d+)", _ip("netns"), re.MULTILINE)


def _devices() -> list[str]:
    return re.findall(rf"^({BRIDGE}|st-\d+)(?=\b)", _ip("-brief", "link"), re.MULTILINE)


def _remove_what_killed_tests_left() -> None:
    for name in _namespaces():
        _ip("netns", "delete", name)
    for name in _devices():
        _quiet_ip("link", "delete", name)  # a pair goes with its namespace, if slowly


_HOME = pwd.getpwuid(0).pw_dir


def _kept() -> list[str]:
    """Folders under /tmp, /mnt and the home that a host needs although it has these for itself."""
    needed = {str(PROJECT), sys.prefix, sys.base_prefix}
    return sorted(path for path in needed if path.startswith(("/tmp/", "/mnt/", f"{_HOME}/")))


def _ip(*arguments: str) -> str:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True)
    assert done.returncode == 0, f"ip {' '.join(arguments)}: {done.stderr}"
    return done.stdout


def _quiet_ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], capture_output=True)  # the device goes with its namespace


_BOOT = """
name=$1 home=$2 shared=$3 address=$4 key=$5; shift 5
hostname "lab${name##*-}"
mount -t tmpfs tmpfs /run
mkdir -p /run/sshd /run/keep
{ cat /etc/hosts; for number in 1 2 3 4 5 6 7 8; do echo "${address%.*}.$number lab$number"; done; } > /run/hosts
mount --bind /run/hosts /etc/hosts
ssh-keygen -q -t ed25519 -N '' -f /run/host-key
cp "$key.pub" /run/authorized
mount --bind "$shared" /mnt
number=0
for path in "$@"; do number=$((number + 1)); mkdir "/run/keep/$number"; mount --rbind "$path" "/run/keep/$number"; done
mount --bind "$home" ~
mount -t tmpfs tmpfs /tmp
number=0
for path in "$@"; do number=$((number + 1)); mkdir -p "$path"; mount --rbind "/run/keep/$number" "$path"; done
mount -t tmpfs tmpfs /dev/shm
chmod 1777 /tmp /dev/shm
cat > /run/sshd-config <<END
ListenAddress $address
HostKey /run/host-key
AuthorizedKeysFile /run/authorized
PermitRootLogin prohibit-password
PasswordAuthentication no
StrictModes no
UsePAM no
PidFile none
END
"$(command -v sshd)" -D -e -f /run/sshd-config &
wait $!
"""


def required() -> pytest.MarkDecorator:
    """Skips a test where there can be no test hosts."""
    reason = missing()
    return pytest.mark.skipif(bool(reason), reason=f"test hosts cannot be made here: {reason}")
