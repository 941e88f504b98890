"""The key of the versions: one for all providers, read once, and not waited for by mounts."""

import base64
import logging
import uuid

import pytest

from tests.servers.cluster import Cluster as Server
from vaultcsi.cluster.version_key import VersionKey
from vaultkube.apiserver.client import Cluster
from vaultkube.apiserver.kubeconfig import find_connection
from vaultkube.deadline import Deadline


@pytest.fixture
def name() -> str:
    return f"key-{uuid.uuid4().hex[:8]}"


def key(api: Cluster, name: str) -> bytes:
    return VersionKey(api, "default", name).get(Deadline(5))


def test_the_first_provider_makes_the_key_and_the_others_read_it(admin: Cluster, name: str) -> None:
    first = key(admin, name)
    assert len(first) == 32
    assert key(admin, name) == first


def test_a_key_of_vault_csi_provider_is_used(cluster: Server, admin: Cluster, name: str) -> None:
    written = bytes(range(32))
    document = {
        "metadata": {"name": name},
        "data": {"key": base64.b64encode(written).decode()},
        "immutable": True,
    }
    cluster.request("POST", "/api/v1/namespaces/default/secrets", document)
    assert key(admin, name) == written


def test_the_key_is_read_once(cluster: Server, admin: Cluster, name: str) -> None:
    known = VersionKey(admin, "default", name)
    first = known.get(Deadline(5))
    cluster.request("DELETE", f"/api/v1/namespaces/default/secrets/{name}")
    assert known.get(Deadline(5)) == first


def test_a_provider_without_the_right_makes_a_key_of_its_own(
    cluster: Server, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    nobody = Cluster(find_connection({"KUBECONFIG": str(cluster.kubeconfig_of("default"))}))
    known = VersionKey(nobody, "default", name)
    with caplog.at_level(logging.WARNING):
        first = known.get(Deadline(5))
    assert len(first) == 32
    assert known.get(Deadline(5)) == first
    assert f"Secret default/{name}" in caplog.text


def test_a_secret_without_a_usable_key_is_logged(
    cluster: Server, admin: Cluster, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    cluster.request(
        "POST", "/api/v1/namespaces/default/secrets", {"metadata": {"name": name}, "data": {"key": "eA=="}}
    )
    with caplog.at_level(logging.WARNING):
        assert len(key(admin, name)) == 32
    assert "holds no 32 bytes" in caplog.text
