"""The operator as a process, with the namespaces, logins and secrets for its objects."""

import os
import shutil
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from tests.servers.cluster import Cluster
from tests.servers.endpoint import Endpoint
from tests.servers.kubectl import Kubectl
from tests.servers.process import Process, free_port, stopping
from tests.servers.vault import Vault

ROOT = Path(__file__).parents[3]
NAMESPACE = "vault-webhook-sync"
API = "/apis/secrets.hashicorp.com/v1beta1"
Found = TypeVar("Found")


def eventually(find: Callable[[], Found], timeout_s: float = 20.0) -> Found:
    """Return the first true result; raise AssertionError after the time, with the last result."""
    end = time.monotonic() + timeout_s
    while not (found := find()):
        assert time.monotonic() < end, found
        time.sleep(0.05)
    return found


def install(cluster: Cluster, folder: Path) -> Path:
    """Apply the operator's manifests and return a kubeconfig of its ServiceAccount, with exactly their rights."""
    shutil.copytree(ROOT / "manifests", folder / "manifests")
    (folder / "kustomization.yaml").write_text("components: [manifests/sync]\n")
    cluster.apply(Kubectl(folder / "none")("kustomize", str(folder)))
    eventually(lambda: cluster.answer("GET", f"{API}/vaultauths").ok)
    return cluster.kubeconfig_of(NAMESPACE, "vault-webhook-sync")


class Operator:
    """A replica of the operator, as the ServiceAccount of its manifests."""

    def __init__(self, folder: Path, kubeconfig: Path, **environ: str) -> None:
        self.port = free_port()
        self._folder = folder
        self._environ = {
            "PATH": os.environ["PATH"],
            "KUBECONFIG": str(kubeconfig),
            "POD_NAMESPACE": NAMESPACE,
            "HEALTH_ADDR": f"127.0.0.1:{self.port}",
            **environ,
        }
        self.logs = ""
        self._begin()

    def _begin(self) -> None:
        self.log = self._folder / f"operator-{uuid.uuid4().hex[:8]}.log"
        self.process = Process([sys.executable, "-m", "webhook", "sync"], self.log, self._environ)
        self.process.wait_until(lambda: '"message":"started"' in self.log.read_text())

    def restart(self, *, kill: bool = False) -> None:
        """End the replica, as the kubelet does or at once, start it again, and return when it leads."""
        if kill:
            self.process.kill()
        else:
            self.stop()
        self.logs += self.log.read_text()
        self._begin()
        eventually(self.leads, timeout_s=45)

    def get(self, path: str) -> tuple[int, str]:
        """Return status and text of a probe or scrape."""
        answer = Endpoint(f"http://127.0.0.1:{self.port}", Path("/nonexistent")).get(path)
        return answer.status_code, answer.text.strip()

    def figure(self, name: str) -> float:
        """Return a figure of /metrics."""
        lines = self.get("/metrics")[1].splitlines()
        values = dict(line.split(" ") for line in lines if not line.startswith("#"))
        return float(values[f"vault_webhook_sync_{name}"])

    def leads(self) -> bool:
        """Return whether this replica leads."""
        return self.figure("leads") == 1

    def stop(self) -> None:
        """End it as the kubelet does."""
        self.process.stop(timeout_s=30)


@contextmanager
def leading(folder: Path, kubeconfig: Path, **environ: str) -> Iterator[Operator]:
    """A replica that leads, ended as the kubelet does."""
    with stopping(Operator(folder, kubeconfig, **environ)) as running:
        eventually(running.leads)
        yield running


