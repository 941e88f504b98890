"""Starting compilers, configure scripts and other tools."""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from vaultenv.native.build.cache import say
from vaultenv.native.build.errors import StepFailed

_LAST_LINES = 25
_PROGRESS_S = 30.0


def run(
    command: Sequence[str | Path],
    folder: Path,
    environment: Mapping[str, str] | None = None,
    *,
    check: bool = True,
) -> str:
    """Run the tool and return its output; raise StepFailed if it ends with an error and `check` is true."""
    try:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(environment) if environment is not None else None,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    except FileNotFoundError:
        raise StepFailed(f"{command[0]} is not installed: install it and try again") from None
    name = Path(command[0]).name
    with process:
        output, _ = follow(process, name)
    if check and process.returncode:
        last = "\n".join(output.splitlines()[-_LAST_LINES:])
        raise StepFailed(f"{name} failed in {folder} (status {process.returncode}):\n{last}")
    return output


def follow(process: "subprocess.Popen[str]", name: str) -> tuple[str, str]:
    """Return the text of the tool's two outputs; print a line each half minute until it ends."""
    started = time.monotonic()
    while True:
        try:
            return process.communicate(timeout=_PROGRESS_S)
        except subprocess.TimeoutExpired:
            say(f"  {name}: {time.monotonic() - started:.0f} s so far")
        except BaseException:
            process.kill()
            raise


def make(folder: Path, environment: Mapping[str, str], *targets: str) -> None:
    """Run `make` with as many jobs as there are processors."""
    jobs = len(os.sched_getaffinity(0))
    run(["make", "--silent", f"--jobs={jobs}", *targets], folder, environment)
