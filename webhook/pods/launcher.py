"""What a pod gets beside its containers: the init container that copies the launcher, and the volumes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from webhook.annotations import Config
from webhook.settings import Settings

LAUNCHER = "/vault/vault-env"
MOUNT_PATH = "/vault"
VOLUME = "vault-env"
INIT_CONTAINER = "copy-vault-env"
TLS_VOLUME = "vault-tls"
TLS_MOUNT_PATH = "/vault-tls"
CA_FILE = TLS_MOUNT_PATH + "/ca.crt"

_IN_IMAGE = "/usr/local/bin/vault-env"
_SIZE_LIMIT = "32Mi"
_NOBODY = 65534

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Launcher:
    """What is added to one pod, decided by its annotations, the operator's settings, and the pod's own resources."""

    config: Config
    settings: Settings

    def init_container(self, pod_spec: Document) -> dict[str, Any]:
        """Return the init container that copies the launcher into the memory volume."""
        container: dict[str, Any] = {
            "name": INIT_CONTAINER,
            "image": self.config.launcher_image,
            "imagePullPolicy": self.config.launcher_pull_policy,
            "command": [_IN_IMAGE, "--install", LAUNCHER],
            "securityContext": self._security_context(pod_spec),
            "volumeMounts": [{"name": VOLUME, "mountPath": MOUNT_PATH}],
        }
        resources = self._resources(pod_spec)
        return {**container, "resources": resources} if resources else container

    def volumes(self) -> list[dict[str, Any]]:
        """Return the volumes that the containers with the launcher mount."""
        volumes: list[dict[str, Any]] = [
            {"name": VOLUME, "emptyDir": {"medium": "Memory", "sizeLimit": _SIZE_LIMIT}}
        ]
        if self.config.tls_secret:
            item = {"key": "ca.crt", "path": "ca.crt"}
            volumes.append(
                {"name": TLS_VOLUME, "secret": {"secretName": self.config.tls_secret, "items": [item]}}
            )
        return volumes

    def mounts(self) -> list[dict[str, Any]]:
        """Return the volume mounts of a container with the launcher, all read-only."""
        mounts: list[dict[str, Any]] = [{"name": VOLUME, "mountPath": MOUNT_PATH, "readOnly": True}]
        if self.config.tls_secret:
            mounts.append({"name": TLS_VOLUME, "mountPath": TLS_MOUNT_PATH, "readOnly": True})
        return mounts

    def _security_context(self, pod_spec: Document) -> dict[str, Any]:
        """Return what PodSecurity `restricted` asks for; the image's own user is numeric and not root."""
        context: dict[str, Any] = {
            "allowPrivilegeEscalation": self.config.allow_privilege_escalation,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": self.config.readonly_root_fs,
            "runAsNonRoot": self.config.run_as_non_root,
            "seccompProfile": {"type": "RuntimeDefault"},
        }
        if self.config.run_as_user:
            context["runAsUser"] = self.config.run_as_user
        elif self.config.run_as_non_root and (pod_spec.get("securityContext") or {}).get("runAsUser") == 0:
            context["runAsUser"] = _NOBODY
        if self.config.run_as_group:
            context["runAsGroup"] = self.config.run_as_group
        return context

    def _resources(self, pod_spec: Document) -> dict[str, Any]:
        """Return resources that leave the pod's QoS class as it is.

        https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/
        """
        limits = {"cpu": self.settings.launcher_cpu_limit, "memory": self.settings.launcher_memory_limit}
        requests = {
            "cpu": self.settings.launcher_cpu_request,
            "memory": self.settings.launcher_memory_request,
        }
        every = [container.get("resources") or {} for container in _containers(pod_spec)]
        if not any(resources.get("requests") or resources.get("limits") for resources in every):
            return {}
        if all(_is_guaranteed(resources) for resources in every):
            return {"limits": limits, "requests": limits}
        return {"limits": limits, "requests": requests}


def _is_guaranteed(resources: Document) -> bool:
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    return all(
        name in limits and requests.get(name, limits[name]) == limits[name] for name in ("cpu", "memory")
    )


def _containers(pod_spec: Document) -> Iterator[Document]:
    for key in ("initContainers", "containers"):
        for container in pod_spec.get(key) or ():
            if container.get("name") != INIT_CONTAINER:
                yield container
