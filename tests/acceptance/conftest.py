"""The product installed as the README says, on the session's API server and Vault."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from tests.acceptance.surroundings import Surroundings, stock_launcher
from tests.servers.authority import Authority
from tests.servers.cluster import Cluster
from tests.servers.endpoint import Endpoint
from tests.servers.process import Process, free_port, stopping
from tests.servers.registry import Registry
from tests.servers.vault import Vault

ROOT = Path(__file__).parents[2]
CLUSTER_NAME = "09999-demo-cluster"
VAULT_NAME = "vault-09999.saas.true.nl"
VAULT_IP = f"127.9.{os.getpid() >> 8 & 255}.{os.getpid() & 255}"  # sessions side by side need port 443 each
NAMESPACE = "vault-webhook"


@dataclass(frozen=True)
class Product:
    """The running product: the address of its webhook, and the cluster and Vault that it uses."""

    webhook: Endpoint
    log: Path
    cluster: Cluster
    vault: Vault
    surroundings: Surroundings
    launcher: Path

    def path(self, resource: str) -> str:
        """Return the path at which the API server sends reviews of this resource."""
        return f"/{(self.log.parent / 'path-segments').read_text().split()[0]}/{resource}"

    def create_pod(self, namespace: str, template: dict[str, Any]) -> dict[str, Any]:
        """Create the pod of a workload's template, as a controller does, and return the stored pod."""
        metadata = {**template.get("metadata", {}), "generateName": "test-"}
        body = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}
        stored: dict[str, Any] = self.cluster.request("POST", f"/api/v1/namespaces/{namespace}/pods", body)
        return stored

    def token(self, pod: dict[str, Any]) -> str:
        """Return the token that the kubelet would project into the pod."""
        return self.cluster.service_account_token(
            pod["metadata"]["namespace"], pod["spec"]["serviceAccountName"]
        )

    def run(self, pod: dict[str, Any]) -> "subprocess.CompletedProcess[str]":
        """Run the pod's first container to its end."""
        return self.surroundings.run_container(pod["spec"]["containers"][0], self.token(pod), self.launcher)


@pytest.fixture(scope="session")
def demo_vault(session_folder: Path, authority: Authority) -> Iterator[Vault]:
    """Yield a Vault under the name in the manual's manifests, at port 443."""
    with stopping(Vault(session_folder / "demo-vault", authority, VAULT_IP, VAULT_NAME, port=443)) as server:
        server.start()
        yield server


@pytest.fixture(scope="session")
def product(
    session_folder: Path,
    cluster: Cluster,
    demo_vault: Vault,
    authority: Authority,
    anonymous_registry: Registry,
    basic_registry: Registry,
    bearer_registry: Registry,
) -> Iterator[Product]:
    """Yield the product: manifests applied, namespaces provisioned, the webhook running as its own ServiceAccount."""
    folder = session_folder / "product"
    folder.mkdir()
    surroundings = Surroundings(folder, authority.ca_file, {VAULT_NAME: VAULT_IP})
    cluster.kubectl("apply", "-k", str(ROOT / "manifests/base"))
    cluster.create_namespace("shop")
    _provision(folder, cluster, demo_vault, "default", "shop")
    endpoint = _certificate(folder, cluster)
    hosts = ",".join(registry.host for registry in (anonymous_registry, basic_registry, bearer_registry))
    log = folder / "webhook.log"
    process = Process(
        surroundings.command([sys.executable, "-m", "webhook", "serve"]),
        log,
        {
            "PATH": os.environ["PATH"],
            "LISTEN_ADDRESS": urlsplit(endpoint.address).netloc,
            "TLS_CERT_FILE": str(folder / "tls.crt"),
            "TLS_PRIVATE_KEY_FILE": str(folder / "tls.key"),
            "PATH_SEGMENTS_FILE": str(folder / "path-segments"),
            "KUBECONFIG": str(cluster.kubeconfig_of(NAMESPACE, "vault-webhook")),
            "KUBERNETES_NAMESPACE": NAMESPACE,
            "VAULT_ADDR_ALLOWLIST": f"https://{VAULT_NAME}",
            "VAULT_ENV_IMAGE": "registry.example.com/vault-env:1",
            "VAULT_CACERT": str(authority.ca_file),
            "REGISTRY_CA_FILE": str(authority.ca_file),
            "REGISTRY_PRIVATE_HOSTS": hosts
            + (f",{urlsplit(bearer_registry.tokens.realm).netloc}" if bearer_registry.tokens else ""),
            "METRICS_DIR": str(folder),
        },
    )
    try:
        process.wait_until(lambda: endpoint.answers("/readyz"))
        cluster.kubectl("apply", "-f", str(folder / "configuration.json"))
        yield Product(endpoint, log, cluster, demo_vault, surroundings, stock_launcher(folder))
    finally:
        cluster.kubectl.run("delete", "-f", str(folder / "configuration.json"))
        process.stop()


def _provision(folder: Path, cluster: Cluster, vault: Vault, *namespaces: str) -> None:
    """Make the manual's layout in Vault with the operators' command."""
    cluster.apply(
        """
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: vault-asks-for-reviews}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:auth-delegator"}
subjects: [{kind: ServiceAccount, name: vault, namespace: vault-webhook}]
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: vault, namespace: vault-webhook}
"""
    )
    reviewer = folder / "reviewer.jwt"
    reviewer.write_text(cluster.service_account_token(NAMESPACE, "vault"))
    _command(
        [
            "provision",
            *namespaces,
            f"--cluster={CLUSTER_NAME}",
            *_kubernetes(cluster),
            f"--token-reviewer-jwt-file={reviewer}",
        ],
        VAULT_ADDR=vault.address,
        VAULT_TOKEN=vault.token,
        VAULT_CACERT=str(vault.ca_file),
    )


def _kubernetes(cluster: Cluster) -> list[str]:
    return [
        f"--kubernetes-host={cluster.endpoint.address}",
        f"--kubernetes-ca-file={cluster.endpoint.ca_file}",
    ]


def _command(arguments: list[str], **variables: str) -> str:
    """Return the output of `vault-webhook ARGUMENT...`, which must succeed."""
    command = [sys.executable, "-m", "webhook", *arguments]
    environ = {"PATH": os.environ["PATH"], **variables}
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _certificate(folder: Path, cluster: Cluster) -> Endpoint:
    """Make certificate and configuration with the documented command, and write the Secret to files as the kubelet does."""
    address = f"https://127.0.0.1:{free_port('127.0.0.1')}"
    secret, *configurations = yaml.safe_load_all(
        _command(["certificate", "--url", address, "--objects", "databases.example.com"])
    )
    cluster.apply(json.dumps(secret))
    for name, text in secret["data"].items():
        (folder / name).write_bytes(base64.b64decode(text))
    (folder / "configuration.json").write_text(
        json.dumps({"apiVersion": "v1", "kind": "List", "items": configurations})
    )
    return Endpoint(address, folder / "ca.crt")
