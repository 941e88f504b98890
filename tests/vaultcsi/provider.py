"""The provider as a process, with the pods, roles and secrets for its mounts."""

import json
import os
import shutil
import sys
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.servers.cluster import Cluster
from tests.servers.endpoint import Endpoint
from tests.servers.kubectl import Kubectl
from tests.servers.process import Process, free_port
from tests.servers.vault import Vault
from tests.vaultcsi.driver import Driver, attributes

ROOT = Path(__file__).parents[2]
NAMESPACE = "vault-csi-provider"
ACCOUNT = "vault-csi-provider"
NODE = "node-of-csi"


def built_manifests(folder: Path) -> str:
    """Return kustomize's output for an overlay of only `manifests/csi`."""
    shutil.copytree(ROOT / "manifests/csi", folder / "csi")
    (folder / "kustomization.yaml").write_text("components: [csi]\n")
    return Kubectl(folder / "none")("kustomize", str(folder))


class Provider:
    """A provider that serves at `socket`, as the ServiceAccount of its manifests."""

    def __init__(
        self, folder: Path, socket: Path, kubeconfig: Path, environ: Mapping[str, str], *flags: str
    ) -> None:
        self.socket = socket
        self.health_port = free_port()
        self.log = folder / f"provider-{uuid.uuid4().hex[:8]}.log"
        self.process = Process(
            [
                sys.executable,
                "-m",
                "webhook",
                "csi-provider",
                f"-endpoint={socket}",
                f"--health-addr=127.0.0.1:{self.health_port}",
                *flags,
            ],
            self.log,
            {
                "PATH": os.environ["PATH"],
                "KUBECONFIG": str(kubeconfig),
                "POD_NAMESPACE": NAMESPACE,
                **environ,
            },
        )
        self.process.wait_until(lambda: '"message":"serving"' in self.log.read_text())
        self.driver = Driver(str(socket))

    def health(self, path: str = "/health/ready") -> tuple[int, str]:
        """Return status and text of a probe."""
        answer = Endpoint(f"http://127.0.0.1:{self.health_port}", Path("/nonexistent")).get(path)
        return answer.status_code, answer.text.strip()

    def stop(self) -> None:
        """End the provider as the kubelet does."""
        self.driver.close()
        self.process.stop(timeout_s=20)


@dataclass(frozen=True)
class Surroundings:
    """Cluster and Vault, and one namespace whose ServiceAccount `db` has the role `database`."""

    cluster: Cluster
    vault: Vault

    def install(self, folder: Path) -> Path:
        """Apply the manifests; return the kubeconfig of the provider's ServiceAccount."""
        self.cluster.apply(built_manifests(folder))
        return self.cluster.kubeconfig_of(NAMESPACE, ACCOUNT)

    def account(self, name: str = "db", namespace: str = "default") -> None:
        """Create a ServiceAccount, unless it exists."""
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts"
        made = self.cluster.answer("POST", path, {"metadata": {"name": name}})
        assert made.status_code in (201, 409), made.text

    def role(self, name: str, *paths: str, account: str = "db", **options: object) -> None:
        """Write a role of the kubernetes auth method whose tokens may do everything at the paths."""
        self.vault.policy(
            name,
            "".join(
                f'path "{path}" {{ capabilities = ["read", "list", "create", "update"] }}\n' for path in paths
            ),
        )
        self.vault.write(
            f"auth/kubernetes/role/{name}",
            {
                "bound_service_account_names": account,
                "bound_service_account_namespaces": "*",
                "policies": name,
                "ttl": "20m",
                **options,
            },
        )

    def pod(self, account: str = "db", namespace: str = "default", node: str = NODE) -> dict[str, Any]:
        """Create a pod bound to a node that does not exist."""
        body = {
            "metadata": {"generateName": "app-"},
            "spec": {
                "nodeName": node,
                "serviceAccountName": account,
                "containers": [{"name": "app", "image": "app"}],
            },
        }
        pod: dict[str, Any] = self.cluster.request("POST", f"/api/v1/namespaces/{namespace}/pods", body)
        return pod

    def delete(self, pod: Mapping[str, Any]) -> None:
        """Delete a pod at once."""
        metadata = pod["metadata"]
        path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}"
        self.cluster.request("DELETE", path, {"gracePeriodSeconds": 0})

    def attributes(
        self, objects: object, pod: Mapping[str, Any] | None = None, **parameters: str
    ) -> dict[str, str]:
        """Return the attributes of a mount of these objects by the role `database`."""
        text = objects if isinstance(objects, str) else json.dumps(objects)
        return attributes(
            pod or self.pod(),
            {"vaultAddress": self.vault.address, "roleName": "database", "objects": text, **parameters},
        )

    def logins(self) -> int:
        """Return the number of tokens of the auth method in Vault."""
        found = self.vault.request("LIST", "auth/token/accessors")["data"]["keys"]
        return len(found)
