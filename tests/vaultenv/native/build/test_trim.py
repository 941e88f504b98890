"""Rows are trimmed from the sources by name; a missing name is an error."""

import ast
import subprocess
from pathlib import Path

import pytest

from vaultenv.native.build.architecture import native
from vaultenv.native.build.interpreter import SHORT_VERSION, interpreter
from vaultenv.native.build.link import ROOT
from vaultenv.native.build.trim import Trim, trim

SOURCE = "start\n    ADD(AES_OFB, 1),\n    ADD(AES_GCM, 2),\n    ADD(AES_CFB, 3),\nend\n"
ROWS = Trim("table.c", r"    ADD\((\w+), \d\),\n", "AES_GCM$", 2)


def test_unused_rows_are_removed_and_used_ones_stay(tmp_path: Path) -> None:
    file = tmp_path / "table.c"
    file.write_text(SOURCE)
    trim(tmp_path, [ROWS])
    assert file.read_text() == "start\n    ADD(AES_GCM, 2),\nend\n"


def test_rows_that_are_found_by_number_leave_one_in_their_place(tmp_path: Path) -> None:
    file = tmp_path / "table.c"
    file.write_text(SOURCE)
    trim(tmp_path, [ROWS._replace(instead=r"    NONE(\1),\n")])
    assert file.read_text() == "start\n    NONE(AES_OFB),\n    ADD(AES_GCM, 2),\n    NONE(AES_CFB),\nend\n"


def test_a_file_of_another_shape_stops_the_build(tmp_path: Path) -> None:
    (tmp_path / "table.c").write_text(SOURCE.replace("    ADD", "\tADD"))
    with pytest.raises(
        AssertionError, match=r"table\.c has changed its shape: adapt vaultenv\.native\.build\.trim"
    ):
        trim(tmp_path, [ROWS])


def imported_from_sockets() -> set[str]:
    files = (ROOT / "vaultenv").rglob("*.py")
    found = (node for file in files for node in ast.walk(ast.parse(file.read_bytes())))
    return {
        alias.name
        for node in found
        if isinstance(node, ast.ImportFrom) and node.module in ("_socket", "_ssl")
        for alias in node.names
    }


def test_the_interpreter_has_all_that_the_launcher_imports() -> None:
    names = imported_from_sockets()
    assert {"TCP_NODELAY", "_SSLContext"} <= names
    code = f"import _socket, _ssl; print([n for n in {sorted(names)} if not (hasattr(_socket, n) or hasattr(_ssl, n))])"
    program = interpreter(native()) / f"bin/python{SHORT_VERSION}"
    done = subprocess.run([program, "-ISc", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
