"""The traces of a node on the machine while it runs; a test checks that none stays."""

import math
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.cluster.cgroups import groups

_SHARED = ("/run", "/run/netns", "/var/lib", "/var/log", "/opt", "/etc", "/var/lib/kubelet", "/var/lib/cni")


@dataclass(frozen=True, slots=True)
class Traces:
    """Processes, namespaces, mounts and cgroups that belong to a node."""

    processes: frozenset[int] = field(default=frozenset())
    namespaces: frozenset[str] = field(default=frozenset())
    mounts: tuple[str, ...] = ()
    cgroups: tuple[str, ...] = ()
    found_at_s: float = field(default=0.0, compare=False)
    """Seconds since the machine's start."""


def traces(folder: Path, group: str, process_namespace: str = "") -> Traces:
    """Return the traces of the node that writes to `folder`, in the cgroup `group` and, if given, in that PID namespace."""
    processes = frozenset(_belonging(str(folder), group, process_namespace))
    own = {
        _link(process, kind)
        for process in processes
        for kind in ("net", "mnt", "pid", "cgroup", "uts", "ipc")
    }
    machine = {_link(os.getpid(), kind) for kind in ("net", "mnt", "pid", "cgroup", "uts", "ipc")}
    mounts = Path("/proc/self/mounts").read_text().splitlines()
    return Traces(
        processes,
        frozenset(own - machine - {""}),
        tuple(line for line in mounts if str(folder) in line),
        tuple(map(str, groups(group))),
        time.clock_gettime(time.CLOCK_BOOTTIME),
    )


def entries() -> set[str]:
    """Return the entries of the usual folders of Kubernetes programs."""
    return {str(entry) for folder in _SHARED if os.path.isdir(folder) for entry in Path(folder).iterdir()}


def inhabited(found: Traces) -> set[str]:
    """Return the namespaces of the traces that still have a process from that time.

    Later processes are not of that node: the kernel gives the numbers of ended namespaces to new ones, as of a node beside.
    """
    kinds = {name.partition(":")[0] for name in found.namespaces}
    processes = [process for process in _processes() if _started_at_s(process) <= found.found_at_s]
    return {_link(process, kind) for process in processes for kind in kinds} & found.namespaces


def _belonging(folder: str, group: str, process_namespace: str) -> Iterator[int]:
    for process in _processes():
        try:
            known = Path(f"/proc/{process}/cmdline").read_text() + Path(f"/proc/{process}/cgroup").read_text()
        except OSError:  # it has ended
            continue
        inside = process_namespace and _link(process, "pid") == process_namespace
        if process != os.getpid() and (folder in known or group in known or inside):
            yield process


def _processes() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _started_at_s(process: int) -> float:
    """Return the seconds from the machine's start to the process's (proc(5), field 22 of stat); infinity if it has ended."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return math.inf
    return int(fields[19]) / os.sysconf("SC_CLK_TCK")


def _link(process: int, kind: str) -> str:
    try:
        return os.readlink(f"/proc/{process}/ns/{kind}")
    except OSError:
        return ""
