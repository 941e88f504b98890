"""A container's surroundings without a container engine: `confine.c` around a folder with the image."""

import ast
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

USER = 54321


@dataclass(frozen=True, slots=True)
class Finished:
    """A program that has ended in the container."""

    status: int
    output: bytes
    errors: bytes
    peak_kib: int

    @property
    def seen(self) -> dict[str, Any]:
        """Return the report of `probe`."""
        assert self.status == 0, self.errors
        found: dict[str, Any] = ast.literal_eval(self.output.decode())
        return found


@dataclass(frozen=True, slots=True)
class Container:
    """An image's root folder, and the program that enters it."""

    root: Path
    confine: Path

    def run(self, *words: bytes | str, user: int = USER, **environ: str | bytes) -> Finished:
        """Run the words in the image, with exactly this environment."""
        return self.run_with(environ, *words, user=user)

    def run_with(self, environ: Mapping[str, str | bytes], *words: bytes | str, user: int = USER) -> Finished:
        """Run the words with variables whose names are no Python names."""
        variables = [os.fsencode(name) + b"=" + os.fsencode(value) for name, value in environ.items()]
        reading, writing = os.pipe()
        done = subprocess.run(
            [self.confine, str(writing), self.root, str(user), *variables, b"--", *words],
            pass_fds=[writing],
            capture_output=True,
            timeout=60,
            check=False,
        )
        os.close(writing)
        with open(reading, "rb") as peak:
            return Finished(done.returncode, done.stdout, done.stderr, int(peak.read() or 0))
