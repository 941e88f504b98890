"""A node leaves no trace, however it ends, and a second one can run beside it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cluster import images
from tests.cluster.cgroups import groups
from tests.cluster.node import Node
from tests.cluster.traces import Traces, entries, inhabited, traces
from tests.servers.process import stopping

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path, session_node: Node) -> Iterator[Path]:
    """Yield a folder for a second node; the session's node continues."""
    yield tmp_path
    with session_node.network():
        assert session_node.cluster.endpoint.get("/readyz").status_code in (200, 401)


def test_a_second_node_runs_beside_the_first_and_leaves_nothing(folder: Path) -> None:
    before = entries()
    with stopping(Node(folder / "second")) as second:
        with second.network():
            run_a_pod(second)
        during = traces(folder, second.namespaces.group, second.namespaces.process_namespace)

    assert len(during.processes) > 15
    assert len(during.namespaces) > 10
    assert during.cgroups
    assert gone(folder, second.namespaces.group, during)
    assert not {
        entry for entry in entries() - before if "kube" in entry or "cni" in entry or "container" in entry
    }


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_a_node_ends_with_the_process_that_holds_it(folder: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "tests.cluster.holder", str(folder / "held"), "bare"]
    holder = subprocess.Popen(command, cwd=ROOT)
    facts = folder / "held" / "facts.json"
    deadline = time.monotonic() + 60
    while not facts.exists():
        assert holder.poll() is None and time.monotonic() < deadline, "the node did not come up"
        time.sleep(0.1)
    known = json.loads(facts.read_text())
    during = traces(folder, known["group"])

    holder.send_signal(number)
    holder.wait(timeout=30)

    if number is signal.SIGKILL:  # cgroups cannot be removed then; the next node removes them
        until(lambda: not traces(folder, known["group"]).processes)
        Node(folder / "next").stop()
    assert len(during.processes) > 10
    assert gone(folder, known["group"], during)


def test_only_processes_of_that_time_inhabit_a_namespace() -> None:
    own = frozenset({os.readlink("/proc/self/ns/net")})
    now_s = time.clock_gettime(time.CLOCK_BOOTTIME)
    assert inhabited(Traces(namespaces=own, found_at_s=now_s)) == own
    assert not inhabited(Traces(namespaces=own))


def run_a_pod(node: Node) -> None:
    """Apply a pod and wait until it runs."""
    image = node.registry.push("tests/shell:1", images.shell())
    node.kubectl("run", "app", f"--image={image}", "--restart=Never", "--", "sleep", "1000")
    node.kubectl("wait", "--for=condition=Ready", "pod/app", "--timeout=30s")


def gone(folder: Path, group: str, during: Traces) -> bool:
    """Return whether no trace of the node's life remains."""
    until(lambda: not inhabited(during))
    assert traces(folder, group) == Traces()
    return not groups(group)


def until(condition: Callable[[], bool]) -> None:
    """Wait for changes that the kernel makes a moment after the last process has ended."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
