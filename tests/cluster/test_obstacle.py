"""Tests on the node name the obstacle of the machine; in CI an obstacle is a failure."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cluster import obstacle

ROOT = Path(__file__).parents[2]


def confined(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m ARGUMENTS` as in an unprivileged container."""
    if reason := obstacle.obstacle():
        pytest.skip(reason)
    command = [
        "setpriv",
        "--bounding-set=-sys_admin",
        "--inh-caps=-sys_admin",
        sys.executable,
        "-m",
        *arguments,
    ]
    environ = {name: value for name, value in os.environ.items() if name != "CI"}
    return subprocess.run(
        command, cwd=ROOT, env={**environ, **environment}, capture_output=True, text=True, check=False
    )


def test_a_user_other_than_root_is_an_obstacle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)

    assert (
        obstacle.obstacle() == "the node needs root: run scripts/test as root, e.g. in a privileged container"
    )


def test_a_machine_without_private_namespaces_is_an_obstacle() -> None:
    done = confined("tests.cluster.obstacle")

    assert done.returncode == 1
    assert (
        "the node needs private namespaces (unshare: unshare failed: Operation not permitted)" in done.stdout
    )


def test_an_obstacle_skips_the_tests_on_the_node_and_fails_them_in_ci() -> None:
    tests = ["pytest", "-p", "no:cacheprovider", "tests/cluster/test_node.py"]

    at_home, in_ci = confined(*tests), confined(*tests, CI="true")

    assert (at_home.returncode, in_ci.returncode) == (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
    assert "the node needs private namespaces" in at_home.stdout
    assert "skipped, and CI skips nothing" in in_ci.stdout
