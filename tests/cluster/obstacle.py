"""The reason why this machine cannot run the node: `python -m tests.cluster.obstacle` prints it, or nothing."""

import os
import platform
import subprocess
import sys

_NAMESPACES = ("--mount", "--net", "--pid", "--cgroup", "--uts", "--ipc", "--fork")


def obstacle() -> str | None:
    """Return the reason why no node can run on this machine, with a remedy; None if one can."""
    if platform.system() != "Linux":
        return "the node needs Linux"
    if os.geteuid():
        return "the node needs root: run scripts/test as root, e.g. in a privileged container"
    done = subprocess.run(
        ["unshare", *_NAMESPACES, "mount", "-t", "tmpfs", "t", "/mnt"], capture_output=True, check=False
    )
    if done.returncode:
        why = done.stderr.decode().strip()
        return f"the node needs private namespaces ({why}): a container must be privileged"
    return None


if __name__ == "__main__":
    if found := obstacle():
        print(found)
        sys.exit(1)
