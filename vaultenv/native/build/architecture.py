"""The processors that the executable is built for, with each tool's name for them."""

import platform
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Architecture:
    """One row; `name` is the container image's word."""

    name: str
    zig_target: str
    openssl_target: str
    elf_machine: int
    machine: str
    """What `uname -m` says."""


ARCHITECTURES = {
    "amd64": Architecture("amd64", "x86_64-linux-musl", "linux-x86_64", 62, "x86_64"),
    "arm64": Architecture("arm64", "aarch64-linux-musl", "linux-aarch64", 183, "aarch64"),
}


def native() -> Architecture:
    """That of this machine; raises KeyError for one that is not in the table."""
    return next(one for one in ARCHITECTURES.values() if one.machine == platform.machine())
