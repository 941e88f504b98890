"""The compiler as configure scripts expect it: wrappers on PATH whose flags name no local path."""

import os
from pathlib import Path

from vaultenv.native.build.architecture import Architecture
from vaultenv.native.build.cache import cache
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
_OPEN_FILES = 'ulimit -S -n "$(ulimit -H -n)"'
"""The compiler opens more files at once than the usual limit of 1024."""
_INHERITED = ("PATH", "HOME", "TMPDIR", "LANG")


def environment(architecture: Architecture, folder: Path) -> dict[str, str]:
    """Return the environment of every compiler call that works in `folder`; write the wrappers into it."""
    wrappers = folder / "wrappers"
    wrappers.mkdir(exist_ok=True)
    for name, command in _WRAPPERS.items():
        (wrappers / name).write_text(f"#!/bin/sh\n{_OPEN_FILES}\nexec {command}\n")
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
