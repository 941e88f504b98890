"""The launcher's additions to a pod: the volumes, and the init container that copies the launcher.

Image volumes: https://kubernetes.io/docs/concepts/storage/volumes/#image
Token volumes: https://kubernetes.io/docs/concepts/storage/projected-volumes/#serviceaccounttoken
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from vaultkube.expansion import double_dollars
from vaultkube.wire.containers import Container, SecurityContext, VolumeMount
from vaultkube.wire.pods import (
    ImageVolumeSource,
    KeyToPath,
    PodSpec,
    SecretVolumeSource,
    ServiceAccountTokenProjection,
    Volume,
)
from webhook.config.annotations import Config, container_variables
from webhook.config.delivery import Delivery
from webhook.config.settings import Settings
from webhook.pods.facts import find_containers
from webhook.pods.resources import launcher_resources

LAUNCHER = "/vault/vault-env"
MOUNT_PATH = "/vault"
VOLUME = "vault-env"
INIT_CONTAINER = "copy-vault-env"
TLS_VOLUME = "vault-env-tls"
TLS_MOUNT_PATH = "/vault-tls"
JWT_VOLUME = "vault-env-jwt"
JWT_MOUNT_PATH = "/vault-jwt"
TOKEN_MOUNT_PATH = "/vault-token"  # noqa: S105 (a path)
AGENTS_TOKEN = f"{MOUNT_PATH}/.vault-token"
"""The file with the token that the init container vault-agent writes."""
MOUNT_PATHS = frozenset([MOUNT_PATH, TLS_MOUNT_PATH, JWT_MOUNT_PATH, TOKEN_MOUNT_PATH])
"""Paths at which the webhook may mount volumes, depending on the configuration."""
VOLUMES = frozenset([VOLUME, TLS_VOLUME, JWT_VOLUME])
"""Names of the volumes that the webhook adds."""

IN_IMAGE = "/usr/local/bin/vault-env"
_SIZE_LIMIT = "32Mi"
_NOBODY = 65534
_JWT_FILE = "token"
_JWT_LIFETIME_S = 3600


@dataclass(frozen=True)
class Launcher:
    """Makes the additions to the pods of one configuration, under the operator's settings."""

    config: Config
    settings: Settings

    def with_config(self, config: Config) -> "Launcher":
        """Return a launcher with this configuration."""
        return self if config is self.config else Launcher(config, self.settings)

    def init_container(self, pod_spec: PodSpec) -> Container:
        """Return the init container that copies the launcher into the memory volume."""
        own = [each for _, each in find_containers(pod_spec) if not is_init_container(each)]
        container: Container = {
            "name": INIT_CONTAINER,
            "image": self.config.launcher_image,
            "imagePullPolicy": self.config.launcher_pull_policy,
            "command": [IN_IMAGE, "--install", LAUNCHER],
            "securityContext": self.security_context(pod_spec, own),
            "volumeMounts": [{"name": VOLUME, "mountPath": MOUNT_PATH}],
        }
        resources = launcher_resources(pod_spec, own, self.settings)
        return {**container, "resources": resources} if resources else container

    def variables(self, from_path: str) -> Mapping[str, str]:
        """Return the variables of a container with the launcher, as written in a pod.

        `from_path` has the paths all keys of which it gets.
        """
        files = {name: file for name, (file, _) in login_files(self.config).items()}
        variables = container_variables(self.config, from_path) | files
        if self.settings.launcher_log_server:
            variables["VAULT_ENV_LOG_SERVER"] = self.settings.launcher_log_server
        return {name: double_dollars(text) for name, text in variables.items()}

    def security_context(self, pod_spec: PodSpec, containers: Iterable[Container]) -> SecurityContext:
        """Return a security context that PodSecurity `restricted` admits.

        The image's own user is numeric and not root.
        """
        context: SecurityContext = {
            "allowPrivilegeEscalation": self.config.allow_privilege_escalation,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": self.config.readonly_root_fs,
            "runAsNonRoot": self.config.run_as_non_root,
            "seccompProfile": {"type": "RuntimeDefault"},
        }
        user = self._user(pod_spec, containers)
        if user:
            context["runAsUser"] = user
        if self.config.run_as_group:
            context["runAsGroup"] = self.config.run_as_group
        return context

    def _user(self, pod_spec: PodSpec, containers: Iterable[Container]) -> int:
        """Return the user to set, 0 for none.

        It is the annotation's; else the one that all containers have, as OpenShift gives them one from the namespace's
        range; else nobody if the pod's user is root.
        """
        if self.config.run_as_user or not self.config.run_as_non_root:
            return self.config.run_as_user
        users = {(container.get("securityContext") or {}).get("runAsUser") for container in containers}
        common = users.pop() if len(users) == 1 else None
        pod_user = (pod_spec.get("securityContext") or {}).get("runAsUser")
        return common or (_NOBODY if pod_user == 0 else 0)


