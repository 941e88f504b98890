"""A workload for every way to Vault in one namespace, each with the team's secret as an application team writes it."""

import base64
import json
from typing import Any

from tests.cluster.pods import Pods, eventually
from tests.cluster.product import CLUSTER_NAME, SECRET, TLS_SECRET, VAULT_ADDRESS
from tests.cluster.test_containers import container, one

_HASHICORP = "vault.hashicorp.com"
_API = "secrets.hashicorp.com/v1beta1"


class Ways:
    """Reference, HashiCorp's annotations in both modes, the driver's files, and the operator's Secret."""

    def __init__(self, team: Pods, image: str) -> None:
        self._team = team
        self._image = image
        self._path = f"{CLUSTER_NAME}/data/{team.namespace}"

    def begin(self, pod: str = "ways") -> None:
        """Create the workloads; `pod` begins the name of each pod."""
        self._apply(*self._operators_objects(), self._provider_class())
        team = self._team
        team.create(f"{pod}-reference", self._spec("echo $KEY; sleep 1000"))
        own = {**self._hashicorp(), f"{_HASHICORP}/agent-inject-template-app": self._template("test=%s")}
        words = {
            "agent-run-as-sidecar": "false",
            "agent-exec-command": "sh -c 'echo $test; exec sleep 1000'",
        }
        exec_mode = {**own, **{f"{_HASHICORP}/{name}": text for name, text in words.items()}}
        self._apply(self._pod(f"{pod}-environment", exec_mode, self._spec("exit 1")))
        files = {**self._hashicorp(), f"{_HASHICORP}/agent-inject-template-app": self._template("%s")}
        line = "cat /vault/secrets/app; echo; sleep 1000"
        self._apply(self._pod(f"{pod}-files", files, self._spec(line)))
        self._apply(self._pod(f"{pod}-driver", {}, self._mounted("cat /mnt/app; echo; sleep 1000")))

    def expect(self, pod: str = "ways") -> None:
        """Wait until each program has read the secret, and the operator's Secret holds it."""
        for way in ("reference", "environment", "files", "driver"):
            self._team.wait(f"{pod}-{way}")
            self._team.expect(f"{pod}-{way}", f"{SECRET}\n")
        eventually(lambda: self._kept() == SECRET, self._described)

    def restarts(self) -> int:
        """Return how often a container of the namespace was started again."""
        pods = json.loads(self._team.kubectl("get", "pods", "-o", "json"))["items"]
        statuses = (status for pod in pods for status in pod["status"]["containerStatuses"])
        return sum(status["restartCount"] for status in statuses)

    def _kept(self) -> str:
        stored = self._team.kubectl(
            "get", "secret", "ways", "--ignore-not-found", "-o", "jsonpath={.data.test}"
        )
        return base64.b64decode(stored).decode()

    def _described(self) -> str:
        return self._team.kubectl("describe", "vaultstaticsecret,vaultauth,vaultconnection")

    def _apply(self, *objects: dict[str, Any]) -> None:
        listed = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
        self._team.kubectl("apply", "-f", "-", stdin=json.dumps(listed))

    def _spec(self, line: str) -> dict[str, Any]:
        return {
            **one(container(self._team, self._image, "sh", "-c", line)),
            "terminationGracePeriodSeconds": 1,
        }

    def _pod(self, name: str, annotations: dict[str, str], spec: dict[str, Any]) -> dict[str, Any]:
        for each in spec["containers"]:
            del each["env"]
        metadata = {"name": name, "annotations": annotations}
        return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}

    def _hashicorp(self) -> dict[str, str]:
        own = {
            "agent-inject": "true",
            "service": VAULT_ADDRESS,
            "auth-path": f"auth/{CLUSTER_NAME}",
            "role": self._team.namespace,
            "agent-inject-secret-app": self._path,
        }
        return {f"{_HASHICORP}/{name}": text for name, text in own.items()}

    def _template(self, form: str) -> str:
        """Return a template that prints the secret."""
        return f'{{{{ with secret "{self._path}" }}}}{form % "{{ .Data.data.test }}"}{{{{ end }}}}'

    def _mounted(self, line: str) -> dict[str, Any]:
        spec = self._spec(line)
        attributes = {"secretProviderClass": "ways"}
        csi = {"driver": "secrets-store.csi.k8s.io", "readOnly": True, "volumeAttributes": attributes}
        spec["containers"][0]["volumeMounts"] = [{"name": "ways", "mountPath": "/mnt", "readOnly": True}]
        return {**spec, "volumes": [{"name": "ways", "csi": csi}]}

    def _provider_class(self) -> dict[str, Any]:
        objects = [{"objectName": "app", "secretPath": self._path, "secretKey": "test"}]
        parameters = {
            "roleName": self._team.namespace,
            "vaultAuthMountPath": CLUSTER_NAME,
            "objects": json.dumps(objects),
        }
        return {
            "apiVersion": "secrets-store.csi.x-k8s.io/v1",
            "kind": "SecretProviderClass",
            "metadata": {"name": "ways"},
            "spec": {"provider": "vault", "parameters": parameters},
        }

    def _operators_objects(self) -> list[dict[str, Any]]:
        login = {"role": self._team.namespace, "serviceAccount": "default"}
        specs: dict[str, dict[str, Any]] = {
            "VaultConnection": {"address": VAULT_ADDRESS, "caCertSecretRef": TLS_SECRET},
            "VaultAuth": {
                "vaultConnectionRef": "ways",
                "method": "kubernetes",
                "mount": CLUSTER_NAME,
                "kubernetes": login,
            },
            "VaultStaticSecret": {
                "vaultAuthRef": "ways",
                "mount": CLUSTER_NAME,
                "type": "kv-v2",
                "path": self._team.namespace,
                "destination": {"name": "ways", "create": True},
            },
        }
        return [
            {"apiVersion": _API, "kind": kind, "metadata": {"name": "ways"}, "spec": spec}
            for kind, spec in specs.items()
        ]
