"""The node of the session, and tests that run in its network."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import images
from tests.cluster.builder import product_image
from tests.cluster.csi_driver import ROTATION_S, CsiDriver, manifests
from tests.cluster.node import Node
from tests.cluster.obstacle import obstacle
from tests.cluster.pods import Pods
from tests.cluster.product import CLUSTER_NAME, SECRET, Product, annotations
from tests.servers.images import Image
from tests.servers.process import stopping


@pytest.fixture(scope="session")
def session_node(session_folder: Path) -> Iterator[Node]:
    """Start the node once; on a machine that cannot run it, skip its tests (fail them in CI)."""
    if reason := obstacle():
        pytest.skip(reason)
    with stopping(Node(session_folder / "node")) as node:
        yield node


@pytest.fixture
def node(session_node: Node) -> Iterator[Node]:
    """Return the session's node, and run the test in its network."""
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
def pods(node: Node, namespace: str) -> Pods:
    """Runs pods in the test's namespace."""
    return Pods(node, namespace)


@pytest.fixture(scope="session")
def shell_image(session_node: Node) -> str:
    """The reference of an image with a shell."""
    with session_node.network():
        return session_node.registry.push("tests/shell:1", images.shell())


@pytest.fixture(scope="module")
def csi_driver(session_node: Node, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CsiDriver]:
    """The Secrets Store CSI driver, without a provider."""
    folder = manifests()
    with session_node.network():
        running = CsiDriver(session_node, tmp_path_factory.mktemp("csi-driver"), folder, f"{ROTATION_S}s")
    try:
        yield running
    finally:
        with session_node.network():
            running.stop()


@pytest.fixture(scope="session")
def launcher_image() -> Image:
    """The launcher's image, built from the Dockerfile."""
    return product_image("vault-env")


@pytest.fixture(scope="session")
def provider_image() -> Image:
    """The image of the CSI provider, built from the Dockerfile."""
    return product_image("csi-provider")


@pytest.fixture(scope="session")
def product(session_node: Node, session_folder: Path, launcher_image: Image) -> Product:
    """The product, built from the Dockerfile and installed on the session's node."""
    webhook = product_image("webhook")
    with session_node.network():
        return Product(session_node, session_folder / "product", webhook, launcher_image)


@pytest.fixture
def team(product: Product, node: Node, namespace: str) -> Pods:
    """Return pods of an application team in the test's namespace; the key `test` of its path holds `s3cr3t`."""
    product.add(namespace)
    node.vault.put_secret(f"{CLUSTER_NAME}/data/{namespace}", test=SECRET)
    return Pods(node, namespace, annotations(namespace))
