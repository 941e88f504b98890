"""Process 1 of the node's namespaces: prepares mounts, cgroups and network, then reaps orphans until it is killed."""

import signal
import subprocess
import sys
from pathlib import Path

from tests.cluster.addresses import (
    ADDRESS,
    BRIDGE,
    NAMES,
    NODE,
    PRIVATE_REGISTRY,
    REGISTRY,
    SERVICE_NETWORK,
    VAULT,
)

_CGROUPS = Path("/sys/fs/cgroup")
_CONTROLLERS = ("cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "blkio", "pids")


def main(folder: Path, group: str) -> None:
    """Prepare everything, report it by the file `prepared`, and stay."""
    mounts(folder)
    cgroups(group)
    network()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps orphans
    (folder / "prepared").touch()
    while True:
        signal.pause()


def mounts(folder: Path) -> None:
    """Mount /run, logs, kubelet state and CNI results of the node's own, so that none appears on the machine."""
    _run("mount", "--make-rshared", "/")  # volumes of pods propagate into containers
    _run("mount", "-t", "tmpfs", "tmpfs", "/run")
    _overlay(Path("/var/lib"), folder / "overlay")
    for inside in ("/var/log", "/var/lib/kubelet"):
        private = folder / inside.rpartition("/")[2]
        private.mkdir()
        Path(inside).mkdir(exist_ok=True)
        _run("mount", "--bind", str(private), inside)
    hosts = folder / "hosts"
    hosts.write_text(
        "127.0.0.1 localhost\n" + "".join(f"{address} {name}\n" for name, address in NAMES.items())
    )
    _run("mount", "--bind", str(hosts), "/etc/hosts")
    for name in ("lock", "netns"):
        Path("/run", name).mkdir()


def cgroups(group: str) -> None:
    """Mount the machine's cgroups, version 1 or 2, as seen from our own, and make the node's parent group in them."""
    legacy = _mounted_controllers()
    _run("umount", "--recursive", str(_CGROUPS))
    if not legacy:
        _run("mount", "-t", "cgroup2", "cgroup2", str(_CGROUPS))
        (_CGROUPS / group).mkdir()
        return
    _run("mount", "-t", "tmpfs", "tmpfs", str(_CGROUPS))
    for controller in _CONTROLLERS:
        if controller in legacy:
            (_CGROUPS / controller).mkdir()
            _run("mount", "-t", "cgroup", "-o", controller, "cgroup", str(_CGROUPS / controller))
            (_CGROUPS / controller / group).mkdir()
    for setting in ("cpuset.cpus", "cpuset.mems"):  # empty in a new group, and then nothing can run in it
        inherited = (_CGROUPS / "cpuset" / setting).read_text()
        (_CGROUPS / "cpuset" / group / setting).write_text(inherited)


def network() -> None:
    """Make loopback and the bridge of the pods, which has the node's address; there is no route to the outside."""
    Path("/proc/sys/kernel/hostname").write_text(NODE)
    _run("ip", "link", "set", "lo", "up")
    # Without an address of its own the bridge has the lowest of its pods', which changes as they come and go: pods that
    # know the old one reach nothing of what listens here until their neighbour entry has run out.
    _run("ip", "link", "add", BRIDGE, "address", "02:00:00:00:00:01", "type", "bridge")
    for address in (ADDRESS, VAULT, REGISTRY, PRIVATE_REGISTRY):
        _run("ip", "address", "add", f"{address}/24", "dev", BRIDGE)
    _run("ip", "link", "set", BRIDGE, "up")
    _run("ip", "route", "add", SERVICE_NETWORK, "dev", BRIDGE)  # instead of the default route
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
    filtered = Path("/proc/sys/net/bridge/bridge-nf-call-iptables")
    if filtered.exists():
        filtered.write_text("1")


def _mounted_controllers() -> set[str]:
    lines = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    return {option for _, _, kind, options, *_ in lines if kind == "cgroup" for option in options.split(",")}


def _overlay(target: Path, layers: Path) -> None:
    """Send all writes below `target` to memory; to a tmpfs, as an overlay cannot lie on an overlay."""
    layers.mkdir()
    _run("mount", "-t", "tmpfs", "tmpfs", str(layers))
    upper, work = layers / "upper", layers / "work"
    upper.mkdir()
    work.mkdir()
    options = f"lowerdir={target},upperdir={upper},workdir={work}"
    _run("mount", "-t", "overlay", "-o", options, "overlay", str(target))


def _run(*command: str) -> None:
    subprocess.run(command, check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
