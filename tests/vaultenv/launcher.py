"""The launcher as a process of its own: on this interpreter, or the static file (fixture `each_launcher`)."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

Begin = Callable[..., subprocess.Popen[bytes]]
_PATIENCE_S = 60
COMMAND: list[str] = [sys.executable, "-IB", "-m", "vaultenv"]


def ordered(environ: dict[str, str]) -> dict[str, str]:
    """Return the variables in the order for the launcher; qemu turns the order around."""
    return dict(reversed(environ.items())) if "/qemu-" in COMMAND[0] else environ


def start(*words: str, cwd: Path | None = None, **environ: str) -> subprocess.Popen[bytes]:
    """Start the launcher with exactly this environment, in a process group of its own."""
    return subprocess.Popen(
        [*COMMAND, *words],
        env=ordered(environ),
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        process_group=0,
    )


def launch(*words: str, cwd: Path | None = None, **environ: str) -> subprocess.CompletedProcess[bytes]:
    """Run the launcher to its end with exactly this environment."""
    process = start(*words, cwd=cwd, **environ)
    output, errors = process.communicate(timeout=60)
    return subprocess.CompletedProcess(process.args, process.returncode, output, errors)


def line(process: subprocess.Popen[bytes]) -> str:
    """Return the program's next line; after a long silence kill it and return ""."""
    assert process.stdout
    patience = threading.Timer(_PATIENCE_S, os.killpg, (process.pid, signal.SIGKILL))
    patience.start()
    try:
        return process.stdout.readline().decode().strip()
    finally:
        patience.cancel()


def variables(output: bytes) -> dict[bytes, bytes]:
    """Return the output of `env -0`, each name once, without the variable that a stock interpreter adds (PEP 538)."""
    pairs = [line.split(b"=", 1) for line in output.split(b"\0") if line]
    assert len(pairs) == len({name for name, _ in pairs})
    return {name: value for name, value in pairs if name != b"LC_CTYPE"}
