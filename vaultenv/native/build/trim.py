"""Removal of tables from the sources that every start would fill and none uses."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple


class Trim(NamedTuple):
    """Rows to remove from a file of the source: all but those whose first group, a name, matches `needed`.

    `least` is how many must go: else the file has changed its shape.
    """

    file: str
    row: str
    needed: str
    least: int


PYTHON = (
    Trim(
        "Modules/_ssl_data_31.h",
        r"  #ifdef (\w+)\n    \{.*\n  #else\n    \{.*\n  #endif\n",
        "(SSL|X509|PEM)_R_",
        1000,
    ),
    Trim(
        "Modules/socketmodule.c",
        r'    ADD_INT_(?:MACRO|CONST)\(m, "?(\w+).*;.*\n',
        "(AF_UNIX|IPPROTO_TCP|SOCK_DGRAM|SOCK_STREAM|TCP_NODELAY)$",
        400,
    ),
)
"""Names of errors that no TLS client sees, and constants of sockets that the launcher does not open."""

OPENSSL = (
    Trim(
        "providers/defltprov.c",
        r"    ALGC?\(PROV_NAMES_(AES\w+),[^()]*\),\n",
        r"AES_\d+_(CBC|CTR|ECB|GCM)$",
        30,
    ),
)
"""Ciphers other than those of TLS, of the random generator, and of a client's key file."""


def trim(tree: Path, trims: Iterable[Trim]) -> None:
    """Rewrite the files in the folder of a source; raise AssertionError if one has changed its shape."""
    for table in trims:
        file, is_needed = tree / table.file, re.compile(table.needed).match
        text = file.read_text()
        gone = {row[0] for row in re.finditer(table.row, text) if not is_needed(row[1])}
        if len(gone) < table.least:
            raise AssertionError(f"{file} has changed its shape: adapt {__name__}")
        file.write_text(re.sub(table.row, lambda row: "" if row[0] in gone else row[0], text))  # noqa: B023
