"""The processor architectures of the executable, with each tool's name for them."""

import platform
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Architecture:
    """One architecture; `name` is that of container images."""

    name: str
    zig_target: str
    openssl_target: str
    elf_machine: int
    machine: str
    """The name that `uname -m` prints."""


ARCHITECTURES = {
    "amd64": Architecture("amd64", "x86_64-linux-musl", "linux-x86_64", 62, "x86_64"),
    "arm64": Architecture("arm64", "aarch64-linux-musl", "linux-aarch64", 183, "aarch64"),
}


def native() -> Architecture:
    """Return the architecture of this machine; raise KeyError if the table has none."""
    return next(one for one in ARCHITECTURES.values() if one.machine == platform.machine())
