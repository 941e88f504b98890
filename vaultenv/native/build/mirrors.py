"""Where Debian's packages come from on this machine, as apt is set up: no address of a mirror stands in the sources."""

import os
import platform
from dataclasses import dataclass
from pathlib import Path

from vaultenv.native.build.errors import StepFailed
from vaultenv.native.build.tools import run

POOLS = "DEBIAN_POOLS"
"""The variable with addresses of further pools, e.g. of a snapshot, with blanks between."""
_SUITES = ("stable", "testing", "oldstable")


@dataclass(frozen=True, slots=True)
class Mirrors:
    """The addresses of the archive and of its security updates, each with a slash at its end."""

    main: str
    security: str

    def pools(self) -> tuple[str, ...]:
        """Where source packages lie, by their folder and name."""
        return f"{self.main}pool/main/", f"{self.security}pool/updates/main/"


def mirrors() -> Mirrors:
    """What apt is told to use; raises StepFailed where there is no apt or no Debian archive among its sources."""
    listing = run(
        ["apt-get", "indextargets", "--format=$(RELEASE) $(REPO_URI)", "Created-By: Packages"], Path("/")
    )
    return from_listing(listing, platform.freedesktop_os_release().get("VERSION_CODENAME", ""))


def from_listing(listing: str, codename: str) -> Mirrors:
    """The same from lines of release and address; the security archive lies beside the main one if none is named."""
    addresses = dict(reversed([line.split(" ", 1) for line in listing.splitlines() if " " in line]))
    names = [name for name in (codename, *_SUITES) if name in addresses]
    if not names:
        raise StepFailed(
            f"apt has no source for Debian {codename or 'of this machine'}: add one, or set {POOLS}"
        )
    main = addresses[names[0]]
    return Mirrors(main, addresses.get(f"{names[0]}-security", f"{main.rstrip('/')}-security/"))


def pools() -> tuple[str, ...]:
    """The pools of the machine's mirrors, if it has any, and those of DEBIAN_POOLS."""
    try:
        own = mirrors().pools()
    except StepFailed:
        own = ()
    return (*own, *(f"{pool.rstrip('/')}/" for pool in os.environ.get(POOLS, "").split()))
