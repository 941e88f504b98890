"""Tests side by side."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.parallel import groups

ROOT = Path(__file__).parents[1]

FILE = """
import os, pytest

def note(test):
    with open({notes!r}, "a") as notes:
        notes.write(f"{{test}} {{os.environ['PYTEST_XDIST_WORKER']}}\\n")

def test_unit(): note("unit" + __name__)
@pytest.mark.servers
@pytest.mark.parametrize("text", ["a", "b"])
def test_server(text): note(__name__)
@pytest.mark.timed
def test_time(): note("time")
"""


def test_a_group_is_of_one_file_and_one_tier() -> None:
    found = groups(["a.py::test_a[b.py::x]", "a.py::test_b", "b.py::test_a", "a.py::test_of_next_tier"])
    assert len(set(found.values())) == 3
    assert found["a.py::test_a[b.py::x]"] == found["a.py::test_b"]


def test_tests_on_two_nodes_are_two_groups() -> None:
    first, other, second, last = (f"tests/cluster/test_{name}.py::test_a[x]" for name in ("a", "e", "f", "w"))
    found = groups([first, second, "b.py::test_a", other, last])
    assert found[first] == found[other] != found[second] == found[last]
    assert len(set(found.values())) == 3


@pytest.mark.long
def test_a_group_has_one_worker_and_none_measures_time(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    for name in "abcd":
        (tmp_path / f"test_{name}.py").write_text(FILE.format(notes=str(notes)))
    words = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider"]
    command = [*words, f"--rootdir={tmp_path}", "-n", "2", "--dist", "loadscope", "--beside", str(tmp_path)]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == pytest.ExitCode.OK, done.stdout
    ran = notes.read_text().splitlines()
    assert len(ran) == 12
    assert {line.split()[0] for line in set(ran)} == {
        f"{kind}test_{name}" for kind in ("unit", "") for name in "abcd"
    }
    assert len(set(ran)) == 8, "a group is in two workers"
