"""The ServiceAccount token of an agent, and the mounts that it takes over from other containers.

https://kubernetes.io/docs/concepts/storage/projected-volumes/#serviceaccounttoken
"""

from collections.abc import Iterator

from vaultkube.problem import Problem
from vaultkube.wire.containers import Container, VolumeMount
from vaultkube.wire.pods import ACCOUNT_PATH, PodSpec, ServiceAccountTokenProjection, Volume
from webhook.config.annotations import Config
from webhook.config.hashicorp.file_mode import FileMode
from webhook.config.hashicorp.login import Origin, about
from webhook.pods.account import TOKEN_METHODS, account_mount
from webhook.pods.cloud_identity import identity_mounts
from webhook.pods.facts import find_containers

TOKEN_VOLUME = "vault-agent-token"  # noqa: S105 (a name)
_INJECTORS_MOUNT_PATH = "/var/run/secrets/vault.hashicorp.com/serviceaccount"
_TOKEN = "token"  # noqa: S105 (a name)
_LIFETIME_S = 3600
_ACCOUNT = "serviceaccount"


def token_path(mode: FileMode, pod_spec: PodSpec) -> str:
    """Return the file of the token in the annotated volume; "" if none is annotated."""
    name = mode.agent.service_account_volume
    if not name:
        return ""
    mount = _mount_of(name, pod_spec)
    file = next(_token_files(name, pod_spec), _TOKEN)
    return f"{(mount.get('mountPath') or '').rstrip('/')}/{file}"


def agent_mounts(config: Config, mode: FileMode, pod_spec: PodSpec) -> list[VolumeMount]:
    """Return the mounts that the agent has because the pod has them: the token's, those of a cloud's
    identity, and those of a named container."""
    mounts: list[VolumeMount] = []
    if mode.agent.service_account_volume:
        mount = _mount_of(mode.agent.service_account_volume, pod_spec)
        mounts.append({"name": mount["name"], "mountPath": mount["mountPath"], "readOnly": True})
    elif _needs_account(config, mode):
        mounts.append(_account_mount(pod_spec))
    mounts += identity_mounts(config, pod_spec)
    return mounts + [mount for mount in _copied(mode, pod_spec) if _ACCOUNT not in mount.get("mountPath", "")]


def account_volumes(config: Config, mode: FileMode, pod_spec: PodSpec) -> list[Volume]:
    """Return a volume with a token for the agent alone, where the pod mounts none."""
    if mode.agent.service_account_volume or not _needs_account(config, mode) or _find_account_mount(pod_spec):
        return []
    return [token_volume()]


def token_volume() -> Volume:
    """Return a volume with a token of the pod's ServiceAccount, as Kubernetes mounts one."""
    token: ServiceAccountTokenProjection = {"expirationSeconds": _LIFETIME_S, "path": _TOKEN}
    return {"name": TOKEN_VOLUME, "projected": {"sources": [{"serviceAccountToken": token}]}}


def account_problems(mode: FileMode, pod_spec: PodSpec) -> Iterator[Problem]:
    """Yield a problem for a volume, or a container, that is annotated and not there."""
    name = mode.agent.service_account_volume
    if name and name not in {volume.get("name") for volume in pod_spec.get("volumes") or ()}:
        yield Problem(
            "volume", *about(Origin("service_account_volume"), f": the pod has no volume {name}; add it")
        )
    copied = mode.agent.copy_volume_mounts
    if copied and copied not in {container.get("name") for _, container in find_containers(pod_spec)}:
        message = f": the pod has no container {copied}"
        yield Problem("file-mode", *about(Origin("copy_volume_mounts"), message))


def _needs_account(config: Config, mode: FileMode) -> bool:
    """Return whether the login takes the token of the pod's ServiceAccount, from where Kubernetes mounts it.

    A login that a ConfigMap describes may, as with the injector.
    """
    if mode.agent.configmap:
        return True
    elsewhere = config.token_audience or config.jwt_file or "VAULT_TOKEN_FILE" in config.variables
    return config.auth_method in TOKEN_METHODS and not elsewhere


def _account_mount(pod_spec: PodSpec) -> VolumeMount:
    mount = _find_account_mount(pod_spec)
    name = mount["name"] if mount else TOKEN_VOLUME
    return {"name": name, "mountPath": ACCOUNT_PATH, "readOnly": True}


def _find_account_mount(pod_spec: PodSpec) -> VolumeMount | None:
    found = (account_mount(container) for _, container in find_containers(pod_spec))
    return next((mount for mount in found if mount), None)


def _mount_of(volume: str, pod_spec: PodSpec) -> VolumeMount:
    """Return the mount of the volume in a container of the pod, else one at the injector's path."""
    for _, container in find_containers(pod_spec):
        for mount in container.get("volumeMounts") or ():
            if mount.get("name") == volume:
                return mount
    return {"name": volume, "mountPath": _INJECTORS_MOUNT_PATH}


def _token_files(volume: str, pod_spec: PodSpec) -> Iterator[str]:
    for each in pod_spec.get("volumes") or ():
        if each.get("name") == volume:
            for source in (each.get("projected") or {}).get("sources") or ():
                if source.get("serviceAccountToken"):
                    yield source["serviceAccountToken"].get("path") or _TOKEN


def _copied(mode: FileMode, pod_spec: PodSpec) -> list[VolumeMount]:
    name = mode.agent.copy_volume_mounts
    found: list[Container] = [
        each for _, each in find_containers(pod_spec) if name and each.get("name") == name
    ]
    return [mount for container in found for mount in container.get("volumeMounts") or ()]
