"""The node of the session, and tests that run in its network."""

import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.node import Node
from tests.cluster.obstacle import obstacle


@pytest.fixture(scope="session")
def session_node(session_folder: Path) -> Iterator[Node]:
    """The node, brought up once; where the machine cannot run it, its tests are skipped (and fail in CI)."""
    if reason := obstacle():
        pytest.skip(reason)
    node = Node(session_folder / "node")
    try:
        yield node
    finally:
        node.stop()


@pytest.fixture
def node(session_node: Node) -> Iterator[Node]:
    """The session's node; the test runs in its network."""
    with session_node.network():
        yield session_node


@pytest.fixture
def namespace(node: Node) -> Iterator[str]:
    """A namespace of the test's own; its pods end with the test."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    node.cluster.create_namespace(name)
    yield name
    node.kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture
def run_pod(node: Node, namespace: str) -> "PodRunner":
    """Starts pods in the test's namespace."""
    return PodRunner(node, namespace)


class PodRunner:
    """Applies pods, waits for what they become, and reads what they say."""

    def __init__(self, node: Node, namespace: str) -> None:
        self._node = node
        self.namespace = namespace

    def __call__(
        self, name: str, spec: dict[str, object], until: str = "condition=Ready", timeout_s: int = 30
    ) -> None:
        """Create the pod and return when `kubectl wait --for=UNTIL` does."""
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}}
        body = json.dumps({**pod, "spec": {"terminationGracePeriodSeconds": 1, **spec}})
        self.kubectl("apply", "-f", "-", stdin=body)
        self.kubectl("wait", f"--for={until}", f"pod/{name}", f"--timeout={timeout_s}s")

    def to_the_end(self, name: str, spec: dict[str, object]) -> str:
        """The log of a pod that runs once and succeeds."""
        self(name, {"restartPolicy": "Never", **spec}, until="jsonpath={.status.phase}=Succeeded")
        return self.kubectl("logs", name)

    def kubectl(self, *arguments: str, stdin: str = "") -> str:
        """kubectl in the test's namespace."""
        return self._node.kubectl("--namespace", self.namespace, *arguments, stdin=stdin)
