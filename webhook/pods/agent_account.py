"""The ServiceAccount token of an agent, and the mounts that it copies from other containers.

https://kubernetes.io/docs/concepts/storage/projected-volumes/#serviceaccounttoken
"""

from collections.abc import Iterator, Sequence
from itertools import chain

from vaultkube.problem import Problem
from vaultkube.value_types import TOKEN_METHODS
from vaultkube.wire.containers import Container, VolumeMount
from vaultkube.wire.pods import ACCOUNT_PATH, PodSpec, ServiceAccountTokenProjection, Volume
from webhook.config.annotations import Config
from webhook.config.hashicorp.file_mode import FileMode
from webhook.config.hashicorp.login import Origin, about
from webhook.pods.account import account_mount
from webhook.pods.cloud_identity import TOKENS as CLOUD
from webhook.pods.cloud_identity import identity_mounts
from webhook.pods.facts import find_containers

TOKEN_VOLUME = "vault-agent-token"  # noqa: S105 (a name)
_INJECTORS_MOUNT_PATH = "/var/run/secrets/vault.hashicorp.com/serviceaccount"
_TOKEN = "token"  # noqa: S105 (a name)
_TOKEN_FILE = "VAULT_TOKEN_FILE"  # noqa: S105 (a name)
_LIFETIME_S = 3600
_ACCOUNT = "serviceaccount"


def token_path(config: Config, mode: FileMode, pod_spec: PodSpec) -> str:
    """Return the path of the token in the annotated volume, else in one that the author mounts for a ServiceAccount.

    The text is empty if there is neither, or if the login does not use that token.
    """
    name = mode.agent.service_account_volume
    if name:
        named = [volume for volume in pod_spec.get("volumes") or () if volume.get("name") == name]
        files = chain.from_iterable(map(_token_files, named))
        return _file_in(_mount_of(name, pod_spec), next(files, _TOKEN))
    is_open = config.auth_method in TOKEN_METHODS and not config.token_audience
    mount = _authors_mount(pod_spec) if is_open else None
    return _file_in(mount, _TOKEN) if mount else ""


def _file_in(mount: VolumeMount, file: str) -> str:
    return f"{(mount.get('mountPath') or '').rstrip('/')}/{file}"


def _authors_mount(pod_spec: PodSpec) -> VolumeMount | None:
    """Return the mount of a projected token that is listed before Kubernetes' own, as the injector uses the first one.

    A cloud's token is not used: it is only for the cloud.
    """
    volumes = pod_spec.get("volumes") or ()
    projected = {volume.get("name") for volume in volumes if _TOKEN in _token_files(volume)}
    for container in pod_spec.get("containers") or ():
        for mount in container.get("volumeMounts") or ():
            path = mount.get("mountPath") or ""
            if path.rstrip("/") == ACCOUNT_PATH:
                return None
            if _ACCOUNT in path and CLOUD not in path and mount.get("name") in projected:
                return mount
    return None


def agent_mounts(
    config: Config, mode: FileMode, pod_spec: PodSpec, present: Sequence[VolumeMount]
) -> list[VolumeMount]:
    """Return the agent's mounts of volumes that the pod has, without those `present`.

    They are those of the token, of a cloud's identity, and of the container that an annotation names.
    """
    wanted = [
        *_token_mounts(config, mode, pod_spec, present),
        *identity_mounts(config, pod_spec),
        *(mount for mount in _copied(mode, pod_spec) if _ACCOUNT not in mount.get("mountPath", "").lower()),
    ]
    places = {mount["mountPath"].rstrip("/") for mount in present}
    found: dict[str, VolumeMount] = {}
    for mount in wanted:
        found.setdefault(mount["mountPath"].rstrip("/"), mount)
    return [mount for place, mount in found.items() if place not in places]


def _token_mounts(
    config: Config, mode: FileMode, pod_spec: PodSpec, present: Sequence[VolumeMount]
) -> Iterator[VolumeMount]:
    """Yield the mount of the annotated volume, and that of the volume with the login's file, if another one has it."""
    mounts, name = list(present), mode.agent.service_account_volume
    if name:
        mounts.append({"name": name, "mountPath": _mount_of(name, pod_spec)["mountPath"], "readOnly": True})
        yield mounts[-1]
    elif _needs_account(config, mode):
        mounts.append(_account_mount(pod_spec))
        yield mounts[-1]
    file = _token_file(config)
    if file and not any(_holds(mount, file) for mount in mounts):
        pods = [mount for _, each in find_containers(pod_spec) for mount in each.get("volumeMounts") or ()]
        holding = [mount for mount in pods if _holds(mount, file)]
        if holding:
            yield {**max(holding, key=lambda mount: len(mount["mountPath"])), "readOnly": True}


