"""The memory of a launcher that runs on as the parent of its program (daemon mode)."""

import os
import re
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_PROGRAM = ("/bin/sleep", "600")
_PATIENCE_S = 30
_SETTLE_S = 1.0


@dataclass(frozen=True, slots=True)
class Memory:
    """The memory that a process shares with no other: in total, and only the part that is not backed by a file."""

    private_mib: float
    written_mib: float


def daemon_memory(launcher: Path, environ: Mapping[str, str]) -> Memory:
    """Return the memory of a launcher a second after it has started its program; raise TimeoutError."""
    with subprocess.Popen(
        [launcher, *_PROGRAM], env={**environ, "VAULT_ENV_DAEMON": "true"}, process_group=0
    ) as process:
        try:
            _wait_for_child(process.pid)
            time.sleep(_SETTLE_S)
            return memory(process.pid)
        finally:
            process.terminate()


def _wait_for_child(pid: int) -> None:
    until = time.monotonic() + _PATIENCE_S
    children = Path(f"/proc/{pid}/task/{pid}/children")
    while not children.read_text():
        if time.monotonic() > until:
            raise TimeoutError(f"process {pid} has started no program")
        os.sched_yield()


def memory(pid: int) -> Memory:
    """Return the memory of a process, from /proc/PID/smaps_rollup (proc_pid_smaps(5))."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    kib = {name: int(number) for name, number in re.findall(r"^(\w+): +(\d+) kB$", text, re.M)}
    return Memory((kib["Private_Clean"] + kib["Private_Dirty"]) / 1024, kib["Anonymous"] / 1024)