def is_init_container(container: Container) -> bool:
    """Return whether the init container is one from `Launcher.init_container`."""
    return container.get("name") == INIT_CONTAINER and (container.get("command") or [""])[0] == IN_IMAGE


def is_volume(volume: Volume, added: Volume) -> bool:
    """Return whether a volume of the pod can be used as the `added` one, even with defaults from the API server.

    An emptyDir can, whatever its medium and limit.
    """
    return all(
        key in volume if key == "emptyDir" else _holds(volume.get(key), value) for key, value in added.items()
    )


def _holds(whole: Any, part: object) -> bool:
    """Return whether `whole` has everything that is in `part`."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(_holds(whole.get(key), value) for key, value in part.items())
    if isinstance(part, list):
        same_length = isinstance(whole, list) and len(whole) == len(part)
        return same_length and all(map(_holds, whole, part))
    return bool(whole == part)


def login_files(config: Config) -> dict[str, tuple[str, str]]:
    """Return the file of each variable that names a file of the login, and the field of `Config` that causes it."""
    files = {}
    if config.tls_secret:
        for variable, key in config.tls_files.items():
            files[variable] = f"{TLS_MOUNT_PATH}/{key}", "tls_secret"
    if config.token_audience:
        files["VAULT_JWT_FILE"] = f"{JWT_MOUNT_PATH}/{_JWT_FILE}", "token_audience"
    if config.token_mount:
        files["VAULT_TOKEN_FILE"] = f"{TOKEN_MOUNT_PATH}/{config.token_mount[1]}", "token_mount"
    elif config.use_agent:
        files["VAULT_TOKEN_FILE"] = AGENTS_TOKEN, "use_agent"
    return files


def volumes(config: Config, delivery: Delivery, *, optional: bool = False) -> list[Volume]:
    """Return the volumes that containers with the launcher mount; a pod starts without the Secrets of `optional` ones."""
    return [launcher_volume(config, delivery), *login_volumes(config, optional=optional)]


def login_volumes(config: Config, *, optional: bool = False) -> list[Volume]:
    """Return the volumes with the files of a login."""
    added: list[Volume] = []
    if config.tls_secret:
        items: list[KeyToPath] = [{"key": key, "path": key} for key in sorted({*config.tls_files.values()})]
        secret: SecretVolumeSource = {"secretName": config.tls_secret, "items": items}
        if optional:
            secret["optional"] = True
        added.append({"name": TLS_VOLUME, "secret": secret})
    if config.token_audience:
        token: ServiceAccountTokenProjection = {
            "audience": config.token_audience,
            "expirationSeconds": _JWT_LIFETIME_S,
            "path": _JWT_FILE,
        }
        added.append({"name": JWT_VOLUME, "projected": {"sources": [{"serviceAccountToken": token}]}})
    return added


def launcher_volume(config: Config, delivery: Delivery) -> Volume:
    """Return the volume for the launcher: its image, or memory for the file that the init container copies."""
    if delivery is Delivery.IMAGE:
        image: ImageVolumeSource = {
            "reference": config.launcher_image,
            "pullPolicy": config.launcher_pull_policy,
        }
        return {"name": VOLUME, "image": image}
    return memory_volume(VOLUME, _SIZE_LIMIT)


def memory_volume(name: str, size_limit: str) -> Volume:
    """Return a volume in memory, which is removed with the pod and never written to a disk."""
    return {"name": name, "emptyDir": {"medium": "Memory", "sizeLimit": size_limit}}


def mounts(config: Config) -> list[VolumeMount]:
    """Return the volume mounts of a container with the launcher, all read-only."""
    return [{"name": VOLUME, "mountPath": MOUNT_PATH, "readOnly": True}, *login_mounts(config)]


def login_mounts(config: Config) -> list[VolumeMount]:
    """Return the volume mounts of the files of a login, all read-only."""
    places = []
    if config.tls_secret:
        places.append((TLS_VOLUME, TLS_MOUNT_PATH))
    if config.token_audience:
        places.append((JWT_VOLUME, JWT_MOUNT_PATH))
    if config.token_mount:
        places.append((config.token_mount[0], TOKEN_MOUNT_PATH))
    return [{"name": name, "mountPath": path, "readOnly": True} for name, path in places]
