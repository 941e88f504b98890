"""`python -m vaultenv` and the console script `vault-env`: the launcher on a stock interpreter."""

import gc
import sys

from vaultenv.basics.system import posix
from vaultenv.start.launch import run


def main() -> None:
    """Run with this process's arguments and environment; exit with the launcher's status if no program was executed."""
    gc.disable()  # nothing is worth collecting before the program starts
    argv = [word.encode("utf-8", "surrogateescape") for word in sys.argv]
    sys.exit(run(argv, dict(posix.environ)))


if __name__ == "__main__":
    main()
