"""Starting compilers, configure scripts and other tools."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from vaultenv.native.build.errors import StepFailed

_LAST_LINES = 25


def run(
    command: Sequence[str | Path],
    folder: Path,
    environment: Mapping[str, str] | None = None,
    *,
    check: bool = True,
    stdin: str = "",
) -> str:
    """Run the tool and return its output; raise StepFailed if it ends with an error and `check` is true."""
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=dict(environment) if environment is not None else None,
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
    except FileNotFoundError:
        raise StepFailed(f"{command[0]} is not installed: install it and try again") from None
    if check and done.returncode:
        last = "\n".join(done.stdout.splitlines()[-_LAST_LINES:])
        raise StepFailed(f"{Path(command[0]).name} failed in {folder} (status {done.returncode}):\n{last}")
    return done.stdout


def make(folder: Path, environment: Mapping[str, str], *targets: str) -> None:
    """Run `make` with as many jobs as there are processors."""
    jobs = len(os.sched_getaffinity(0))
    run(["make", "--silent", f"--jobs={jobs}", *targets], folder, environment)
