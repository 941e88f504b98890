"""The launchers that are compared, built or taken from the environment."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.servers.toolchain import go
from vaultenv.native.build.architecture import native
from vaultenv.native.build.build import build
from vaultenv.native.build.link import OPTIONAL
from vaultenv.native.build.toolchain import environment
from vaultenv.native.build.tools import run

HERE = Path(__file__).parent
ORIGINAL = "ORIGINAL_VAULT_ENV"
"""The variable with the path of the Go original, if somebody has it."""


@dataclass(frozen=True, slots=True)
class Programs:
    """`launchers` by name; `measure` and `noop` are the helpers around them."""

    launchers: dict[str, Path]
    measure: Path
    noop: Path


def make_programs(folder: Path) -> Programs:
    """Build all that is built into `folder`."""
    launchers = {"vault-env": _ours(folder)}
    launchers |= {f"without {part}": _ours(folder, part) for part in OPTIONAL}
    launchers["minimal Go"] = _go_client(folder / "minimal")
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


def _compiled(source: str, folder: Path) -> Path:
    work = folder / f"{source}-work"
    work.mkdir()
    program = folder / Path(source).stem
    run(["zcc", "-static", "-O2", HERE / source, "-o", program], work, environment(native(), work))
    return program