class Tenant:
    """A namespace with a VaultConnection and a VaultAuth by AppRole whose policy allows `rules`."""

    def __init__(self, cluster: Cluster, vault: Vault, rules: str) -> None:
        self.cluster = cluster
        self.vault = vault
        self.namespace = f"sync-{uuid.uuid4().hex[:8]}"
        cluster.create_namespace(self.namespace)
        self.role = self.namespace
        vault.policy(self.role, rules.replace("NAMESPACE", self.namespace))
        vault.write(f"auth/approle/role/{self.role}", {"token_policies": [self.role], "token_ttl": "1h"})
        self.role_id = vault.read(f"auth/approle/role/{self.role}/role-id")["role_id"]
        secret_id = vault.request("POST", f"auth/approle/role/{self.role}/secret-id", {})["data"]["secret_id"]
        self.secrets = [secret_id]
        self.add("v1", "Secret", "k8s-vault-op", stringData={"id": secret_id})
        ca = {"ca.crt": vault.ca_file.read_text()}
        self.add("v1", "Secret", "vault-ca", stringData=ca)
        self.custom("VaultConnection", "vault-connection", address=vault.address, caCertSecretRef="vault-ca")
        self.custom(
            "VaultAuth",
            "vault-auth",
            vaultConnectionRef="vault-connection",
            method="appRole",
            mount="approle",
            appRole={"roleId": self.role_id, "secretRef": "k8s-vault-op"},
        )

    def add(self, version: str, kind: str, name: str, **fields: object) -> Any:
        """Create an object of the core API."""
        path = f"/api/{version}/namespaces/{self.namespace}/{kind.lower()}s"
        return self.cluster.request("POST", path, {"metadata": {"name": name}, **fields})

    def custom(self, kind: str, name: str, **spec: object) -> Any:
        """Create a custom object."""
        document = {
            "apiVersion": "secrets.hashicorp.com/v1beta1",
            "kind": kind,
            "metadata": {"name": name, "namespace": self.namespace},
            "spec": spec,
        }
        return self.cluster.request("POST", self.path(kind), document)

    def path(self, kind: str, name: str = "") -> str:
        """Return the path of custom objects of a kind, or of one."""
        return f"{API}/namespaces/{self.namespace}/{kind.lower()}s" + (f"/{name}" if name else "")

    def found(self, kind: str, name: str) -> Any:
        """Return a custom object."""
        return self.cluster.request("GET", self.path(kind, name))

    def static(self, name: str, path: str, **spec: Any) -> Any:
        """Create a VaultStaticSecret of the KV engine `secret`."""
        destination = spec.pop("destination", {"create": True, "name": name})
        whole = {"vaultAuthRef": "vault-auth", "mount": "secret", "type": "kv-v2", "path": path}
        return self.custom("VaultStaticSecret", name, **{**whole, "destination": destination, **spec})

    def secret(self, name: str) -> dict[str, Any]:
        """Return a Secret, {} if it does not exist."""
        path = f"/api/v1/namespaces/{self.namespace}/secrets/{name}"
        answer = self.cluster.answer("GET", path)
        return dict(answer.json()) if answer.ok else {}

    def data(self, name: str) -> dict[str, str]:
        """Return the data of a Secret, in base64."""
        return dict(self.secret(name).get("data") or {})

    def patch(self, path: str, body: Mapping[str, object], kind: str = "merge") -> Any:
        """Patch an object."""
        headers = {
            "Authorization": f"Bearer {self.cluster.endpoint.token}",
            "Content-Type": f"application/{kind}-patch+json",
        }
        answer = self.cluster.endpoint.request("PATCH", path, json=body, headers=headers)
        assert answer.ok, answer.text
        return answer.json()

    def condition(self, kind: str, name: str, type_: str = "Ready") -> dict[str, Any]:
        """Return a condition of a custom object, {} if it does not exist."""
        status = self.found(kind, name).get("status") or {}
        return next((each for each in status.get("conditions") or () if each["type"] == type_), {})

    def events(self, name: str) -> list[tuple[str, str]]:
        """Return reason and message of the events about an object, in the order of their making."""
        found = self.cluster.request("GET", f"/api/v1/namespaces/{self.namespace}/events")["items"]
        about = [each for each in found if each["involvedObject"]["name"] == name]
        about.sort(key=lambda each: int(each["metadata"]["resourceVersion"]))
        return [(each["reason"], each["message"]) for each in about]
