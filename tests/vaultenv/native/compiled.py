"""The C helpers of these tests, compiled like the launcher itself."""

from pathlib import Path

from vaultenv.native.architecture import native
from vaultenv.native.toolchain import environment
from vaultenv.native.tools import run

HERE = Path(__file__).parent


def compile_program(source: str, folder: Path, *flags: str) -> Path:
    """The static program made of `source` (a file beside this one), in `folder`."""
    work = folder / f"{source}-work"
    work.mkdir()
    program = folder / Path(source).stem
    run(
        ["zcc", "-static", "-O1", "-D_GNU_SOURCE", *flags, HERE / source, "-o", program],
        work,
        environment(native(), work),
    )
    return program
