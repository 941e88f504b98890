"""`scripts/cluster`: the node by hand."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.obstacle import obstacle
from tests.cluster.product import SECRET

ROOT = Path(__file__).parents[2]


class Command:
    """`python -m tests.cluster` with a temporary folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._environment = {**os.environ, "TMPDIR": str(folder), "CLUSTER": "tested"}

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the command to its end."""
        command = [sys.executable, "-m", "tests.cluster", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=self._environment, capture_output=True, text=True, check=False
        )


@pytest.fixture
def cluster_command(tmp_path: Path) -> Iterator[Command]:
    """Yield the command, and stop the cluster that it started."""
    if reason := obstacle():
        pytest.skip(reason)
    command = Command(tmp_path)
    yield command
    command("down")


def test_the_commands_start_use_and_remove_a_node(cluster_command: Command, tmp_path: Path) -> None:
    up = cluster_command("up")
    assert "the node is ready after" in up.stdout, up.stderr
    assert cluster_command("up").stdout == "it is up already\n"

    assert "Ready" in cluster_command("kubectl", "get", "nodes").stdout
    assert cluster_command("run", "sh", "-c", "echo $VAULT_ADDR").stdout == "https://10.200.0.2:443\n"
    assert cluster_command("run", "sh", "-c", "exit 7").returncode == 7

    cluster_command("kubectl", "apply", "-f", "docs/examples/one-key.yaml")
    cluster_command("kubectl", "rollout", "status", "deployment/vault-test", "--timeout=60s")
    log = cluster_command("kubectl", "logs", "deployment/vault-test").stdout
    assert SECRET in log.splitlines()

    assert cluster_command("down").returncode == 0
    assert not list(tmp_path.iterdir())


def test_a_command_without_a_node_names_the_command_that_starts_one(cluster_command: Command) -> None:
    done = cluster_command("kubectl", "get", "nodes")

    assert (done.returncode, done.stderr) == (1, "there is no node: scripts/cluster up\n")


@pytest.mark.parametrize("arguments", [[], ["help"], ["run"]], ids=str)
def test_a_wrong_call_is_answered_with_the_usage(cluster_command: Command, arguments: list[str]) -> None:
    done = cluster_command(*arguments)

    assert (done.returncode, done.stderr.split(" ")[0]) == (2, "usage:")
