"""Builds missing pinned servers: `python -m tests.servers.build NAME…`.

A built program lies in `${XDG_CACHE_HOME:-~/.cache}/vault-webhook/servers/<pin>-<key>/<name>`; the key comes
from everything that decides its bytes. Programs are renamed into place, and a lock for each keeps two processes
from building the same.
"""

import fcntl
import hashlib
import math
import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from tests.servers.programs import GROUPS, PROGRAMS, Program
from tests.servers.toolchain import NoToolchain, go

_COMPILER = ("-trimpath", "-gcflags=all=-dwarf=false")
"""No tables for debuggers: the linker leaves them out, and they are an eighth of the compiler's work."""
_COLLECTOR = {"GOGC": "off", "GOMEMLIMIT": "1GiB"}
"""The compiler's processes are short: without garbage collection below that memory they take a fifth less time."""
_PROGRESS_S = 15.0
_POLL_S = 0.2


may_be_used = True
"""Whether the running test is one of those that may need a server; `scripts/test --fast` has none."""


class BuildFailed(RuntimeError):
    """A server could not be built; the message ends with the compiler's output."""


def program(name: str) -> Path:
    """Return the executable of that name: the environment's, or the built one, or a new build.

    Raises BuildFailed or NoToolchain.
    """
    if not may_be_used:
        raise BuildFailed(
            f"{name} is not for a test without a mark: give it the mark servers (tests/order.py)"
        )
    wanted = PROGRAMS[name]
    return replacement(wanted, os.environ) or _built(wanted)


def replacement(wanted: Program, environment: Mapping[str, str]) -> Path | None:
    """Return the developer's own program, which replaces a build: from `VAULT_BIN` and the like, KUBEBUILDER_ASSETS, or PATH."""
    if named := environment.get(wanted.variable):
        return _executable(Path(named), wanted.variable)
    assets = environment.get("KUBEBUILDER_ASSETS")
    if assets and wanted.envtest:
        return _executable(Path(assets, wanted.name), "KUBEBUILDER_ASSETS")
    for name in wanted.on_path:
        if found := shutil.which(name, path=environment.get("PATH")):
            return Path(found)
    return None


def cache() -> Path:
    """Return the folder of all builds, outside the tree."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base, "vault-webhook")


def place(wanted: Program) -> Path:
    """Return the path of the built program, which need not exist yet."""
    key = hashlib.sha256()
    sources = [wanted.module / "go.mod", wanted.module / "go.sum"]
    for pattern in ("**/*.go", "*/go.mod", "*.work*"):
        sources += sorted(wanted.module.glob(pattern))
    for source in sources:
        key.update(source.read_bytes())
    key.update(repr((_COMPILER, wanted.flags, wanted.cgo, platform.system(), platform.machine())).encode())
    return cache() / "servers" / f"{wanted.pin}-{key.hexdigest()[:16]}" / wanted.name


def _executable(path: Path, variable: str) -> Path:
    if not os.access(path, os.X_OK):
        raise BuildFailed(
            f"{variable} names {path}, which is no executable: correct it or unset {variable} to build one"
        )
    return path


def _built(wanted: Program) -> Path:
    path = place(wanted)
    if path.exists():
        return path
    with exclusive(wanted.name):
        if not path.exists():
            _build(wanted, path)
    return path


@contextmanager
def exclusive(name: str) -> Iterator[None]:
    """Prevent other processes from building the same program meanwhile."""
    cache().mkdir(parents=True, exist_ok=True)
    with (cache() / f"{name}.lock").open("a") as lock:
        started, reported = time.monotonic(), -math.inf
        while not _locked(lock):
            if (now := time.monotonic()) - reported > _PROGRESS_S:
                reported = now
                _say(f"another process builds {name}: waiting for it ({now - started:.0f} s)")
            time.sleep(_POLL_S)
        yield


def _locked(lock: TextIO) -> bool:
    """Return whether the lock could be had."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _build(wanted: Program, path: Path) -> None:
    started = time.monotonic()
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{wanted.name}.{os.getpid()}")
    command: list[str | Path] = [
        go(),
        "build",
        "-mod=readonly",
        "-v",
        *_COMPILER,
        *wanted.flags,
        "-o",
        unfinished,
        wanted.package,
    ]
    environment = {
        **_COLLECTOR,
        **os.environ,
        "CGO_ENABLED": "1" if wanted.cgo else "0",
        "GOTOOLCHAIN": "local",
        "GOWORK": str(wanted.module / wanted.workspace) if wanted.workspace else "off",
    }
    _say(f"building {wanted.name} (once, into {path.parent}; the large ones take minutes) ...")
    try:
        with subprocess.Popen(
            command, cwd=wanted.module, env=environment, stderr=subprocess.PIPE, text=True
        ) as compiler:
            try:
                complaints = _follow(compiler, wanted.name)
            except BaseException:
                compiler.terminate()
                raise
        if compiler.returncode:
            raise BuildFailed(f"{wanted.name} could not be built:\n{complaints}")
        unfinished.rename(path)
    finally:
        unfinished.unlink(missing_ok=True)
    _say(f"built {wanted.name} in {time.monotonic() - started:.0f} s, {path.stat().st_size / 1e6:.0f} MB")


def _follow(compiler: subprocess.Popen[str], name: str) -> str:
    """Count the packages that `go build -v` names, and return its other output."""
    packages, complaints, reported_at = 0, [], time.monotonic()
    for line in compiler.stderr or ():
        if "/" in line.split(" ")[0] and not line.startswith(("#", ".", "/")) and ":" not in line:
            packages += 1
        elif not line.startswith("go: downloading"):
            complaints.append(line)
        if time.monotonic() - reported_at > _PROGRESS_S:
            reported_at = time.monotonic()
            _say(f"  {name}: {packages} packages compiled")
    return "".join(complaints)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main(names: list[str]) -> int:
    """Build the programs and groups of that name, print where each program is, and return the exit status."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    wanted = [name for requested in names for name in GROUPS.get(requested, (requested,))]
    if not wanted or not PROGRAMS.keys() >= set(wanted):
        _say(f"name what to build, of: {', '.join((*GROUPS, *PROGRAMS))}")
        return 2
    try:
        for name in wanted:
            print(program(name), flush=True)
    except (BuildFailed, NoToolchain) as error:
        _say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
