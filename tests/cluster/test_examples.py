"""The manual's three manifests, applied unchanged in the namespace `default`, as users see them with kubectl."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.node import Node
from tests.cluster.pods import Pods, eventually
from tests.cluster.product import CLUSTER_NAME, SECRET, Product, provide_for_examples

_NAME = "jsonpath={.items[0].metadata.name}"
EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


@pytest.fixture
def default(product: Product, node: Node) -> Iterator[Pods]:
    """Provide the namespace `default` of the manual's manifests; `alpine` is an image with a shell."""
    provide_for_examples(product)
    pods = Pods(node, "default")
    yield pods
    pods.kubectl("delete", "deployment,secret", "vault-test", "--ignore-not-found", "--wait=false")
    pods.kubectl("delete", "pods", "--selector=app.kubernetes.io/name=vault", "--grace-period=0", "--force")


def deployed(pods: Pods, example: str) -> str:
    """Apply the example, wait for its pod, and return the pod's name."""
    pods.kubectl("apply", "-f", str(EXAMPLES / example))
    pods.kubectl("rollout", "status", "deployment/vault-test", "--timeout=60s")
    return pods.kubectl("get", "pods", "--selector=app.kubernetes.io/name=vault", "-o", _NAME)


def test_the_example_of_one_key_shows_its_secret_in_output_and_exec(default: Pods) -> None:
    pod = deployed(default, "one-key.yaml")

    eventually(lambda: default.output(pod, "alpine") == f"{SECRET}\ngoing to sleep...\n")
    assert SECRET in default.log(pod).splitlines()
    assert default.execute(pod, "/vault/vault-env", "sh", "-c", "echo $EXAMPLE_SECRET") == f"{SECRET}\n"
    reference = f"EXAMPLE_SECRET=vault:{CLUSTER_NAME}/data/default#test"
    assert reference in default.execute(pod, "env").splitlines()


def test_the_example_of_a_whole_path_prints_its_secret(default: Pods) -> None:
    pod = deployed(default, "all-keys.yaml")

    eventually(lambda: default.output(pod, "alpine") == "another\ngoing to sleep...\n")
    assert default.execute(pod, "/vault/vault-env", "sh", "-c", "echo $test") == f"{SECRET}\n"


def test_the_example_of_a_secret_is_stored_with_its_values(default: Pods) -> None:
    default.kubectl("apply", "-f", str(EXAMPLES / "secret.yaml"))

    stored = default.kubectl("get", "secret", "vault-test", "-o", "jsonpath={.data.example-secret}")
    assert base64.b64decode(stored) == SECRET.encode()
