"""The last step of the build: freeze the launcher's modules, compile the C entry, link all into one file."""

from collections.abc import Collection
from pathlib import Path

from vaultenv.native.build.architecture import Architecture, native
from vaultenv.native.build.elf import problems, read_elf
from vaultenv.native.build.errors import NotStatic
from vaultenv.native.build.freeze import NONE_FIRST
from vaultenv.native.build.interpreter import SHORT_VERSION, interpreter
from vaultenv.native.build.libraries import libraries
from vaultenv.native.build.toolchain import COMPILE_FLAGS, environment
from vaultenv.native.build.tools import run
from vaultenv.native.build.variable_table import variable_table

HERE = Path(__file__).parent
NATIVE = HERE.parent
ROOT = NATIVE.parent.parent
LARGEST = 16_000_000
_LINK_FLAGS = ("-Wl,--gc-sections", "-Wl,-z,noexecstack", "-Wl,-s", "-Wl,--build-id=none")
_C_FILES = ("entry.c", "scan.c")
OPTIONAL = ("arena", "imports")
"""C files that only make a start faster; a build may leave them out to measure their effect."""


def link(architecture: Architecture, work: Path, *more: str | Path, without: Collection[str] = ()) -> Path:
    """Return the executable, made in the empty folder `work` with more sources or flags; raise BuildError.

    `without` names parts of OPTIONAL to leave out.
    """
    freeze(work, *([NONE_FIRST] if "imports" in without else []))
    (work / "variables.c").write_text(variable_table())
    executable = work / "vault-env"
    flags = [f"-DWITHOUT_{name.upper()}" for name in without]
    files = [*_C_FILES, *(f"{name}.c" for name in OPTIONAL if name not in without)]
    sources = [*(NATIVE / name for name in files), work / "variables.c", work / "frozen.c"]
    command = compile_command(architecture, *_LINK_FLAGS, *flags, *sources, *more)
    run([*command, "-o", executable], work, environment(architecture, work))
    _inspect(executable, architecture)
    return executable


def compile_command(architecture: Architecture, *arguments: str | Path) -> list[str | Path]:
    """Return the compiler's command line for C sources that are linked with the interpreter and the libraries."""
    here, linked = interpreter(architecture), libraries(architecture)
    flags = ["-std=c23", "-D_GNU_SOURCE", "-static", *COMPILE_FLAGS]
    includes = [f"-I{folder}" for folder in (NATIVE, here / "include/python", linked / "include")]
    archives = [here / "lib/libpython.a", here / "lib/libHacl_Hash_SHA2.a"]
    archives += [linked / f"lib/lib{name}.a" for name in ("ssl", "crypto", "z")]
    return ["zcc", *flags, *includes, *arguments, *archives, "-lm", "-lpthread", "-ldl"]


def freeze(work: Path, *options: str) -> None:
    """Write the frozen modules to `work`; they are the same for every architecture.

    Their code has line numbers, but no columns, which no message shows.
    """
    program = interpreter(native()) / f"bin/python{SHORT_VERSION}"
    python: list[str | Path] = [program, "-s", "-S", "-B", "-X", "no_debug_ranges"]
    run([*python, HERE / "freeze.py", work, ROOT, *options], work, {"PYTHONHASHSEED": "0"})


def _inspect(executable: Path, architecture: Architecture) -> None:
    wrong = problems(read_elf(executable), architecture.elf_machine)
    if (size := executable.stat().st_size) > LARGEST:
        wrong.append(f"it has {size} bytes, and at most {LARGEST} are wanted")
    if wrong:
        raise NotStatic(f"{executable} must not be shipped: {'; '.join(wrong)}")
