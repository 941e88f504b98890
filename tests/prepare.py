"""Builds missing programs of later tests beside the first tests: `python -m tests.prepare servers|node [--arm64]`."""

import os
import signal
import sys
from collections.abc import Iterator, Sequence

from tests.servers import build
from vaultenv.native.build.architecture import ARCHITECTURES, Architecture, native
from vaultenv.native.build.cache import say
from vaultenv.native.build.errors import BuildError
from vaultenv.native.build.interpreter import interpreter


def architectures(words: Sequence[str], environ: dict[str, str]) -> Iterator[Architecture]:
    """Yield the architectures of the tested launchers: this machine's, and in CI or on request the other."""
    yield native()
    if "--arm64" in words or environ.get("CI"):
        yield from (one for one in ARCHITECTURES.values() if one != native())


def main(group: str, *words: str) -> int:
    """Build the servers of the group, then the interpreters of the launcher, and return the exit status."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if status := build.main([group]):
        return status
    try:
        for architecture in architectures(words, dict(os.environ)):
            print(interpreter(architecture), flush=True)
    except BuildError as error:
        say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
