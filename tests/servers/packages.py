"""Debian packages that the node, the image builds and the static launcher need: `python -m tests.servers.packages`."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

_NEEDED: Mapping[str, str] = {
    "binutils": "readelf",
    "buildah": "buildah",
    "busybox-static": "/bin/busybox",
    "ca-certificates": "/etc/ssl/certs/ca-certificates.crt",
    "containernetworking-plugins": "/usr/lib/cni/bridge",
    "docker-registry": "/usr/bin/docker-registry",
    "gcc": "gcc",
    "iproute2": "ip",
    "libc6-dev": "/usr/include/stdlib.h",
    "libseccomp-dev": "/usr/include/seccomp.h",
    "make": "make",
    "mmdebstrap": "mmdebstrap",
    "mount": "mount",
    "musl-tools": "musl-gcc",
    "nftables": "nft",
    "patch": "patch",
    "perl": "perl",
    "pkg-config": "pkg-config",
    "qemu-user-static": "qemu-aarch64-static",
    "skopeo": "skopeo",
    "util-linux": "nsenter",
}
"""Package: a command or a file of it that is used."""


class PackagesMissing(RuntimeError):
    """Debian packages are missing and cannot be installed; the message has the command that installs them."""


def missing() -> list[str]:
    """Return the packages whose command or file this machine lacks."""
    return [package for package, thing in _NEEDED.items() if not _there(thing)]


def install_missing() -> None:
    """Install missing packages by apt-get as root, or else raise PackagesMissing."""
    packages = missing()
    if not packages:
        return
    command = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
    if os.geteuid() or not shutil.which("apt-get"):
        raise PackagesMissing(f"install what the node needs: sudo {' '.join(command)}")
    print(f"installing {' '.join(packages)}", file=sys.stderr, flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (["apt-get", "update"], command):
        done = subprocess.run(step, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise PackagesMissing(f"{' '.join(step)} failed:\n{done.stdout[-1000:]}{done.stderr[-1000:]}")


def _there(thing: str) -> bool:
    return Path(thing).exists() if thing.startswith("/") else _on_path(thing)


def _on_path(command: str) -> bool:
    folders = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    return shutil.which(command, path=folders) is not None


def main() -> int:
    """Install missing packages, and return the exit status."""
    try:
        install_missing()
    except PackagesMissing as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
