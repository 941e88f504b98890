"""Builds missing programs and images of later tests beside the first tests: `python -m tests.prepare servers|node [--arm64]`.

It runs in a session of its own, to which Linux may then give as much of the processors as to all tests together
(sched(7), autogroup): the longest tests, on the node, begin when everything is built.
"""

import os
import signal
import sys
from collections.abc import Iterator, Sequence

from tests.cluster.builder import TARGETS, product_image
from tests.servers import build
from vaultenv.native.build.architecture import ARCHITECTURES, Architecture, native
from vaultenv.native.build.cache import say
from vaultenv.native.build.errors import BuildError
from vaultenv.native.build.interpreter import interpreter


def others(words: Sequence[str], environ: dict[str, str]) -> Iterator[Architecture]:
    """Yield the architectures of launchers that are tested in CI or on request, besides this machine's."""
    if "--arm64" in words or environ.get("CI"):
        yield from (one for one in ARCHITECTURES.values() if one != native())


def main(group: str, *words: str) -> int:
    """Build the servers of the group, the interpreters of the launcher and for the node the images; return the exit status."""
    if os.getpid() != os.getpgrp():
        os.setsid()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if status := build.main([group]):
        return status
    try:
        print(interpreter(native()), flush=True)
        for target in TARGETS if group == "node" else ():
            product_image(target)
        for architecture in others(words, dict(os.environ)):
            print(interpreter(architecture), flush=True)
    except (BuildError, build.BuildFailed) as error:
        say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
