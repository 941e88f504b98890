"""The cgroups of nodes: each name has its holder, so that abandoned cgroups can be removed."""

import os
import time
from pathlib import Path

_HIERARCHIES = "/sys/fs/cgroup"
_PREFIX = "vault-webhook-node"
_PATIENCE_S = 5.0


def new_name(label: str) -> str:
    """Return a name for the parent cgroup of a node of this process."""
    return f"{_PREFIX}-{os.getpid()}-{label}"


def groups(name: str) -> list[Path]:
    """Return the cgroup folders of that name in every hierarchy of the machine."""
    return [Path(folder, name) for folder, children, _ in os.walk(_HIERARCHIES) if name in children]


def remove(name: str) -> None:
    """Remove the cgroups of that name and all below them; their processes have ended or are ending."""
    for parent in groups(name):
        for folder, _, _ in os.walk(parent, topdown=False):
            _remove(Path(folder))


def remove_abandoned() -> None:
    """Remove the cgroups of nodes whose holder was killed."""
    for name in {child for _, children, _ in os.walk(_HIERARCHIES) for child in children}:
        prefix, _, rest = name.partition(_PREFIX + "-")
        holder = rest.partition("-")[0]
        if not prefix and holder.isdigit() and not Path("/proc", holder).exists():
            remove(name)


def _remove(folder: Path) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            folder.rmdir()
            return
        except FileNotFoundError:
            return
        except OSError:  # the kernel has not counted the last process out yet
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
