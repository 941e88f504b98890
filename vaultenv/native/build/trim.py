"""What every start would make and no start uses is taken out of the sources before they are compiled."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple


class Trim(NamedTuple):
    """In this file of the source, rows (whose first group is a name) go unless the name matches `kept`.

    `least` is how many must go: else the file has changed its shape.
    """

    file: str
    row: str
    kept: str
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
"""Ciphers that are neither TLS's nor the random generator's nor those of a client's key file."""


def trim(tree: Path, trims: Iterable[Trim]) -> None:
    """Rewrite the files in the folder of a source; raises AssertionError for one of another shape."""
    for wanted in trims:
        file, is_kept = tree / wanted.file, re.compile(wanted.kept).match
        text = file.read_text()
        gone = {row[0] for row in re.finditer(wanted.row, text) if not is_kept(row[1])}
        if len(gone) < wanted.least:
            raise AssertionError(f"{file} has changed its shape: adapt {__name__}")
        file.write_text(re.sub(wanted.row, lambda row: "" if row[0] in gone else row[0], text))  # noqa: B023