def _holds(mount: VolumeMount, file: str) -> bool:
    """Return whether the file is in the mounted volume, or is itself the mount path."""
    return f"{file}/".startswith((mount.get("mountPath") or "").rstrip("/") + "/")


def account_volumes(config: Config, mode: FileMode, pod_spec: PodSpec) -> list[Volume]:
    """Return a volume with a token for the agent, if the pod mounts none."""
    if mode.agent.service_account_volume or not _needs_account(config, mode) or _find_account_mount(pod_spec):
        return []
    return [token_volume()]


def token_volume() -> Volume:
    """Return a volume with a token of the pod's ServiceAccount, as Kubernetes mounts one."""
    token: ServiceAccountTokenProjection = {"expirationSeconds": _LIFETIME_S, "path": _TOKEN}
    return {"name": TOKEN_VOLUME, "projected": {"sources": [{"serviceAccountToken": token}]}}


def account_problems(mode: FileMode, pod_spec: PodSpec) -> Iterator[Problem]:
    """Yield a problem for an annotated volume, or an annotated container, that the pod does not have."""
    name = mode.agent.service_account_volume
    if name and name not in {volume.get("name") for volume in pod_spec.get("volumes") or ()}:
        yield Problem(
            "volume", *about(Origin("service_account_volume"), f": the pod has no volume {name}; add it")
        )
    copied = mode.agent.copy_volume_mounts
    containers = [container for _, container in find_containers(pod_spec)]
    if copied and copied not in {container.get("name") for container in containers}:
        mounting = [
            each.get("name") for each in containers if copied in map(_volume, each.get("volumeMounts") or ())
        ]
        is_volume = (
            f", but a volume of that name: name the container that mounts it, {mounting[0]}"
            if mounting
            else ""
        )
        message = f": the pod has no container {copied}{is_volume}"
        yield Problem("file-mode", *about(Origin("copy_volume_mounts"), message))


def _volume(mount: VolumeMount) -> str:
    return mount.get("name", "")


def _needs_account(config: Config, mode: FileMode) -> bool:
    """Return whether the login uses the token of the pod's ServiceAccount at the path where Kubernetes mounts it.

    The login in a ConfigMap may use it, as with the injector.
    """
    return mode.agent.configmap != "" or _token_file(config).startswith(f"{ACCOUNT_PATH}/")


def _token_file(config: Config) -> str:
    """Return the path of the login's token file; empty if the login needs none, or the webhook adds a volume with it.

    A relative path is resolved from the root, the agent's working directory.
    """
    file = config.variables.get(_TOKEN_FILE, "")
    if not file and config.auth_method in TOKEN_METHODS and not config.token_audience:
        file = config.jwt_file or f"{ACCOUNT_PATH}/{_TOKEN}"
    return file and f"/{file.lstrip('/')}"


def _account_mount(pod_spec: PodSpec) -> VolumeMount:
    mount = _find_account_mount(pod_spec)
    name = mount["name"] if mount else TOKEN_VOLUME
    return {"name": name, "mountPath": ACCOUNT_PATH, "readOnly": True}


def _find_account_mount(pod_spec: PodSpec) -> VolumeMount | None:
    found = (account_mount(container) for _, container in find_containers(pod_spec))
    return next((mount for mount in found if mount), None)


def _mount_of(volume: str, pod_spec: PodSpec) -> VolumeMount:
    """Return the mount of the volume in a container of the pod; by default one at the injector's path."""
    for _, container in find_containers(pod_spec):
        for mount in container.get("volumeMounts") or ():
            if mount.get("name") == volume:
                return mount
    return {"name": volume, "mountPath": _INJECTORS_MOUNT_PATH}


def _token_files(volume: Volume) -> Iterator[str]:
    """Yield the file of each ServiceAccount token that the volume projects."""
    for source in (volume.get("projected") or {}).get("sources") or ():
        if source.get("serviceAccountToken"):
            yield source["serviceAccountToken"].get("path") or _TOKEN


def _copied(mode: FileMode, pod_spec: PodSpec) -> list[VolumeMount]:
    name = mode.agent.copy_volume_mounts
    found: list[Container] = [
        each for _, each in find_containers(pod_spec) if name and each.get("name") == name
    ]
    return [mount for container in found for mount in container.get("volumeMounts") or ()]
