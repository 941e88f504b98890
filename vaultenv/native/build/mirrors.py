"""The Debian mirrors in the configuration of this machine's apt, so that the sources need no address of a mirror."""

import os
import platform
import re
from dataclasses import dataclass
from pathlib import Path

from vaultenv.native.build.errors import StepFailed
from vaultenv.native.build.tools import run

POOLS = "DEBIAN_POOLS"
"""The variable with addresses of further pools, e.g. of a snapshot, separated by blanks."""
_RELEASE_FILE = re.compile(r"^'(\S+/)dists/(\S+)/InRelease' ", re.MULTILINE)
_SUITES = ("stable", "testing", "oldstable")


@dataclass(frozen=True, slots=True)
class Mirrors:
    """The addresses of the archive and of its security updates, each with a final slash."""

    main: str
    security: str

    def pools(self) -> tuple[str, ...]:
        """Return the pools of source packages."""
        return f"{self.main}pool/main/", f"{self.security}pool/updates/main/"


def mirrors() -> Mirrors:
    """Return the mirrors in apt's configuration, even if apt has not fetched a list yet.

    Raises StepFailed without apt, or without a Debian archive among its sources.
    """
    listing = run(["apt-get", "update", "--print-uris"], Path("/"))
    return from_listing(listing, platform.freedesktop_os_release().get("VERSION_CODENAME", ""))


def from_listing(listing: str, codename: str) -> Mirrors:
    """Return the mirrors in the addresses that apt would fetch.

    Without an address of its own, the security archive is beside the main one.
    """
    addresses = {release: address for address, release in reversed(_RELEASE_FILE.findall(listing))}
    names = [name for name in (codename, *_SUITES) if name in addresses]
    if not names:
        raise StepFailed(
            f"apt has no source for Debian {codename or 'of this machine'}: add one, or set {POOLS}"
        )
    main = addresses[names[0]]
    return Mirrors(main, addresses.get(f"{names[0]}-security", f"{main.rstrip('/')}-security/"))


def pools() -> tuple[str, ...]:
    """Return the pools of the machine's mirrors, if it has any, and those of DEBIAN_POOLS."""
    try:
        own = mirrors().pools()
    except StepFailed:
        own = ()
    return (*own, *(f"{pool.rstrip('/')}/" for pool in os.environ.get(POOLS, "").split()))
