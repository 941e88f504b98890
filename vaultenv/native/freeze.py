"""Compiles every module that belongs into the executable; runs in the interpreter that is linked.

`python freeze.py OUTPUT ENTRY PACKAGES THIRD_PARTY STUBS` writes `frozen.bin`, all code objects one after the
other, and `frozen.c`, the table of them, to OUTPUT, and `frozen.txt`, their names.
"""

import importlib
import marshal
import sys
from collections.abc import Iterator
from pathlib import Path

_ALIGNMENT = 16
_NO_DOCSTRINGS = 2
RARE = (
    "encodings.ascii",
    "encodings.idna",
    "encodings.latin_1",
    "signal",
    "subprocess",
    "traceback",
    "warnings",
)
_LEFT_OUT = (
    "vaultenv.__main__",
    "vaultenv.native",
    "charset_normalizer.__main__",
    "charset_normalizer.cli",
    "urllib3.contrib.emscripten",
    "urllib3.contrib.pyopenssl",
    "urllib3.contrib.socks",
    "urllib3.http2.connection",
    "idna.__main__",
    "idna.cli",
)


def freeze(output: Path, own: Path, third_party: Path, stubs: Path) -> None:
    """Write blob, table and names of the package `vaultenv` in `own`, and of all that it may import."""
    sys.path[:0] = [str(own), str(stubs), str(third_party)]
    names = {*_modules(own, "vaultenv"), *_modules(third_party, "*")}
    for name in (*names, *RARE):
        importlib.import_module(name)
    sources = dict(_sources())
    blob, rows = bytearray(), []
    for name, path in sorted(sources.items()):
        code = compile(
            path.read_bytes(), f"<frozen {name}>", "exec", dont_inherit=True, optimize=_NO_DOCSTRINGS
        )
        blob.extend(bytes(-len(blob) % _ALIGNMENT))
        data = marshal.dumps(code)
        rows.append(
            f'    {{"{name}", frozen_code + {len(blob)}, {len(data)}, {int(path.name == "__init__.py")}}},'
        )
        blob.extend(data)
    (output / "frozen.bin").write_bytes(blob)
    (output / "frozen.c").write_text(_table(rows))
    (output / "frozen.txt").write_text("".join(f"{name}\n" for name in sorted(sources)))


def _modules(folder: Path, packages: str) -> Iterator[str]:
    """The names of all modules that go in of the packages that match."""
    for file in folder.glob(f"{packages}/**/*.py"):
        name = ".".join(file.relative_to(folder).with_suffix("").parts).removesuffix(".__init__")
        if not any(name == one or name.startswith(one + ".") for one in _LEFT_OUT):
            yield name


def _sources() -> Iterator[tuple[str, Path]]:
    """Name and source of every imported module that is not built in, aliases left out."""
    for name, module in sys.modules.items():
        spec = getattr(module, "__spec__", None)
        if name == "__main__" or spec is None or spec.name != name or spec.origin == "built-in":
            continue
        yield name, Path(getattr(module, "__file__", None) or spec.loader_state.filename)


def _table(rows: list[str]) -> str:
    return "\n".join(
        (
            "#include <Python.h>\n",
            '_Alignas(16) static const unsigned char frozen_code[] = {\n#embed "frozen.bin"\n};',
            "const struct _frozen frozen_modules[] = {",
            *rows,
            "    {0},",
            "};\n",
        )
    )


if __name__ == "__main__":
    freeze(*(Path(argument) for argument in sys.argv[1:]))
