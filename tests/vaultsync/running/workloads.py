"""Workloads and their pods in the form of the controllers and the webhook, in a namespace with its own login."""

import json
import uuid
from typing import Any

from tests.servers.cluster import Cluster
from tests.servers.vault import Vault
from vaultsync.reload.workloads import VERSIONS

PREFIX = "secrets-reloader.security.bank-vaults.io/"
COUNT = PREFIX + "secret-reload-count"
DONE = {"replicas": 1, "updatedReplicas": 1, "availableReplicas": 1, "readyReplicas": 1}
DONE_DAEMONS = {
    "desiredNumberScheduled": 1,
    "currentNumberScheduled": 1,
    "updatedNumberScheduled": 1,
    "numberMisscheduled": 0,
    "numberReady": 1,
}
_SKIPPED = {"security.banzaicloud.io/mutate": "skip"}
"""For a webhook that other tests of the session have installed."""
IMAGE = "registry.example.com/app:1"


class Shop:
    """A namespace whose ServiceAccounts read `secret/data/NAMESPACE/…` by the role of its name."""

    def __init__(
        self, cluster: Cluster, vault: Vault, capabilities: str = "metadata", plural: str = "deployments"
    ) -> None:
        """With "metadata" the policy allows metadata too, else the data alone; `plural` may be daemonsets too."""
        self.cluster, self.vault, self.plural = cluster, vault, plural
        self.namespace = f"reload-{uuid.uuid4().hex[:8]}"
        cluster.create_namespace(self.namespace)
        parts = ("data", "metadata") if capabilities == "metadata" else ("data",)
        rules = (f'path "secret/{part}/{self.namespace}/*" {{ capabilities = ["read"] }}' for part in parts)
        vault.policy(self.namespace, "\n".join(rules))
        role = {
            "bound_service_account_names": ["*"],
            "bound_service_account_namespaces": [self.namespace],
            "token_policies": [self.namespace],
        }
        vault.write(f"auth/kubernetes/role/{self.namespace}", role)

    def path(self, name: str) -> str:
        """Return the path of a secret of the namespace."""
        return f"secret/data/{self.namespace}/{name}"

    def env(self, **values: str) -> list[dict[str, str]]:
        """Return the variables of an admitted container."""
        login = {
            "VAULT_ADDR": self.vault.address,
            "VAULT_ROLE": self.namespace,
            "VAULT_PATH": "kubernetes",
            "VAULT_CACERT": "/vault-tls/ca.crt",
        }
        return [{"name": name, "value": value} for name, value in {**login, **values}.items()]

    def workload(self, name: str = "app", *, annotations: dict[str, str] | None = None) -> None:
        """Create a rolled out workload with the annotation for reloads."""
        reload_annotations = (
            {PREFIX + "reload-on-secret-change": "true"} if annotations is None else annotations
        )
        template = {
            "metadata": {"labels": {"app": name}, "annotations": reload_annotations},
            "spec": {"containers": [{"name": "app", "image": IMAGE}]},
        }
        spec = {"selector": {"matchLabels": {"app": name}}, "template": template}
        self.cluster.request("POST", self._workloads(), {"metadata": {"name": name}, "spec": spec})
        self.finish_rollout(name)

    def pod(self, workload: str = "app", *, env_from: list[Any] | None = None, **values: str) -> None:
        """Create an admitted pod of the workload with these references."""
        ca = {"ca.crt": self.vault.ca_file.read_text()}
        secrets = f"/api/v1/namespaces/{self.namespace}/secrets"
        self.cluster.answer("POST", secrets, {"metadata": {"name": "vault-tls"}, "stringData": ca})
        container = {
            "name": "app",
            "image": IMAGE,
            "command": ["/vault/vault-env"],
            "args": ["/app"],
            "env": self.env(**values),
            "envFrom": env_from or [],
            "volumeMounts": [{"name": "tls", "mountPath": "/vault-tls"}],
        }
        metadata = {
            "name": f"{workload}-abc-{uuid.uuid4().hex[:5]}",
            "labels": {"app": workload, "pod-template-hash": "abc", **_SKIPPED},
            "ownerReferences": [{"apiVersion": "apps/v1", "controller": True, **self._owner(workload)}],
        }
        volume = {"name": "tls", "secret": {"secretName": "vault-tls"}}
        pod = {"metadata": metadata, "spec": {"containers": [container], "volumes": [volume]}}
        self.cluster.request("POST", f"/api/v1/namespaces/{self.namespace}/pods", pod)

    def found(self, name: str = "app") -> Any:
        """Return the workload."""
        return self.cluster.request("GET", self._workloads(name))

    def patch(self, patch: dict[str, object], name: str = "app", part: str = "") -> Any:
        """Merge fields into the workload."""
        headers = {
            "Authorization": f"Bearer {self.cluster.endpoint.token}",
            "Content-Type": "application/merge-patch+json",
        }
        path = self._workloads(name) + part
        answer = self.cluster.endpoint.request("PATCH", path, json=patch, headers=headers)
        assert answer.ok, answer.text
        return answer.json()

    def observe(self, name: str = "app", **status: int) -> None:
        """Write the controller's status after a change, also one of annotations."""
        generation = self.found(name)["metadata"]["generation"]
        self.patch({"status": {**status, "observedGeneration": generation}}, name, "/status")

    def finish_rollout(self, name: str = "app") -> None:
        """Write the controller's status at the end of a rollout."""
        self.observe(name, **(DONE if self.plural == "deployments" else DONE_DAEMONS))

    def remove_workloads(self) -> None:
        """Delete all workloads of the namespace."""
        self.cluster.request("DELETE", self._workloads())

    def count(self, name: str = "app") -> str:
        """Return the number of rollouts of the workload, "" for none."""
        template = self.found(name)["spec"]["template"]["metadata"]
        return str(template.get("annotations", {}).get(COUNT, ""))

    def versions(self, name: str = "app") -> dict[str, int]:
        """Return the recorded versions by the names of their secrets."""
        text = self.found(name)["metadata"].get("annotations", {}).get(VERSIONS, "{}")
        return {url.rpartition("/")[2]: version for url, version in json.loads(text).items()}

    def events(self, name: str = "app") -> list[tuple[str, str]]:
        """Return reason and message of the Events about the workload."""
        found = self.cluster.request("GET", f"/api/v1/namespaces/{self.namespace}/events")["items"]
        return [(each["reason"], each["message"]) for each in found if each["involvedObject"]["name"] == name]

    def _owner(self, name: str) -> dict[str, str]:
        if self.plural == "deployments":
            return {"kind": "ReplicaSet", "name": f"{name}-abc", "uid": "r"}
        return {"kind": "DaemonSet", "name": name, "uid": self.found(name)["metadata"]["uid"]}

    def _workloads(self, name: str = "") -> str:
        return f"/apis/apps/v1/namespaces/{self.namespace}/{self.plural}" + (f"/{name}" if name else "")
