"""The launcher as a process of its own, on this interpreter."""

import subprocess
import sys
from pathlib import Path


def launch(*words: str, cwd: Path | None = None, **environ: str) -> subprocess.CompletedProcess[bytes]:
    """The finished launcher, started with exactly this environment."""
    return subprocess.run(
        [sys.executable, "-IB", "-m", "vaultenv", *words],
        env=environ,
        cwd=cwd,
        capture_output=True,
        timeout=60,
        check=False,
    )


def variables(output: bytes) -> dict[bytes, bytes]:
    """What `env -0` printed, each name once, without the variable that a stock interpreter adds (PEP 538)."""
    pairs = [line.split(b"=", 1) for line in output.split(b"\0") if line]
    assert len(pairs) == len({name for name, _ in pairs})
    return {name: value for name, value in pairs if name != b"LC_CTYPE"}
