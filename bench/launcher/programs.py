"""The launchers that are compared, built here or given in the environment."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.servers.toolchain import go
from vaultenv.native.build.architecture import native
from vaultenv.native.build.build import build
from vaultenv.native.build.libraries import libraries
from vaultenv.native.build.link import OPTIONAL
from vaultenv.native.build.toolchain import environment
from vaultenv.native.build.tools import run

HERE = Path(__file__).parent
MINIMAL, FLOOR = "minimal Go", "floor in C"
"""Programs that only start a program: they have no daemon mode."""
ORIGINAL = "ORIGINAL_VAULT_ENV"
"""The variable with the path of the Go original, if it is available."""


@dataclass(frozen=True, slots=True)
class Programs:
    """The launchers by name, and the programs that measure them: `measure` and `noop`."""

    launchers: dict[str, Path]
    measure: Path
    noop: Path


def make_programs(folder: Path, beside: Mapping[str, Path]) -> Programs:
    """Build the programs in `folder`; `beside` are launchers that exist already, by name."""
    launchers = {"vault-env": _ours(folder), **beside}
    launchers |= {f"without {part}": _ours(folder, part) for part in OPTIONAL}
    launchers[MINIMAL] = _go_client(folder / "minimal")
    launchers[FLOOR] = _floor(folder)
    if original := os.environ.get(ORIGINAL):
        launchers["Go original"] = Path(original)
    return Programs(launchers, _compiled("measure.c", folder), _compiled("noop.c", folder))


def _ours(folder: Path, *without: str) -> Path:
    file = folder / "-".join(("vault-env", *without))
    build(native(), file, without)
    return file


def _go_client(program: Path) -> Path:
    subprocess.run(
        [go(), "build", "-trimpath", "-ldflags", "-s -w", "-o", program, "."],
        cwd=HERE / "minimal",
        env={**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOWORK": "off"},
        check=True,
    )
    return program


def _floor(folder: Path) -> Path:
    openssl = libraries(native())
    archives = [openssl / f"lib/lib{name}.a" for name in ("ssl", "crypto")]
    return _compiled(
        "floor.c", folder, f"-I{openssl / 'include'}", "-Wl,--gc-sections", *archives, "-lpthread"
    )


def _compiled(source: str, folder: Path, *more: str | Path) -> Path:
    """Return the static program that is compiled from `source`, with more flags or archives."""
    work = folder / f"{source}-work"
    work.mkdir()
    program = folder / Path(source).stem
    flags = ["-std=c23", "-D_GNU_SOURCE", "-static", "-O2"]
    run(["zcc", *flags, HERE / source, *more, "-o", program], work, environment(native(), work))
    return program
