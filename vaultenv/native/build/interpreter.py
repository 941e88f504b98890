"""CPython as a static library with every module that the launcher may need built in.

`python -m vaultenv.native.build.interpreter [amd64|arm64]` builds it in advance, and prints its folder.
"""

import sys
from pathlib import Path

from vaultenv.native.build import trim
from vaultenv.native.build.architecture import ARCHITECTURES, Architecture, native
from vaultenv.native.build.cache import cached, key, say
from vaultenv.native.build.libraries import PREFIX, libraries
from vaultenv.native.build.pins import PYTHON
from vaultenv.native.build.sources import unpack
from vaultenv.native.build.toolchain import COMPILE_FLAGS, environment
from vaultenv.native.build.tools import make, run

SHORT_VERSION = ".".join(PYTHON.version.split(".")[:2])
_LEFT_OUT = """
    _asyncio _bz2 _codecs_cn _codecs_hk _codecs_iso2022 _codecs_jp _codecs_kr _codecs_tw _crypt _csv
    _ctypes _curses _curses_panel _dbm _decimal _elementtree _gdbm _hashlib _interpchannels
    _interpqueues _interpreters _lsprof _lzma _multibytecodec _multiprocessing _pickle _posixshmem
    _sqlite3 _statistics _tkinter _uuid _zoneinfo audioop cmath mmap nis ossaudiodev pyexpat readline
    resource syslog termios xxlimited xxlimited_35 xxsubtype
"""
_OPTIONS = (
    f"--prefix={PREFIX}",
    "--quiet",
    "--disable-shared",
    "--disable-test-modules",
    "--without-ensurepip",
    "--without-readline",
    "--without-doc-strings",
    "--with-pkg-config=no",
)
_CROSS_ANSWERS = ("ac_cv_file__dev_ptmx=yes", "ac_cv_file__dev_ptc=no", "ac_cv_buggy_getaddrinfo=no")
"""Results of configure's tests that would have to run programs."""
_UNNEEDED_LIBRARY = ("test", "idlelib", "tkinter", "turtledemo", "ensurepip", "pydoc_data")


def interpreter(architecture: Architecture) -> Path:
    """Return the folder with `include/`, `lib/*.a` and the standard library's source in `lib/python3.13/`.

    For this machine's architecture it also has `bin/python`. Raises BuildError.
    """
    decides = key(
        architecture,
        libraries(architecture).name,
        PYTHON.content,
        _OPTIONS,
        _CROSS_ANSWERS,
        _LEFT_OUT,
        trim.PYTHON,
        COMPILE_FLAGS,
    )
    return cached(f"interpreter-{architecture.name}", decides, lambda folder: _build(architecture, folder))


def _build(architecture: Architecture, folder: Path) -> None:
    beside = [] if architecture == native() else _cross_options(architecture)
    linked = libraries(architecture)
    work = folder / "work"
    (work / "build").mkdir(parents=True)
    tree = unpack(PYTHON, work)
    trim.trim(tree, trim.PYTHON)
    compiler = environment(architecture, work) | _flags(linked)
    say(f"compiling CPython {PYTHON.version} for {architecture.name} (a few minutes on two processors) ...")
    configure = [f"../{PYTHON.folder}/configure", *_OPTIONS, f"--with-openssl={linked}", *beside]
    run(configure, work / "build", compiler)
    make(work / "build", compiler, "libpython3.13.a" if beside else "python")
    _keep(work, tree, folder, with_program=not beside)
    run(["rm", "-r", "work"], folder)


def _flags(linked: Path) -> dict[str, str]:
    compile_flags = [flag for flag in COMPILE_FLAGS if not flag.startswith("-O")]
    return {
        "CFLAGS": " ".join((*compile_flags, f"-I{linked}/include")),
        "LDFLAGS": f"-static -Wl,--gc-sections -L{linked}/lib",
        "OPT": "-O2 -DNDEBUG -g0",
        "MODULE_BUILDTYPE": "static",
        **{f"py_cv_module_{name}": "n/a" for name in _LEFT_OUT.split()},
    }


def _cross_options(architecture: Architecture) -> list[str]:
    here = interpreter(native())
    return [
        f"--host={architecture.zig_target}",
        f"--build={native().zig_target}",
        f"--with-build-python={here}/bin/python{SHORT_VERSION}",
        "--enable-ipv6",
        *_CROSS_ANSWERS,
    ]


def _keep(work: Path, tree: Path, folder: Path, *, with_program: bool) -> None:
    for name in ("include", "lib", "bin", "licences"):
        (folder / name).mkdir()
    built = work / "build"
    (built / f"libpython{SHORT_VERSION}.a").rename(folder / "lib/libpython.a")
    (built / "Modules/_hacl/libHacl_Hash_SHA2.a").rename(folder / "lib/libHacl_Hash_SHA2.a")
    (tree / "Include").rename(folder / "include/python")
    (built / "pyconfig.h").rename(folder / "include/python/pyconfig.h")
    (tree / PYTHON.licence_file).rename(folder / "licences" / PYTHON.name)
    library = (tree / "Lib").rename(folder / f"lib/python{SHORT_VERSION}")
    (library / "lib-dynload").mkdir()
    run(["rm", "-r", *_UNNEEDED_LIBRARY], library)
    if with_program:
        (built / "python").rename(folder / f"bin/python{SHORT_VERSION}")


if __name__ == "__main__":
    print(interpreter(ARCHITECTURES[sys.argv[1]] if sys.argv[1:] else native()))
