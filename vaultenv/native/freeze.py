"""Compiles every module that belongs into the executable; runs in the interpreter that is linked.

`python freeze.py OUTPUT PACKAGES` writes `frozen.bin`, all code objects one after the other, `frozen.c`, the table of
them, and `frozen.txt`, their names, to OUTPUT; the launcher's package lies in the folder PACKAGES.
"""

import encodings
import marshal
import sys
from collections.abc import Iterator
from pathlib import Path

_ALIGNMENT = 16
_NO_DOCSTRINGS = 2
STANDARD_LIBRARY = (
    "codecs",
    "encodings",
    "encodings.aliases",
    "encodings.ascii",
    "encodings.idna",
    "stringprep",
)
"""What the interpreter's C code imports by itself for a text that is not UTF-8; the launcher imports none."""
LEFT_OUT = ("vaultenv.__main__", "vaultenv.native", "vaultenv.client.twin", "vaultenv.reader")
"""For a stock interpreter, the build, the webhook and type checkers."""


def freeze(output: Path, packages: Path) -> None:
    """Write blob, table and names."""
    blob, rows = bytearray(), []
    sources = sorted((*_own(packages), *_standard_library()))
    for name, path in sources:
        code = compile(
            path.read_bytes(), f"<frozen {name}>", "exec", dont_inherit=True, optimize=_NO_DOCSTRINGS
        )
        blob.extend(bytes(-len(blob) % _ALIGNMENT))
        data = marshal.dumps(code)
        is_package = int(path.name == "__init__.py")
        rows.append(f'    {{"{name}", frozen_code + {len(blob)}, {len(data)}, {is_package}}},')
        blob.extend(data)
    (output / "frozen.bin").write_bytes(blob)
    (output / "frozen.c").write_text(_table(rows))
    (output / "frozen.txt").write_text("".join(f"{name}\n" for name, _ in sources))


def _own(packages: Path) -> Iterator[tuple[str, Path]]:
    for file in packages.glob("vaultenv/**/*.py"):
        name = ".".join(file.relative_to(packages).with_suffix("").parts).removesuffix(".__init__")
        if not any(name == one or name.startswith(one + ".") for one in LEFT_OUT):
            yield name, file


def _standard_library() -> Iterator[tuple[str, Path]]:
    library = Path(encodings.__file__).parent.parent
    for name in STANDARD_LIBRARY:
        file = library.joinpath(*name.split("."))
        yield name, file / "__init__.py" if file.is_dir() else file.with_suffix(".py")


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
    freeze(Path(sys.argv[1]), Path(sys.argv[2]))
