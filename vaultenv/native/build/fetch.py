"""`python -m vaultenv.native.build.fetch`: downloads all files of a build, so that its other steps need no network."""

import sys

from vaultenv.native.build.cache import say
from vaultenv.native.build.errors import BuildError
from vaultenv.native.build.pins import COMPONENTS
from vaultenv.native.build.sources import archive
from vaultenv.native.build.wheels import zig


def main() -> int:
    """Fetch all pinned archives and the compiler, print where they are, and return the exit status."""
    try:
        for component in COMPONENTS:
            for pinned in filter(None, (component.archive, component.patches)):
                print(archive(pinned, component.debian), flush=True)
        print(zig())
    except BuildError as error:
        say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
