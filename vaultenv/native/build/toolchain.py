"""The compiler for configure scripts: wrappers on PATH, without local paths in their flags."""

import os
import resource
from pathlib import Path

from vaultenv.native.build.architecture import Architecture
from vaultenv.native.build.cache import cache
from vaultenv.native.build.errors import StepFailed
from vaultenv.native.build.wheels import zig

COMPILE_FLAGS = (
    "-O2",
    "-fomit-frame-pointer",
    "-fno-sanitize=undefined",
    "-ffunction-sections",
    "-fdata-sections",
)
_WRAPPERS = {
    "zcc": '"$ZIG" cc -target "$ZIG_TARGET" "$@" -Wno-date-time -ffile-prefix-map="$BUILD_FOLDER"=/build',
    "zar": '"$ZIG" ar "$@"',
    "zranlib": '"$ZIG" ranlib "$@"',
}
_OPEN_FILES = 8192
"""The most files that the compiler opens at once; the usual limit of 1024 can be raised up to the hard limit."""
_RAISE_LIMIT = 'ulimit -S -n "$(ulimit -H -n)"'
_INHERITED = ("PATH", "HOME", "TMPDIR", "LANG")


def environment(architecture: Architecture, folder: Path) -> dict[str, str]:
    """Return the environment of every compiler call that works in `folder`; write the wrappers into it.

    Raises StepFailed if the limit of open files is too low, as the compiler's own message does not name it.
    """
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if limit != resource.RLIM_INFINITY and limit < _OPEN_FILES:
        raise StepFailed(
            f"the compiler opens more files at once than the limit of {limit}: "
            f"raise it to {_OPEN_FILES}, e.g. by docker build --ulimit nofile={_OPEN_FILES}:{_OPEN_FILES}"
        )
    wrappers = folder / "wrappers"
    wrappers.mkdir(exist_ok=True)
    for name, command in _WRAPPERS.items():
        (wrappers / name).write_text(f"#!/bin/sh\n{_RAISE_LIMIT}\nexec {command}\n")
        (wrappers / name).chmod(0o755)
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    compiler_cache = str(cache() / "zig")
    return {
        **inherited,
        "PATH": f"{wrappers}:{inherited.get('PATH', os.defpath)}",
        "ZIG": str(zig()),
        "ZIG_TARGET": architecture.zig_target,
        "ZIG_GLOBAL_CACHE_DIR": compiler_cache,
        "ZIG_LOCAL_CACHE_DIR": compiler_cache,
        "BUILD_FOLDER": str(folder),
        "SOURCE_DATE_EPOCH": "1",
        "LC_ALL": "C.UTF-8",
        "CC": "zcc",
        "AR": "zar",
        "RANLIB": "zranlib",
    }
