"""A workload for every way to Vault in one namespace, each with the team's secret."""

import base64
import json
from typing import Any

from tests.cluster.csi_driver import NAME
from tests.cluster.pods import Pods, eventually
from tests.cluster.product import CLUSTER_NAME, SECRET, TLS_SECRET, VAULT_ADDRESS
from tests.cluster.test_containers import container, one

_API = "secrets.hashicorp.com/v1beta1"
_ENDS_SOON = {"terminationGracePeriodSeconds": 1}


class Ways:
    """Reference, HashiCorp's annotations in both modes, the driver's files, and the operator's Secret."""

    def __init__(self, team: Pods, image: str) -> None:
        self._team = team
        self._image = image
        self._path = f"{CLUSTER_NAME}/data/{team.namespace}"

    def begin(self, pod: str = "ways") -> None:
        """Create the workloads; `pod` begins the name of each pod."""
        team, image = self._team, self._image
        wait = "exec sleep 1000"
        self._apply(*self._operators_objects(), self._provider_class())
        reference = one(container(team, image, "sh", "-c", f"echo $KEY; {wait}"), **_ENDS_SOON)
        team.create(f"{pod}-reference", reference)
        environment = self._hashicorp(
            "test=%s", agent_run_as_sidecar="false", agent_exec_command=f"sh -c 'echo $test; {wait}'"
        )
        self._create(f"{pod}-environment", "exit 1", environment)
        self._create(f"{pod}-files", f"cat /vault/secrets/app; echo; {wait}", self._hashicorp("%s"))
        self._create(f"{pod}-driver", f"cat /mnt/app; echo; {wait}", {}, mounted=True)

    def expect(self, pod: str = "ways") -> None:
        """Wait until each program has read the secret, and the operator's Secret holds it."""
        for way in ("reference", "environment", "files", "driver"):
            self._team.wait(f"{pod}-{way}")
            self._team.expect(f"{pod}-{way}", f"{SECRET}\n")
        eventually(lambda: self._stored_value() == SECRET, self._described)

    def restarts(self) -> int:
        """Return the number of container restarts in the namespace."""
        pods = json.loads(self._team.kubectl("get", "pods", "-o", "json"))["items"]
        statuses = (status for pod in pods for status in pod["status"]["containerStatuses"])
        return sum(status["restartCount"] for status in statuses)

    def _stored_value(self) -> str:
        stored = self._team.kubectl(
            "get", "secret", "ways", "--ignore-not-found", "-o", "jsonpath={.data.test}"
        )
        return base64.b64decode(stored).decode()

    def _described(self) -> str:
        return self._team.kubectl("describe", "vaultstaticsecret,vaultauth,vaultconnection")

    def _apply(self, *objects: dict[str, Any]) -> None:
        listed = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
        self._team.kubectl("apply", "-f", "-", stdin=json.dumps(listed))

    def _create(self, name: str, line: str, annotations: dict[str, str], *, mounted: bool = False) -> None:
        """Create a pod without references that runs the line in a shell, with the driver's volume if it is `mounted`."""
        app: dict[str, Any] = {"name": "app", "image": self._image, "command": ["sh", "-c", line]}
        volumes = []
        if mounted:
            attributes = {"secretProviderClass": "ways"}
            volumes = [
                {"name": "ways", "csi": {"driver": NAME, "readOnly": True, "volumeAttributes": attributes}}
            ]
            app["volumeMounts"] = [{"name": "ways", "mountPath": "/mnt", "readOnly": True}]
        metadata = {"name": name, "annotations": annotations}
        spec = one(app, volumes=volumes, **_ENDS_SOON)
        self._apply({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})

    def _hashicorp(self, form: str, **more: str) -> dict[str, str]:
        """Return annotations for a template that prints the secret in the form, and others, with `_` for `-`."""
        printed = form % "{{ .Data.data.test }}"
        own = {
            "agent-inject": "true",
            "service": VAULT_ADDRESS,
            "auth-path": f"auth/{CLUSTER_NAME}",
            "role": self._team.namespace,
            "agent-inject-secret-app": self._path,
            "agent-inject-template-app": f'{{{{ with secret "{self._path}" }}}}{printed}{{{{ end }}}}',
            **{name.replace("_", "-"): text for name, text in more.items()},
        }
        return {f"vault.hashicorp.com/{name}": text for name, text in own.items()}

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
