"""The C helpers of these tests, compiled like the launcher itself."""

from pathlib import Path

import vaultenv.native
from vaultenv.native.build.architecture import native
from vaultenv.native.build.link import compile_command
from vaultenv.native.build.toolchain import environment
from vaultenv.native.build.tools import run
from vaultenv.native.build.variable_table import variable_table

HERE = Path(__file__).parent
SOURCES = Path(vaultenv.native.__file__).parent


def compile_program(source: str, folder: Path, *flags: str) -> Path:
    """Compile `source` (a file beside this one) to a static program in `folder`."""
    work = folder / f"{source}-work"
    work.mkdir()
    program = folder / Path(source).stem
    run(
        ["zcc", "-static", "-O1", "-D_GNU_SOURCE", *flags, HERE / source, "-o", program],
        work,
        environment(native(), work),
    )
    return program


def compile_scan(folder: Path) -> Path:
    """Compile the scan before Python as a library for this interpreter, with the table of variables."""
    (folder / "variables.c").write_text(variable_table())
    library = folder / "scan.so"
    compiler = {**environment(native(), folder), "ZIG_TARGET": native().zig_target.replace("musl", "gnu")}
    sources = [SOURCES / "scan.c", folder / "variables.c"]
    flags = ["-shared", "-fPIC", "-std=c23", "-D_GNU_SOURCE", "-fsanitize=undefined", f"-I{SOURCES}"]
    run(["zcc", *flags, *sources, "-o", library], folder, compiler)
    return library


def compile_with_arenas(source: str, folder: Path) -> Path:
    """Compile `source` to a program with the interpreter and its arenas."""
    program = folder / Path(source).stem
    command = compile_command(native(), HERE / source, SOURCES / "arena.c")
    run([*command, "-o", program], folder, environment(native(), folder))
    return program
