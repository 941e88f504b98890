"""The manual's manifests for the Vault Secrets Operator, unchanged except for Vault's address, behave as it shows."""

import base64
import json
import re
from collections.abc import Iterator

import pytest

from tests.servers.cluster import Cluster
from tests.servers.kubectl import Kubectl
from tests.servers.vault import Vault
from tests.vaultkube.sync_resources.documents import OF_THE_MANUAL
from tests.vaultsync.running.leases import rabbitmq
from tests.vaultsync.running.operator import Operator, eventually

ADDRESS, ROLE_ID = "http://vault.vault.svc.cluster.local:8200", "e7a69056-729a-5448-ca6b-5c2b39035ee9"
POLICY = """
path "secret/data/k8s/*" { capabilities = ["create", "read", "update", "delete", "list"] }
path "aws/creds/*" { capabilities = ["read"] }
"""
NAMESPACE = "manual"


@pytest.fixture(scope="module")
def kubectl(operator: Operator, cluster: Cluster, approle_vault: Vault) -> Iterator[Kubectl]:
    """Run the manual's commands, and return kubectl; at `aws` is an engine without a cloud."""
    vault = approle_vault
    vault.policy("k8s-vault-op", POLICY)
    role = "auth/approle/role/k8s-vault-op"
    vault.write(role, {"token_policies": ["k8s-vault-op"]})
    vault.write(f"{role}/role-id", {"role_id": ROLE_ID})
    secret_id = vault.request("POST", f"{role}/secret-id", {})["data"]["secret_id"]
    vault.put_secret("secret/data/k8s/testdata/secret", key1="value1")
    cluster.create_namespace(NAMESPACE)
    kubectl = cluster.kubectl
    kubectl("create", "secret", "generic", "k8s-vault-op", "-n", NAMESPACE, f"--from-literal=id={secret_id}")
    with rabbitmq(vault, "aws"):
        vault.write("aws/roles/my-role", {"vhosts": '{"/": {"read": ".*"}}'})
        vault.write("aws/config/lease", {"ttl": 3600, "max_ttl": 7200})
        manifests = OF_THE_MANUAL.replace(ADDRESS, vault.address)
        kubectl("apply", "-n", NAMESPACE, "-f", "-", stdin=manifests)
        yield kubectl
        kubectl("delete", "-n", NAMESPACE, "-f", "-", stdin=manifests)


def _events(kubectl: Kubectl, kind: str, name: str) -> list[tuple[str, ...]]:
    """Return type, reason, times, source and message of the events in `kubectl describe`."""
    described = kubectl("describe", kind, name, "-n", NAMESPACE).partition("\nEvents:")[2]
    row = r"^  (Normal|Warning) +(\w+) +\w+(?: \(x(\d+) over \w+\))? +(\w+) +(.*)$"
    return [found.groups("1") for found in re.finditer(row, described, re.MULTILINE)]


def _key1(kubectl: Kubectl) -> str:
    data = kubectl("get", "secret", "kv-secret", "-n", NAMESPACE, "-o", "jsonpath={.data.key1}")
    return base64.b64decode(data).decode()


def _has_secret(kubectl: Kubectl, name: str) -> bool:
    return kubectl.run("get", "secret", name, "-n", NAMESPACE).returncode == 0


def test_the_login_is_accepted(kubectl: Kubectl) -> None:
    message = "Successfully handled VaultAuth resource request"
    eventually(lambda: _events(kubectl, "vaultauths.secrets.hashicorp.com", "vault-auth"))
    assert _events(kubectl, "vaultauths.secrets.hashicorp.com", "vault-auth") == [
        ("Normal", "Accepted", "1", "VaultAuth", message)
    ]


def test_the_static_secret_has_the_events_and_the_secret_of_the_manual(kubectl: Kubectl) -> None:
    eventually(lambda: _has_secret(kubectl, "kv-secret"))
    kind, name = "vaultstaticsecrets.secrets.hashicorp.com", "vault-static-secret-v2"
    eventually(lambda: len(_events(kubectl, kind, name)) == 2)
    assert _events(kubectl, kind, name) == [
        ("Normal", "SecretSynced", "1", "VaultStaticSecret", "Secret synced"),
        ("Normal", "SecretRotated", "1", "VaultStaticSecret", "Secret synced"),
    ]
    _, line = kubectl("get", "secret", "kv-secret", "-n", NAMESPACE).splitlines()
    assert line.split()[:3] == ["kv-secret", "Opaque", "2"]
    found = json.loads(kubectl("get", "secret", "kv-secret", "-n", NAMESPACE, "-o", "json"))
    assert found["data"]["key1"] == "dmFsdWUx"
    raw = json.loads(base64.b64decode(found["data"]["_raw"]))
    assert raw["data"] == {"key1": "value1"}
    assert raw["metadata"]["version"] >= 1


def test_an_edited_secret_is_restored_from_vault_with_an_event(
    kubectl: Kubectl, approle_vault: Vault
) -> None:
    eventually(lambda: _has_secret(kubectl, "kv-secret"))
    kubectl("patch", "secret", "kv-secret", "-n", NAMESPACE, "-p", '{"data": {"key1": "dmFsdWUy"}}')
    eventually(lambda: _key1(kubectl) == "value1")
    kind, name = "vaultstaticsecrets.secrets.hashicorp.com", "vault-static-secret-v2"
    rotated = ("Normal", "SecretRotated", "2", "VaultStaticSecret", "Secret synced")
    eventually(lambda: rotated in _events(kubectl, kind, name))
    assert approle_vault.read("secret/data/k8s/testdata/secret")["data"] == {"key1": "value1"}


def test_the_dynamic_secret_has_the_lease_in_its_event(kubectl: Kubectl) -> None:
    eventually(lambda: _has_secret(kubectl, "dynamic-aws-iam"))
    kind, name = "vaultdynamicsecrets.secrets.hashicorp.com", "vault-dynamic-secret-aws-iam"
    eventually(lambda: _events(kubectl, kind, name))
    ((type_, reason, times, source, message),) = _events(kubectl, kind, name)
    assert (type_, reason, times, source) == ("Normal", "SecretSynced", "1", "VaultDynamicSecret")
    assert re.fullmatch(r'Secret synced, lease_id="aws/creds/my-role/\w+", horizon=\d+\.\d+s', message)
    data = json.loads(kubectl("get", "secret", "dynamic-aws-iam", "-n", NAMESPACE, "-o", "json"))["data"]
    raw = json.loads(base64.b64decode(data["_raw"]))
    assert sorted(raw) == ["password", "username"]
    assert all(base64.b64decode(data[key]).decode() == value for key, value in raw.items())
