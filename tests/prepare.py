"""Builds missing programs and images of later tests beside the first tests: `python -m tests.prepare servers|node [--arm64]`.

The servers use all processors, launcher and images mostly one: both are built side by side. Tests that need a server wait for
the end: they would take the processors from the builds, while the tests on the node, which take longest, can only begin
when everything is built.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tests.cluster.builder import TARGETS, product_image
from tests.servers import build
from vaultenv.native.build.architecture import ARCHITECTURES, Architecture, native
from vaultenv.native.build.cache import say
from vaultenv.native.build.errors import BuildError
from vaultenv.native.build.interpreter import interpreter

_ALL = "servers-and-images"
_BEHIND_TESTS = 19
"""An emulated compiler takes all processors, and by then tests of a node run, whose replicas must not wait for them."""
_LAUNCHER, _IMAGES = "launcher", "images"


def wait_for_builds() -> None:
    """Return when no other process prepares servers and images."""
    with build.exclusive(_ALL):
        return


def others(words: Sequence[str], environ: dict[str, str]) -> Iterator[Architecture]:
    """Yield the architectures of launchers that are tested in CI or on request, besides this machine's."""
    if "--arm64" in words or environ.get("CI"):
        yield from (one for one in ARCHITECTURES.values() if one != native())


def main(group: str, *words: str) -> int:
    """Build the servers of the group, the interpreters of the launcher and for the node the images; return the exit status."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if group in (_LAUNCHER, _IMAGES):
            return _build_launcher(TARGETS if group == _IMAGES else ())
        with build.exclusive(_ALL), _beside(_IMAGES if group == "node" else _LAUNCHER) as launcher:
            if status := build.main([group]) or launcher.wait():
                return status
        os.nice(_BEHIND_TESTS)
        for architecture in others(words, dict(os.environ)):
            print(interpreter(architecture), flush=True)
    except (BuildError, build.BuildFailed) as error:
        say(str(error))
        return 1
    return 0


def _build_launcher(images: Sequence[str]) -> int:
    print(interpreter(native()), flush=True)
    for target in images:
        product_image(target)
    return 0


@contextmanager
def _beside(group: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Build the group in another process, which ends with the context."""
    with subprocess.Popen([sys.executable, "-m", "tests.prepare", group]) as process:
        try:
            yield process
        finally:
            process.terminate()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
