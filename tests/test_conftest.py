"""CI skips nothing, and tests do not depend on the caller's signals."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[1]

SKIPPED = {
    "itself": "import pytest\ndef test_a(): pytest.skip('no server')\n",
    "marked": "import pytest\n@pytest.mark.skip(reason='no server')\ndef test_a(): pass\n",
    "fixture": "import pytest\n@pytest.fixture\ndef a(): pytest.skip()\ndef test_a(a): pass\n",
    "file": "import pytest\npytest.skip('no server', allow_module_level=True)\n",
}


def test_a_skip_is_a_failure_where_ci_is_set(tmp_path: Path) -> None:
    for name, text in SKIPPED.items():
        (tmp_path / f"test_{name}.py").write_text(text)
    words = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider"]
    run = [*words, "--continue-on-collection-errors", f"--rootdir={tmp_path}", str(tmp_path)]
    environment = {name: value for name, value in os.environ.items() if name != "CI"}

    in_ci = subprocess.run(run, cwd=ROOT, env={**environment, "CI": "true"}, capture_output=True, check=False)
    at_home = subprocess.run(run, cwd=ROOT, env=environment, capture_output=True, check=False)

    assert in_ci.stdout.count(b"\nskipped, and CI skips nothing") == len(SKIPPED)
    assert in_ci.returncode == pytest.ExitCode.TESTS_FAILED
    assert at_home.returncode == pytest.ExitCode.OK


CHILD = """
import subprocess
def test_a():
    status = subprocess.run(["cat", "/proc/self/status"], capture_output=True, text=True, check=True).stdout
    masks = [line.split()[1] for line in status.splitlines() if line.startswith(("SigIgn", "SigBlk"))]
    assert [int(mask, 16) & 0xffff for mask in masks] == [0, 0]
"""


def test_programs_start_with_the_signals_of_a_terminal_whoever_starts_the_tests(tmp_path: Path) -> None:
    """`nohup` ignores SIGHUP, and a shell's `&` ignores SIGINT and SIGQUIT."""
    (tmp_path / "test_child.py").write_text(CHILD)
    pytest_words = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider"]
    ignoring = ["sh", "-c", 'trap "" HUP INT QUIT; exec "$@"', "sh"]
    command = [*ignoring, *pytest_words, f"--rootdir={tmp_path}", str(tmp_path)]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == pytest.ExitCode.OK, done.stdout
