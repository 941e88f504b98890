"""The arenas hand out memory that keeps its content, even when they are full."""

import subprocess
from pathlib import Path

import pytest

from tests.vaultenv.native.compiled import compile_with_arenas

pytestmark = pytest.mark.launcher


def test_blocks_keep_their_content_through_hundreds_of_thousands_of_steps(tmp_path: Path) -> None:
    program = compile_with_arenas("stress_arenas.c", tmp_path)
    done = subprocess.run([program], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
